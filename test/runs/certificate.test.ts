import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { majorityVoteCertificate, simulateCrowd, VoteTable, votes as votesOf, type MajorityVoteCertificate, type VoteRow } from '../../src/aggregation/index.js';
import { anaesthesiaClasses, anaesthesiaVotes } from '../../src/samples/anaesthesia.js';
import { setGold } from '../gold/gold-calls.js';
import { startBeside, startService, type Service } from '../setup/service.js';
import { hasShared, shared } from '../setup/shared.js';
import { codes, endless, manyVotes, newCrowd, numbersOf, runToEnd, startRun, submit } from './crowd.js';

let service: Service;
let beside: Service;
beforeAll(async () => {
  service = await startService();
  beside = await startBeside(service);
});
afterAll(async () => {
  await beside.stop();
  await service.stop();
});

const CERTIFICATE = `query ($id: ID!) { run(id: $id) { certificate {
  verdict holds refuted regret { mean low high } tieRate votedItems evaluatedItems draws assumption advice } } }`;
const certificateOf = async (run: { id: string }, asked = service) => (await asked.data(CERTIFICATE, { id: run.id })).run.certificate as MajorityVoteCertificate | null;
/** As the API has it: what is not a number is null. */
const told = (certificate: MajorityVoteCertificate) => {
  const { regret, ...rest } = JSON.parse(JSON.stringify(certificate)) as MajorityVoteCertificate;
  return { ...rest, regret: Number.isNaN(certificate.regret.mean) ? null : regret };
};

/** A project with the votes, and a run of them. */
async function runOf(rows: readonly VoteRow[], input: object = {}, rules: object = {}) {
  const classes = [...new Set(rows.map(([, , name]) => name))].sort();
  const projectId = await service.newProject({ classes, rules });
  await submit(service, projectId, rows.map(([item, annotator, name]) => ({ item, annotator, class: name })));
  return { projectId, run: await runToEnd(service, projectId, { method: 'majority-vote', ...input }) };
}

const keptRows = async (run: { id: string }) => (await service.source.query<{ count: number }[]>(
  `select count(*)::int as count from run_certificates where project_id = $1 and run_id = $2`, numbersOf(run.id)))[0]!.count;

describe('the certificate of a run', () => {
  it('is that of the library on the votes, to the bit: the sample crowd', async () => {
    const projectId = await service.newProject({ classes: anaesthesiaClasses, rules: { repeatPolicy: 'KEEP_ALL' } });
    await submit(service, projectId, anaesthesiaVotes);
    const run = await runToEnd(service, projectId, { method: 'dawid-skene' });
    const { table } = votesOf(anaesthesiaVotes.map((vote) => [vote.item, vote.annotator, vote.class]));
    const expected = majorityVoteCertificate({ votes: table });
    expect(await certificateOf(run)).toEqual(told(expected));
    expect(expected).toMatchObject({ verdict: 'MV_OPTIMAL_UNDER_MODEL', votedItems: 45, evaluatedItems: 45, draws: 200 });
  });

  // Majority vote is right on 76% of bluebird, Dawid-Skene on 90%; on flag on 94.5% and 92%.
  it.skipIf(!hasShared).each([['bluebird', 'MV_NOT_OPTIMAL_UNDER_MODEL'], ['flag', 'MV_OPTIMAL_UNDER_MODEL']])('is that of the library on the votes, to the bit: %s', async (name, verdict) => {
    const rows = (await readFile(shared('datasets', name, 'votes.csv'), 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);
    const { run } = await runOf(rows, {}, { repeatPolicy: 'KEEP_ALL' });
    const expected = majorityVoteCertificate({ votes: votesOf(rows).table });
    expect(await certificateOf(run)).toEqual(told(expected));
    expect(expected.verdict).toBe(verdict);
  });

  it('is about the votes and the gold that the run read, whatever came later; without gold where the method reads none', async () => {
    const { projectId, columns, classes } = await newCrowd(service, { items: 60, annotators: 8, classes: 3, votesPerItem: 4, skill: 0.6 });
    await setGold(service, projectId, Array.from({ length: 20 }, (_, i) => ({ item: `i${i}`, class: classes[i % 3]! })));
    const reads = await runToEnd(service, projectId, { method: 'dawid-skene' });
    const ignores = await runToEnd(service, projectId, { method: 'wawa' });
    await submit(service, projectId, [{ item: 'i0', annotator: 'a new one', class: classes[0]! }]);
    await setGold(service, projectId, [{ item: 'i30', class: classes[0]! }]);
    const { items, annotators } = await codes(service, projectId);
    const votes = new VoteTable({
      items: columns.items.map((item) => items.indexOf(`i${item}`)), annotators: columns.annotators.map((annotator) => annotators.indexOf(`a${annotator}`)), classes: columns.classes,
      itemCount: 60, annotatorCount: 8, classCount: 3,
    });
    const gold = Int32Array.from(items.slice(0, 60), (item) => (Number(item.slice(1)) < 20 ? Number(item.slice(1)) % 3 : -1));
    const withGold = told(majorityVoteCertificate({ votes, gold }));
    const without = told(majorityVoteCertificate({ votes }));
    expect(withGold).not.toEqual(without);
    expect(await certificateOf(reads)).toEqual(withGold);
    expect(await certificateOf(ignores)).toEqual(without);
  });

  it('says what is missing where there is nothing to judge: no second vote, one annotator, ties alone', async () => {
    const none = { verdict: 'INSUFFICIENT_DATA', holds: null, refuted: null, regret: null, tieRate: 0, evaluatedItems: 0, draws: 0, advice: expect.stringMatching(/No item has two votes/) };
    const { run: single } = await runOf([['1', 'a', 'x'], ['2', 'b', 'y'], ['3', 'a', 'y']]);
    expect(await certificateOf(single)).toMatchObject({ ...none, votedItems: 3 });
    const { run: alone } = await runOf([['1', 'a', 'x'], ['2', 'a', 'y']]);
    expect(await certificateOf(alone)).toMatchObject({ ...none, votedItems: 2 });
    const { run: tied } = await runOf([['1', 'a', 'x'], ['1', 'b', 'y'], ['2', 'a', 'z'], ['2', 'b', 'x']]);
    expect(await certificateOf(tied)).toMatchObject({ verdict: 'INSUFFICIENT_DATA', holds: null, refuted: null, regret: { mean: expect.any(Number) }, tieRate: 1, draws: 200, advice: expect.stringMatching(/Every item is tied/) });
  });

  it('is null until the run succeeded and where it did not, and there though results were dropped', async () => {
    const { run } = await runOf([['1', 'a', 'x'], ['1', 'b', 'y'], ['2', 'a', 'x'], ['2', 'b', 'x']]);
    const { projectId: large } = await newCrowd(service, manyVotes);
    const busy = { id: await startRun(service, large, endless) };
    expect(await certificateOf(busy)).toBeNull();
    await service.data(`mutation ($id: ID!) { cancelRun(input: { id: $id }) { run { id } } }`, { id: busy.id });
    expect(await certificateOf(busy)).toBeNull();
    await service.source.query(`delete from label_blocks where project_id = $1 and run_id = $2`, numbersOf(run.id));
    await service.source.query(`update runs set results_dropped_at = now() where project_id = $1 and id = $2`, numbersOf(run.id));
    expect(await certificateOf(run)).toMatchObject({ votedItems: 2 });
  });

  it("is not to be had of another workspace's run", async () => {
    const { run } = await runOf([['1', 'a', 'x'], ['1', 'b', 'y']]);
    const key = await service.newKey({ workspaceId: await service.newWorkspace() });
    const { data, errors } = await service.graphql(CERTIFICATE, { id: run.id }, { key });
    expect({ data, code: errors![0]!.extensions.code }).toEqual({ data: null, code: 'NOT_FOUND' });
    expect(await keptRows(run)).toBe(0);
  });
});

describe('the certificate is kept', () => {
  it('once, though many ask at once, of two processes; the same whichever works it out', async () => {
    const { projectId } = await newCrowd(service, { items: 300, annotators: 12, classes: 4, votesPerItem: 4 });
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    const answers = await Promise.all([service, beside, service, beside, service].map((asked) => certificateOf(run, asked)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await keptRows(run)).toBe(1);
    for (const asked of [beside, service]) {
      await service.source.query(`delete from run_certificates where project_id = $1 and run_id = $2`, numbersOf(run.id));
      expect(await certificateOf(run, asked)).toEqual(answers[0]);
    }
    // What is written is what all are told.
    await service.source.query(`update run_certificates set advice = 'as it was written' where project_id = $1 and run_id = $2`, numbersOf(run.id));
    expect(await certificateOf(run, beside)).toEqual({ ...answers[0], advice: 'as it was written' });
  });
});

describe('the cost of a certificate', () => {
  it('is bounded by looking at fewer items where classes, votes and draws are many, which is told', () => {
    const votes = new VoteTable(simulateCrowd({ items: 2000, annotators: 30, classes: 10, votesPerItem: 3 }, 2).columns);
    // 1e8 numbers = 5,000 draws x 10 classes x 2,000 votes.
    expect(majorityVoteCertificate({ votes }, { draws: 5000 })).toMatchObject({ votedItems: 2000, evaluatedItems: 666, draws: 5000 });
  });

  it('lets a thousand classes have one where votes are few', async () => {
    const { projectId } = await newCrowd(service, { items: 20, annotators: 4, classes: 1000, confusable: 3, votesPerItem: 3, skill: 0.9 });
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    expect(await certificateOf(run)).toMatchObject({ votedItems: 20, evaluatedItems: 20, draws: 200, verdict: expect.stringMatching(/^[A-Z_]+$/) });
  });

  it.each([
    [10_000_000, 3, '20000000 probabilities, more than 16777216'],
    [6_000_000, 6_000_000, 'confusion matrices of 12000000 numbers, more than 4194304'],
  ])('is refused before it is begun where it would be high: %d votes, %d annotators', async (voteCount, annotatorCount, excess) => {
    const { run } = await runOf([['1', 'a', 'x'], ['1', 'b', 'y']]);
    await service.source.query(`update runs set vote_count = $3, annotator_count = $4 where project_id = $1 and id = $2`, [...numbersOf(run.id), voteCount, annotatorCount]);
    const [error] = (await service.graphql(CERTIFICATE, { id: run.id })).errors!;
    expect(error).toMatchObject({
      message: `a certificate of ${voteCount} votes on 1 items of 2 classes takes ${excess} that are worked out here; download the votes and call \`assay certificate VOTES\`, which takes its time`,
      extensions: { code: 'LIMIT_EXCEEDED' },
    });
  });
});
