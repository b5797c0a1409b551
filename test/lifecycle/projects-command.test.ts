import { afterAll, beforeAll, expect, it } from 'vitest';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

let service: Service;
beforeAll(async () => { service = await startService({ EXECUTION_TIMEOUT_MS: '10000' }); });
afterAll(() => service.stop());

const projects = async (...words: string[]) => {
  const { code, out, err } = await command(['projects', ...words], { environment: { DATABASE_URL: service.databaseUrl, EXECUTION_TIMEOUT_MS: '10000' } });
  return { code, text: err + out };
};

it('assay projects deletes a project after its name was given twice, restores it, and has it purged', async () => {
  const id = await service.newProject({ name: 'old mail' });
  const isThere = async () => (await service.graphql(`query ($id: ID!) { project(id: $id) { name } }`, { id })).data?.project != null;
  expect(await projects('delete', 'old mail', '--confirm', 'mail')).toMatchObject({ code: 1, text: expect.stringContaining('input.confirm is "mail", which is not the name of the project') });
  expect(await isThere()).toBe(true);
  expect(await projects('delete', 'old mail', '--confirm', 'old mail')).toMatchObject({ code: 0, text: expect.stringMatching(new RegExp(`^old mail is deleted, and can be restored until .*: assay projects restore ${id}\n$`)) });
  expect(await isThere()).toBe(false);
  expect((await projects('list')).text).toMatch(new RegExp(`${id} .* old mail .* deleted at .* purged after`));
  expect(await projects('restore', id)).toMatchObject({ code: 0, text: 'old mail is restored\n' });
  expect(await isThere()).toBe(true);
  expect(await projects('restore', id)).toMatchObject({ code: 1, text: expect.stringContaining('there is no deleted project') });
  await projects('delete', id, '--confirm', id);
  expect((await projects('purge', id, '--confirm', 'old mail')).code).toBe(0);
  await until(async () => /purged at .*: \d+ rows/.test((await projects('list')).text), 'a purge that ends');
  expect((await projects('list')).text).not.toContain('old mail');
});
