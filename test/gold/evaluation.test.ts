import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { betaQuantile, calibration, sampledShare } from '../../src/aggregation/index.js';
import { newCrowd, runToEnd, submit } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { removeGold, setGold } from './gold-calls.js';

let service: Service;
let projectId: string;
let classes: string[];
let labels: Map<string, number[]>;
let plain: { id: string; watermark: string };
beforeAll(async () => {
  service = await startService();
  ({ projectId, classes } = await newCrowd(service, { items: 120, annotators: 10, classes: 3, votesPerItem: 3, skill: 0.55 }));
  plain = await runToEnd(service, projectId, { method: 'dawid-skene' });
  const { project } = await service.data(`query ($id: ID!) { project(id: $id) { softLabels(first: 1000) { nodes { item { externalId } probabilities } } } }`, { id: projectId });
  labels = new Map(project.softLabels.nodes.map((node: { item: { externalId: string }; probabilities: number[] }) => [node.item.externalId, node.probabilities]));
});
afterAll(() => service.stop());

const EVALUATION = `query ($id: ID!, $run: ID, $sample: ID) { project(id: $id) { goldEvaluation(run: $run, sample: $sample) {
  items clamped unlabelled scores { accuracy { value low high } brier logLoss ece bins { low high items confidence accuracy } } } } }`;
const evaluate = async (variables: object = {}, id = projectId) => (await service.data(EVALUATION, { id, ...variables })).project.goldEvaluation;
/** Gold that agrees with the votes now and then. */
const answerOf = (item: string) => {
  const row = labels.get(item)!;
  const best = row.indexOf(Math.max(...row));
  return Number(item.slice(1)) % 4 === 0 ? (best + 1) % 3 : best;
};
const goldFor = (items: string[]) => items.map((item) => ({ item, class: classes[answerOf(item)]! }));
const rowsOf = (items: string[]) => Float64Array.from(items.flatMap((item) => labels.get(item)!));

describe('a run against gold', () => {
  it('is scored as the library scores it, on items with gold that it read votes of', async () => {
    const items = Array.from({ length: 40 }, (_, i) => `i${i}`);
    await setGold(service, projectId, [...goldFor(items), { item: 'nobody voted on it', class: classes[0]! }]);
    const { scores, ...counts } = await evaluate();
    expect(counts).toEqual({ items: 40, clamped: 0, unlabelled: 1 });
    const expected = calibration(rowsOf(items), 3, items.map(answerOf));
    expect(scores.brier).toBeCloseTo(expected.brier, 12);
    expect(scores.logLoss).toBeCloseTo(expected.nll, 12);
    expect(scores.ece).toBeCloseTo(expected.ece, 12);
    expect(scores.bins).toHaveLength(15);
    expect(scores.bins.reduce((sum: number, bin: { items: number }) => sum + bin.items, 0)).toBe(40);
    expect(scores.bins[0]).toEqual({ low: 0, high: 1 / 15, items: 0, confidence: null, accuracy: null });
    const right = 40 * expected.accuracy;
    expect(scores.accuracy.value).toBeCloseTo(expected.accuracy, 12);
    expect(scores.accuracy.low).toBeCloseTo(betaQuantile(0.025, 1 + right, 41 - right), 12);
    expect(scores.accuracy.high).toBeCloseTo(betaQuantile(0.975, 1 + right, 41 - right), 12);
  });

  it('leaves out what it was given, however right it is there, and what became gold since is compared', async () => {
    const clamped = await runToEnd(service, projectId, { method: 'dawid-skene', makeCurrent: false });
    expect(await evaluate({ run: clamped.id })).toEqual({ items: 0, clamped: 41, unlabelled: 0, scores: null });
    await setGold(service, projectId, goldFor(['i50', 'i51', 'i52']));
    // Another answer than the one the run was given: its label still follows from gold.
    await setGold(service, projectId, [{ item: 'i1', class: classes[(answerOf('i1') + 1) % 3]! }]);
    const now = await evaluate({ run: clamped.id });
    expect(now).toMatchObject({ items: 3, clamped: 41, unlabelled: 0 });
    expect(await evaluate({ run: plain.id })).toMatchObject({ items: 43, clamped: 0, unlabelled: 1 });
    // An older watermark reads none of it; a method that reads no gold compares all.
    const before = await runToEnd(service, projectId, { method: 'dawid-skene', watermark: plain.watermark, makeCurrent: false });
    expect(await evaluate({ run: before.id })).toEqual(await evaluate({ run: plain.id }));
    const wawa = await runToEnd(service, projectId, { method: 'wawa', makeCurrent: false });
    expect(await evaluate({ run: wawa.id })).toMatchObject({ items: 43, clamped: 0, unlabelled: 1 });
    await removeGold(service, projectId, [...Array.from({ length: 40 }, (_, i) => `i${i}`), 'i50', 'i51', 'i52', 'nobody voted on it']);
    expect(await evaluate()).toEqual({ items: 0, clamped: 0, unlabelled: 0, scores: null });
  });

  it('has the accuracy of all items by those of a sample, each weighted by its chance', async () => {
    const { drawGoldSample: { sample } } = await service.data(
      `mutation ($input: DrawGoldSampleInput!) { drawGoldSample(input: $input) { sample { id items(first: 1000) { nodes { probability item { externalId } } } } } }`,
      { input: { projectId, size: 50, design: 'UNCERTAINTY', seed: 4 } },
    );
    const drawn: { probability: number; item: { externalId: string } }[] = sample.items.nodes.filter((node: { item: { externalId: string } }) => labels.has(node.item.externalId));
    const ids = drawn.map((node) => node.item.externalId);
    const outside = [...labels.keys()].filter((item) => !ids.includes(item)).slice(0, 10);
    // Half of the sample is answered, and items besides.
    const answered = drawn.filter((_, i) => i % 2 === 0);
    await setGold(service, projectId, goldFor([...answered.map((node) => node.item.externalId), ...outside]));
    const { scores, ...counts } = await evaluate({ sample: sample.id });
    expect(counts).toEqual({ items: answered.length, clamped: 0, unlabelled: 0 });
    const hits = answered.map(({ item }) => Number(Number(item.externalId.slice(1)) % 4 !== 0));
    const { value, low, high } = sampledShare(hits, answered.map((node) => node.probability));
    expect(scores.accuracy.value).toBeCloseTo(value, 12);
    expect([scores.accuracy.low, scores.accuracy.high]).toEqual([expect.closeTo(low, 9), expect.closeTo(high, 9)]);
    expect((await evaluate()).items).toBe(answered.length + outside.length);
    await removeGold(service, projectId, [...answered.map((node) => node.item.externalId), ...outside]);
  });

  it('is null while no run is current, and refuses runs and samples of elsewhere', async () => {
    const other = await service.newProject();
    await submit(service, other, [{ item: 'a', annotator: 'w', class: 'ham' }]);
    expect(await evaluate({}, other)).toBeNull();
    const code = async (variables: object, id = projectId) => (await service.graphql(EVALUATION, { id, ...variables })).errors?.[0]?.extensions.code;
    expect(await code({ run: plain.id }, other)).toBe('NOT_FOUND');
    const { drawGoldSample: { sample } } = await service.data(`mutation ($input: DrawGoldSampleInput!) { drawGoldSample(input: $input) { sample { id } } }`, { input: { projectId: other, size: 1, design: 'UNIFORM' } });
    expect(await code({ sample: sample.id })).toBe('NOT_FOUND');
    expect(await code({ sample: 'junk' })).toBe('NOT_FOUND');
    expect(await code({ sample: plain.id })).toBe('NOT_FOUND');
  });
});
