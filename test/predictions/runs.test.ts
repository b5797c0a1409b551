import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, VoteTable } from '../../src/aggregation/index.js';
import { codes, ended, newCrowd, readRun, runToEnd, startRun, storedBits, storedLabels, submit, untilRun } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { models, probabilitiesOf, submitPredictions } from './prediction-calls.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const K = 3;
type Crowd = Awaited<ReturnType<typeof newCrowd>>;
const crowd = (seed = 1) => newCrowd(service, { items: 60, annotators: 9, classes: K, votesPerItem: 4 }, seed);
const rowsOf = (items: number[], salt = 0) => items.map((n) => ({ item: `i${n}`, probabilities: probabilitiesOf(n + salt, K) }));
const all = Array.from({ length: 60 }, (_, n) => n);
const PREDICTIONS = `query ($id: ID!) { run(id: $id) { predictions { model version outOfSample } } }`;
const readBy = async (run: { id: string }) => (await service.data(PREDICTIONS, { id: run.id })).run.predictions;

/** What the library says of the same votes and of these predictions, one function a model from item to probabilities. */
async function expected({ projectId, votes, columns }: Crowd, methodId: string, ofModels: ((item: string) => number[])[], options = {}) {
  const { items, annotators } = await codes(service, projectId);
  const table = new VoteTable({
    items: votes.map((vote) => items.indexOf(vote.item)), annotators: votes.map((vote) => annotators.indexOf(vote.annotator)),
    classes: columns.classes, itemCount: items.length, annotatorCount: annotators.length, classCount: K,
  });
  const predictions = ofModels.map((of) => Float64Array.from(items.flatMap(of)));
  return { items, result: aggregate(table, methodId, { options, predictions }) };
}

async function softLabels(run: { id: string }): Promise<number[]> {
  return (await storedLabels(service, run.id, K)).flatMap((label) => label.probabilities);
}

const numberOf = (item: string) => Number(item.slice(1));
const votedOn = ({ votes }: Crowd, items: string[]) => items.map((item) => votes.some((vote) => vote.item === item));

describe('a run of crowdlab', () => {
  it("is refused without predictions, with what to do; and names of versions are for methods that read them", async () => {
    const { projectId } = await crowd();
    const START = `mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`;
    const refused = async (input: object) => { const { errors } = await service.graphql(START, { input: { projectId, ...input } }); return `${errors![0]!.extensions.code} ${errors![0]!.message}`; };
    expect(await refused({ method: 'crowdlab' })).toMatch(/^INVALID_INPUT crowdlab needs predictions of a model, and the project has none that are complete; send them by submitPredictions or POST/);
    await submitPredictions(service, projectId, rowsOf(all), { complete: false });
    expect(await refused({ method: 'crowdlab' })).toMatch(/none that are complete/);
    expect(await refused({ method: 'dawid-skene', predictions: [{ model: 'm', version: 'v1' }] })).toMatch(/^INVALID_INPUT dawid-skene reads no predictions.*crowdlab/);
    expect(await refused({ method: 'crowdlab', predictions: [{ model: 'm', version: 'v7' }] })).toMatch(/^NOT_FOUND there is no version of the prediction model "m" "v7"/);
    await submitPredictions(service, projectId, rowsOf(all), { version: 'v2' });
    expect(await refused({ method: 'crowdlab', predictions: [{ model: 'm', version: 'v1' }, { model: 'm', version: 'v2' }] })).toMatch(/^INVALID_INPUT input.predictions names two versions of model "m"/);
  });

  it.each([[{}], [{ calibrate: true }]])("gives the library's own result with the options %j, to the bit", async (options) => {
    const one = await crowd();
    await submitPredictions(service, one.projectId, rowsOf(all));
    const run = await runToEnd(service, one.projectId, { method: 'crowdlab', options });
    const { items, result } = await expected(one, 'crowdlab', [(item) => probabilitiesOf(numberOf(item), K)], options);
    const voted = votedOn(one, items);
    expect(await softLabels(run)).toEqual(Array.from(result.posteriors).filter((_, i) => voted[Math.floor(i / K)]));
    expect(run.diagnostics.warnings).toEqual(result.diagnostics.warnings);
    expect(await readBy(run)).toEqual([{ model: 'm', version: 'v1', outOfSample: true }]);
    expect(Object.keys(run.seconds)).toContain('predictions');
  });

  it('reads the current version of every active model as an ensemble, and warns of those that are not out of sample', async () => {
    const one = await crowd(2);
    await submitPredictions(service, one.projectId, rowsOf(all, 1), { model: 'b' });
    await submitPredictions(service, one.projectId, rowsOf(all, 2), { model: 'a', version: 'old' });
    await submitPredictions(service, one.projectId, rowsOf(all, 3), { model: 'a', version: 'new', outOfSample: false });
    await submitPredictions(service, one.projectId, rowsOf(all, 4), { model: 'removed' });
    await service.data(`mutation ($id: ID!) { removePredictionModel(input: { projectId: $id, model: "removed" }) { predictionModel { active } } }`, { id: one.projectId });
    const run = await runToEnd(service, one.projectId, { method: 'crowdlab' });
    const { result } = await expected(one, 'crowdlab', [3, 1].map((salt) => (item: string) => probabilitiesOf(numberOf(item) + salt, K)));
    expect(await softLabels(run)).toEqual(Array.from(result.posteriors));
    expect(await readBy(run)).toEqual([{ model: 'a', version: 'new', outOfSample: false }, { model: 'b', version: 'v1', outOfSample: true }]);
    expect(run.diagnostics.warnings).toEqual([...result.diagnostics.warnings, 'the predictions of model "a", version "new", are not out of sample: the model counts for more than it should']);
  });

  it('takes the mean of the models that know an item, and the shares of the classes where none does, and says of how many', async () => {
    const one = await crowd(3);
    await submitPredictions(service, one.projectId, rowsOf(all.slice(0, 50), 1), { model: 'a' });
    await submitPredictions(service, one.projectId, rowsOf(all.slice(5, 40), 2), { model: 'b' });
    const run = await runToEnd(service, one.projectId, { method: 'crowdlab' });
    const shares = one.classes.map((_, k) => one.columns.classes.filter((label) => label === k).length / one.votes.length);
    const a = (item: string) => (numberOf(item) < 50 ? probabilitiesOf(numberOf(item) + 1, K) : shares);
    const b = (item: string) => (numberOf(item) >= 5 && numberOf(item) < 40 ? probabilitiesOf(numberOf(item) + 2, K) : a(item));
    const { result } = await expected(one, 'crowdlab', [a, b]);
    expect(await softLabels(run)).toEqual(Array.from(result.posteriors));
    expect(run.diagnostics.warnings).toEqual([
      ...result.diagnostics.warnings, '10 items with votes have no prediction: the shares of the classes among all votes stand in for it',
      '15 items with votes have a prediction of some models only: the mean of these stands in for the others',
    ]);
  });

  it('gives the same bits for the same watermark and versions, though rows, versions and votes came meanwhile', async () => {
    const one = await crowd(4);
    await submitPredictions(service, one.projectId, rowsOf(all.slice(0, 40)));
    const first = await runToEnd(service, one.projectId, { method: 'crowdlab' });
    await submitPredictions(service, one.projectId, rowsOf(all.slice(40)));
    await submitPredictions(service, one.projectId, rowsOf(all, 9), { version: 'v2' });
    await submit(service, one.projectId, [{ item: 'i0', annotator: 'a new one', class: one.classes[1]! }]);
    const again = await runToEnd(service, one.projectId, { method: 'crowdlab', watermark: first.watermark, predictions: [{ model: 'm', version: 'v1' }] });
    expect(await storedBits(service, again.id)).toEqual(await storedBits(service, first.id));
    const newest = await runToEnd(service, one.projectId, { method: 'crowdlab', predictions: [{ model: 'm', version: 'v1' }] });
    expect(await softLabels(newest)).not.toEqual(await softLabels(first));
    expect(newest.diagnostics.warnings.join()).not.toMatch(/no prediction/);
    expect(await readBy(await runToEnd(service, one.projectId, { method: 'crowdlab' }))).toEqual([{ model: 'm', version: 'v2', outOfSample: true }]);
  });

  it('fails where no row was there by the watermark that was asked for', async () => {
    const one = await crowd(5);
    const before = await runToEnd(service, one.projectId);
    expect(await readBy(before)).toBeNull();
    await submitPredictions(service, one.projectId, rowsOf(all));
    const run = await untilRun(service, await startRun(service, one.projectId, { method: 'crowdlab', watermark: before.watermark }), ended);
    expect(run).toMatchObject({ status: 'FAILED', failure: expect.stringMatching(/no predictions by the watermark/) });
  });

  it('starts by itself where it is the default method, with the versions that are current then', async () => {
    const one = await crowd(6);
    await submitPredictions(service, one.projectId, rowsOf(all));
    await service.data(`mutation ($id: ID!) { updateProject(input: { id: $id, rules: { defaultMethod: "crowdlab", rerunEveryVotes: 1 } }) { project { defaultMethod } } }`, { id: one.projectId });
    const current = async () => (await service.data(`query ($id: ID!) { project(id: $id) { currentRun { id } } }`, { id: one.projectId })).project.currentRun?.id as string | undefined;
    const run = await readRun(service, await until(current, 'a run by the rule'));
    expect(run).toMatchObject({ method: 'crowdlab', origin: 'RULE', status: 'SUCCEEDED' });
    expect(await readBy(run)).toEqual([{ model: 'm', version: 'v1', outOfSample: true }]);
    expect((await models(service, one.projectId))[0].versions[0].rows).toBe(60);
  });
});
