import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { runToEnd, storedBits, storedLabels } from './crowd.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

it('runs amid eight writers read votes of whole calls only, and read the same again', async () => {
  const projectId = await service.newProject({ classes: ['a', 'b', 'c'] });
  let writing = true;
  // Every call is 20 votes on one item, by the same 20 annotators; an item answered again supersedes all 20.
  let answered = 0;
  const writer = async (w: number) => {
    for (let n = 0; writing; n++) {
      const item = `item ${w}-${n % 7}`;
      const votes = Array.from({ length: 20 }, (_, a) => ({ item, annotator: `annotator ${a}`, class: 'abc'[(n + w) % 3]! }));
      await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { rejected } } }`, { input: { projectId, votes } });
      answered++;
      if (n % 5 === 4) {
        await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed } }`,
          { input: { projectId, votes: votes.map(({ annotator }) => ({ item, annotator })) } });
      }
    }
  };
  const writers = Array.from({ length: 8 }, (_, w) => writer(w));
  const runs: { id: string; watermark: string; voteCount: number }[] = [];
  await until(() => answered >= 8, 'the first answers');
  for (let n = 0; n < 6; n++) {
    runs.push(await runToEnd(service, projectId, { method: 'majority-vote' }));
    // So that the next has something new to read: of eight calls that end after this, one at least began after it.
    const enough = answered + 9;
    await until(() => answered >= enough, 'more answers');
  }
  writing = false;
  await Promise.all(writers);

  for (const run of runs) {
    // A torn snapshot would show an item with part of a call, or with answers of two calls.
    const labels = await storedLabels(service, run.id, 3);
    expect(labels.filter(({ votes, probabilities }) => votes !== 20 || Math.max(...probabilities) !== 1)).toEqual([]);
    const again = await runToEnd(service, projectId, { method: 'majority-vote', watermark: run.watermark, makeCurrent: false });
    expect(again.voteCount).toBe(run.voteCount);
    expect(await storedBits(service, again.id)).toEqual(await storedBits(service, run.id));
  }
  expect(new Set(runs.map((run) => run.watermark)).size).toBe(runs.length);
});

it('a run asked for after a vote was acknowledged reads that vote', async () => {
  const projectId = await service.newProject({ classes: ['a', 'b'] });
  for (let n = 1; n <= 5; n++) {
    await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`,
      { input: { projectId, votes: [{ item: `item ${n}`, annotator: 'Ann', class: 'a' }] } });
    expect((await runToEnd(service, projectId, { method: 'majority-vote' })).voteCount).toBe(n);
  }
});
