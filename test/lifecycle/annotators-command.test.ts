import { afterAll, beforeAll, expect, it } from 'vitest';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const annotators = async (...words: string[]) => {
  const { code, out, err } = await command(['annotators', ...words], { environment: { DATABASE_URL: service.databaseUrl } });
  return { code, text: err + out };
};

it('assay annotators erases a person whose id was given twice, once, and keeps the votes', async () => {
  const id = await service.newProject({ name: 'mail' });
  await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: id, votes: [{ item: 'i', annotator: 'ann@example.org', class: 'ham', comment: 'ann was here' }] } });
  const voters = async () => (await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes } annotators { nodes { externalId } } } }`, { id })).project;
  expect(await annotators('erase', 'ann@example.org', '--project', 'mail', '--confirm', 'ann')).toMatchObject({ code: 1, text: expect.stringContaining('--confirm is not "ann@example.org"') });
  expect((await voters()).annotators.nodes).toEqual([{ externalId: 'ann@example.org' }]);
  expect(await annotators('erase', 'ann@example.org', '--project', 'mail', '--confirm', 'ann@example.org')).toMatchObject({ code: 0, text: expect.stringMatching(/^erased: (?=.*annotators 1).*votes 1/) });
  const { voteCounts, annotators: { nodes } } = await voters();
  expect(voteCounts.votes).toBe('1');
  expect(nodes).toEqual([{ externalId: expect.stringMatching(/^erased-/) }]);
  expect(await annotators('erase', 'ann@example.org', '--project', 'mail', '--confirm', 'ann@example.org')).toMatchObject({ code: 1, text: expect.stringContaining('ann@example.org') });
  expect(await annotators('erase', 'zoe', '--project', 'no such', '--confirm', 'zoe')).toMatchObject({ code: 1, text: expect.stringContaining('there is no project "no such"') });
});
