import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { runToEnd, storedBits, submit } from './crowd.js';

let service: Service;
let folder: string;
let projectId: string;
const classes = ['a', 'b', 'c'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-kept-'));
  service = await startService({ ASSAY_DATA_DIR: folder, KEPT_VOTES_MEGABYTES: '1' });
  projectId = await service.newProject({ classes });
  // A few more than are kept at least.
  const rows = Array.from({ length: 100_500 }, (_, n) => `i${n % 20_100},a${(n * 7) % 31},${classes[(n * n) % 3]}`);
  const { body } = await service.http().post(`/projects/${projectId}/votes`).set({ 'content-type': 'text/csv', authorization: `Bearer ${service.key}` }).send(`item,annotator,class\n${rows.join('\n')}\n`);
  expect(body).toMatchObject({ rejected: 0, superseded: 0 });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

/** How often each thing became of kept votes so far, in this process. */
async function told(): Promise<Record<string, number>> {
  const { text } = await service.http().get('/metrics');
  return Object.fromEntries([...text.matchAll(/^assay_kept_votes_total\{result="(\w+)"\} (\d+)$/gm)].map(([, result, count]) => [result!, Number(count)]));
}

/** Runs, and what became of kept votes in that run. */
async function run(input: object = {}) {
  const before = await told();
  const ended = await runToEnd(service, projectId, { method: 'majority-vote', ...input });
  // A run ends before its votes are kept.
  return until(async () => {
    const results = Object.entries(await told()).flatMap(([result, count]) => (count > (before[result] ?? 0) ? [result] : []));
    return results.length === 2 && { ended, results: results.sort() };
  }, 'what became of kept votes');
}

it('a run that reads kept votes gives the bits of one that reads them all, after answers that were new, changed and taken back', async () => {
  expect((await run()).results).toEqual(['absent', 'written']);
  const votes = Array.from({ length: 300 }, (_, n) => ({ item: `i${n * 50}`, annotator: `a${(n * 50 * 7) % 31}`, class: classes[(n * n * 2500 + 1) % 3]! }));
  await submit(service, projectId, votes);
  await submit(service, projectId, [{ item: 'another', annotator: 'a late one', class: 'b' }]);
  await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed } }`,
    { input: { projectId, votes: votes.slice(0, 100).map(({ item, annotator }) => ({ item, annotator })) } });
  const kept = await run();
  expect(kept.results).toEqual(['current', 'used']);
  expect(kept.ended).toMatchObject({ status: 'SUCCEEDED', voteCount: 100_500 - 100 + 1 });
  await rm(join(folder, 'kept-votes'), { recursive: true });
  const whole = await run({ watermark: kept.ended.watermark });
  expect(whole.results).toEqual(['absent', 'written']);
  expect(await storedBits(service, kept.ended.id)).toEqual(await storedBits(service, whole.ended.id));
});

it('a run whose votes cannot be kept succeeds, and is counted', async () => {
  const meant = await run();
  await rm(join(folder, 'kept-votes'), { recursive: true });
  await writeFile(join(folder, 'kept-votes'), 'in the way');
  const { ended, results } = await run();
  expect(results).toEqual(['fault', 'unwritten']);
  expect(await storedBits(service, ended.id)).toEqual(await storedBits(service, meant.ended.id));
  expect(await readdir(folder)).toEqual(['kept-votes']);
});
