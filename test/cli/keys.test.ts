import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

/** Beside the service that runs, as its operator would. */
async function keys(...words: string[]): Promise<{ code: number | null; text: string; secret: string }> {
  const { code, out, err } = await command(['keys', ...words], { environment: { DATABASE_URL: service.databaseUrl } });
  return { code, text: err + out, secret: /assay_\w{8}_\w{43}/.exec(out)?.[0] ?? '' };
}
const mayRead = async (key: string) => (await service.graphql('{ projects { nodes { id } } }', {}, { key })).errors?.[0]?.message ?? 'yes';

describe('assay keys', () => {
  it('makes a key for one annotator of a project, and lists it', async () => {
    const projectId = await service.newProject({ name: 'by command' });
    const { code, secret } = await keys('create', '--name', "ann's", '--scope', 'votes:write', '--scope', 'assignment', '--project', 'by command', '--annotator', 'ann 1', '--calls-per-minute', '600');
    expect(code).toBe(0);
    const submit = (annotator: string) => service.graphql(
      `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`, { input: { projectId, votes: [{ item: 'i', annotator, class: 'ham' }] } }, { key: secret },
    );
    expect((await submit('ann 1')).data.submitVotes.counts.created).toBe(1);
    expect((await submit('ben')).errors![0]!.extensions.code).toBe('FORBIDDEN');
    expect(await mayRead(secret)).toContain('this key is for the annotator "ann 1" alone');
    const row = (await keys('list')).text.split('\n').find((line) => line.includes("ann's"))!;
    expect(row).toMatch(new RegExp(`${projectId} .* ann 1 .* ann's .* ${secret.split('_')[1]} .* votes:write .* 600 .* in force`));
    expect((await keys('list')).text).not.toContain(secret.slice(-43));
  });

  it('refuses one without its project, or with more scopes than such a key has', async () => {
    const asked = ['create', '--name', 'x', '--annotator', 'ann', '--scope', 'results:read'];
    expect(await keys(...asked)).toMatchObject({ code: 1, text: 'assay: input.annotator is "ann", and input.projectId does not tell in which project; give both\n' });
    await service.newProject({ name: 'the one' });
    expect(await keys(...asked, '--project', 'the one')).toMatchObject({ code: 1, text: expect.stringContaining('input.scopes has results:read; a key for one annotator takes votes:write and assignment only') });
  });

  it('rotates a key at once, or with an overlap', async () => {
    const { secret: first } = await keys('create', '--name', 'shown', '--scope', 'results:read');
    const { apiKeys } = await service.data('{ apiKeys(last: 1) { nodes { id } } }');
    const { id } = apiKeys.nodes[0];
    const { code, text, secret: second } = await keys('rotate', id, '--overlap', '3600');
    expect(code).toBe(0);
    expect(text).toMatch(/^shown has a new secret, shown this once; the old one works until 20\d\d-\S+Z:\nassay_/);
    expect(await Promise.all([first, second].map(mayRead))).toEqual(['yes', 'yes']);
    expect((await keys('list')).text).toMatch(/in force, the old secret until 20\d\d-/);
    const third = await keys('rotate', id);
    expect(third.text).toMatch(/the old one has ended:/);
    expect(await Promise.all([first, second, third.secret].map(mayRead))).toEqual([...Array<string>(2).fill('this API key is not in force'), 'yes']);
    expect(await keys('rotate', id, '--overlap', '604801')).toMatchObject({ code: 2, text: expect.stringContaining('It must be a whole number from 0 to 604800.') });
    expect(await mayRead(third.secret)).toBe('yes');
  });
});
