import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advisedMethods, methodAdvice, VoteTable, votes as votesOf, type AdviceOptions } from '../../src/aggregation/index.js';
import { setGold } from '../gold/gold-calls.js';
import { startBeside, startService, type Service } from '../setup/service.js';
import { hasShared, shared } from '../setup/shared.js';
import { codes, newCrowd, numbersOf, runToEnd, submit } from './crowd.js';

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

const INTERVAL = '{ value low high }';
const ADVICE = `query ($id: ID!, $run: ID, $methods: [String!]) { project(id: $id) { methodAdvice(run: $run, methods: $methods) {
  items annotators votes classes goldItems
  methods { method version agreement stability { changed moved draws } cost { operations megabytes seconds } measuredSeconds converged warnings
    gold { accuracy ${INTERVAL} logLoss ${INTERVAL} brier ece } gain ${INTERVAL} }
  leftOut { method reason } agreement { first second share }
  certificate { verdict holds refuted regret { mean low high } tieRate votedItems evaluatedItems draws assumption advice }
  recommendation { method basis reasons moreVotes moreGold goldAnswers } } } }`;
const adviceOf = async (id: string, asked: object = {}, of = service) => (await of.data(ADVICE, { id, ...asked })).project.methodAdvice;
const refusal = async (id: string, asked: object) => (await service.graphql(ADVICE, { id, ...asked })).errors![0]!;
/** Cheap ones, where it does not matter which. */
const two = ['majority-vote', 'wawa'];

/** As the API has it, but for what is measured: megabytes, and null for what is not a number. */
function told(table: VoteTable, options: AdviceOptions = {}) {
  const { methods, certificate, ...rest } = methodAdvice(table, options);
  return JSON.parse(JSON.stringify({
    ...rest,
    methods: methods.map(({ cost: { bytes, ...cost }, ...method }) => ({ ...method, cost: { ...cost, megabytes: bytes / 1e6 }, measuredSeconds: null })),
    certificate: certificate && { ...certificate, regret: Number.isNaN(certificate.regret.mean) ? null : certificate.regret },
  })) as unknown;
}

type Told = { methods: { measuredSeconds: number | null }[] };
const unmeasured = (advice: Told) => ({ ...advice, methods: advice.methods.map((method) => ({ ...method, measuredSeconds: null })) });

const keptRows = async (run: { id: string }) => (await service.source.query<{ count: number }[]>(
  `select count(*)::int as count from run_advices where project_id = $1 and run_id = $2`, numbersOf(run.id)))[0]!.count;

describe('advice on methods', () => {
  it('is that of the library on the votes of the current run and the gold of this moment, to the bit', async () => {
    const { projectId, columns, classes } = await newCrowd(service, { items: 80, annotators: 10, classes: 3, votesPerItem: 4, skill: 0.6 });
    expect(await adviceOf(projectId)).toBeNull();
    await setGold(service, projectId, Array.from({ length: 20 }, (_, i) => ({ item: `i${i}`, class: classes[i % 3]! })));
    const run = await runToEnd(service, projectId, { method: 'dawid-skene' });
    const { items, annotators } = await codes(service, projectId);
    const votes = new VoteTable({
      items: columns.items.map((item) => items.indexOf(`i${item}`)), annotators: columns.annotators.map((annotator) => annotators.indexOf(`a${annotator}`)), classes: columns.classes,
      itemCount: 80, annotatorCount: 10, classCount: 3,
    });
    const answers = (count: number) => Int32Array.from(items.slice(0, 80), (item) => (Number(item.slice(1)) < count ? Number(item.slice(1)) % 3 : -1));
    const advice = await adviceOf(projectId);
    expect(advice.methods.every(({ measuredSeconds }: { measuredSeconds: number }) => measuredSeconds >= 0)).toBe(true);
    expect(unmeasured(advice)).toEqual(told(votes, { gold: answers(20) }));
    expect(advice.methods.map(({ method }: { method: string }) => method)).toEqual(advisedMethods);
    expect(await adviceOf(projectId, { run: run.id })).toEqual(advice);
    expect(unmeasured(await adviceOf(projectId, { methods: two }))).toEqual(told(votes, { gold: answers(20), methods: two }));

    // What came after the run is no vote of it; gold is that of this moment, of items that the run knows.
    await submit(service, projectId, [{ item: 'i0', annotator: 'a new one', class: classes[0]! }, { item: 'a new one', annotator: 'a0', class: classes[0]! }]);
    await setGold(service, projectId, [...Array.from({ length: 10 }, (_, i) => ({ item: `i${20 + i}`, class: classes[(20 + i) % 3]! })), { item: 'a new one', class: classes[0]! }]);
    expect(unmeasured(await adviceOf(projectId, { methods: two }))).toEqual(told(votes, { gold: answers(30), methods: two }));
  });

  it.skipIf(!hasShared)('is that of the library on a real crowd, to the bit', async () => {
    const rows = (await readFile(shared('datasets', 'flag', 'votes.csv'), 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);
    const projectId = await service.newProject({ classes: [...new Set(rows.map(([, , name]) => name))].sort(), rules: { repeatPolicy: 'KEEP_ALL' } });
    await submit(service, projectId, rows.map(([item, annotator, name]) => ({ item, annotator, class: name })));
    await runToEnd(service, projectId, { method: 'majority-vote' });
    const { table } = votesOf(rows);
    expect(unmeasured(await adviceOf(projectId))).toEqual(told(table));
  });

  it('is null of a run that read no vote, and refused of one whose results are gone or that is of another project', async () => {
    const projectId = await service.newProject();
    const { projectId: other } = await newCrowd(service, { items: 10, annotators: 3, classes: 2, votesPerItem: 2 });
    const run = await runToEnd(service, other, { method: 'majority-vote' });
    await setGold(service, projectId, [{ item: 'i0', class: 'ham' }]);
    await runToEnd(service, projectId, { method: 'dawid-skene' });
    expect(await adviceOf(projectId)).toBeNull();
    expect((await refusal(projectId, { run: run.id })).extensions.code).toBe('NOT_FOUND');
    await service.source.query(`update runs set results_dropped_at = now() where project_id = $1 and id = $2`, numbersOf(run.id));
    expect((await refusal(other, { run: run.id })).extensions.code).toBe('CONFLICT');
  });

  it("is not to be had of another workspace's project", async () => {
    const { projectId } = await newCrowd(service, { items: 10, annotators: 3, classes: 2, votesPerItem: 2 });
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    const key = await service.newKey({ workspaceId: await service.newWorkspace() });
    const { data, errors } = await service.graphql(ADVICE, { id: projectId }, { key });
    expect({ data, code: errors![0]!.extensions.code }).toEqual({ data: null, code: 'NOT_FOUND' });
    expect(await keptRows(run)).toBe(0);
  });

  it.each([
    [['nope'], /^there is no method "nope"; there are: majority-vote/],
    [[], /^methods is empty; name one at least, or leave it out$/],
    [['wawa', 'wawa'], /^methods names "wawa" twice$/],
    [['crowdlab'], /^crowdlab cannot be compared on these votes: it reads predictions/],
    [['kos'], /^kos cannot be compared on these votes: it tells at most 2 classes apart, and there are 3$/],
    [Array.from({ length: 50_000 }, (_, m) => `m${m}`), /^methods names 50000; there are \d+$/],
  ])('refuses methods that cannot be compared: case %#', async (methods, message) => {
    const { projectId } = await newCrowd(service, { items: 10, annotators: 3, classes: 3, votesPerItem: 2 });
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    expect(await refusal(projectId, { methods })).toMatchObject({ message: expect.stringMatching(message), extensions: { code: 'INVALID_INPUT', field: 'methods' } });
    expect(await keptRows(run)).toBe(0);
  });

  it('is refused before it is begun where its cost would be high', async () => {
    const { projectId } = await newCrowd(service, { items: 10, annotators: 3, classes: 2, votesPerItem: 2 });
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    await service.source.query(`update runs set vote_count = 10000000 where project_id = $1 and id = $2`, numbersOf(run.id));
    expect(await refusal(projectId, {})).toMatchObject({
      message: 'an advice of 10000000 votes on 10 items of 2 classes takes 20000000 probabilities, more than 16777216 that are worked out here; download the votes and call `assay advise VOTES`, which takes its time',
      extensions: { code: 'LIMIT_EXCEEDED' },
    });
  });
});

describe('advice is kept', () => {
  it('once, though many ask at once, of two processes, until gold is other; what is written is what all are told', async () => {
    const { projectId, classes } = await newCrowd(service, { items: 60, annotators: 8, classes: 2, votesPerItem: 3 });
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    const answers = await Promise.all([service, beside, service, beside, service].map((of) => adviceOf(projectId, { methods: two }, of)));
    // Seconds, too: the first to write is the one that all are told of.
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await keptRows(run)).toBe(1);
    await service.source.query(`update run_advices set advice = jsonb_set(advice, '{recommendation,moreGold}', '"as it was written"') where project_id = $1 and run_id = $2`, numbersOf(run.id));
    expect((await adviceOf(projectId, { methods: two }, beside)).recommendation.moreGold).toBe('as it was written');
    await setGold(service, projectId, [{ item: 'i0', class: classes[0]! }]);
    expect(await adviceOf(projectId, { methods: two })).toMatchObject({ goldItems: 1 });
    expect(await keptRows(run)).toBe(2);
  });

  it('for at most twenty kinds of question a run', async () => {
    const { projectId } = await newCrowd(service, { items: 10, annotators: 3, classes: 2, votesPerItem: 2 });
    const run = await runToEnd(service, projectId, { method: 'majority-vote' });
    const cheap = ['majority-vote', 'vote-share', 'softmax', 'wawa', 'zero-based-skill', 'one-coin', 'fast-dawid-skene'];
    const pairs = cheap.flatMap((first) => cheap.filter((second) => second !== first).map((second) => [first, second])).slice(0, 22);
    for (const methods of pairs) await adviceOf(projectId, { methods });
    expect(await keptRows(run)).toBe(20);
  });
});
