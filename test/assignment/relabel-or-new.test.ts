import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPool, readSelections, readStreams } from '../../bench/activelab/pools.mjs';
import { decide, startCampaign } from '../../bench/activelab/protocol.mjs';
import * as library from '../../src/aggregation/index.js';
import { column, goldenCases, largestDifference, readCase, readRows } from '../aggregation/crowdlab/golden.js';
import { startService, type Service } from '../setup/service.js';
import { hasShared, shared } from '../setup/shared.js';
import { Campaign } from './campaign.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const FIELDS = `decision scoreOfBestOld scoreOfBestNew oldItems newItems unpredictedItems meanAnnotatorWeight warnings
  models { model version outOfSample weight temperature } items { kind score votes item { externalId } }`;

interface Told {
  decision: 'RELABEL' | 'NEW' | null;
  scoreOfBestOld: number | null;
  scoreOfBestNew: number | null;
  oldItems: number;
  newItems: number;
  unpredictedItems: number;
  meanAnnotatorWeight: number;
  warnings: string[];
  models: { model: string; version: string; outOfSample: boolean; weight: number; temperature: number }[];
  items: { kind: 'RELABEL' | 'NEW'; score: number; votes: number; item: { externalId: string } }[];
}

const QUERY = `query ($id: ID!, $model: [String!], $count: Int!) { project(id: $id) { id relabelOrNew(model: $model, count: $count) { ${FIELDS} } } }`;

async function ask(id: string, variables: { model?: string | string[]; count?: number } = {}): Promise<Told> {
  return (await service.data(QUERY, { id, count: 1, ...variables })).project.relabelOrNew;
}

/** The error, beside which the project's other fields are told. */
async function refusal(id: string, variables: { model?: string | string[]; count?: number } = {}) {
  const { data, errors } = await service.graphql(QUERY, { id, count: 1, ...variables });
  expect(data).toEqual({ project: { id, relabelOrNew: null } });
  return { code: errors![0]!.extensions.code, message: errors![0]!.message };
}

async function predict(id: string, model: string, rows: Record<string, ArrayLike<number>>, more: object = {}): Promise<void> {
  const given = Object.entries(rows).map(([item, probabilities]) => ({ item, probabilities: Array.from(probabilities) }));
  await service.data(`mutation ($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { results { status } } }`, { input: { projectId: id, model, version: '1', rows: given, ...more } });
}

/** A project of a pool's items, votes and models m0, m1, ...; items and annotators are their numbers. */
async function projectOf({ votes, predictions }: { votes: library.VoteTable; predictions: Float64Array[] }, rules: object): Promise<Campaign> {
  const K = votes.classCount;
  const campaign = await Campaign.start(service, 0, rules, Array.from({ length: K }, (_, k) => `class ${k}`));
  const items = Array.from({ length: votes.itemCount }, (_, item) => ({ externalId: String(item) }));
  await service.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId: campaign.id, items } });
  if (votes.voteCount > 0) await campaign.vote(...votesOf(votes));
  for (const [m, rows] of predictions.entries()) await predict(campaign.id, `m${m}`, rowsOf(rows, K));
  return campaign;
}

function votesOf({ items, annotators, classes }: library.VoteTable, isNew: (vote: number) => boolean = () => true): [string, string, string][] {
  return Array.from(items, (item, v): [string, string, string] => [String(item), String(annotators[v]!), `class ${classes[v]!}`]).filter((_, v) => isNew(v));
}

function rowsOf(rows: Float64Array, K: number): Record<string, Float64Array> {
  return Object.fromEntries(Array.from({ length: rows.length / K }, (_, item) => [String(item), rows.subarray(item * K, (item + 1) * K)]));
}

describe.skipIf(!hasShared)('project { relabelOrNew } equals the reference', { timeout: 300_000 }, () => {
  const folder = pathToFileURL(`${shared('bench-data', 'activelab')}/`);

  it('in picks and decisions of all 15 rounds of wall-robot, a version of predictions a round', async () => {
    const pool = readPool(folder, 'wall-robot');
    const replay = startCampaign(library, pool, readStreams(folder, 'wall-robot', 0));
    const first = replay.round();
    const campaign = await projectOf({ votes: first.votes, predictions: [] }, { maxVotes: 10 });
    const known = new Set(votesOf(first.votes).map(String));
    for (const [round, picks] of readSelections(folder, 'wall-robot')[0]!.entries()) {
      const state = replay.round();
      const added = votesOf(state.votes).filter((vote) => !known.has(String(vote)));
      if (added.length > 0) await campaign.vote(...added);
      added.forEach((vote) => known.add(String(vote)));
      await predict(campaign.id, 'nearest', rowsOf(state.predictions, pool.classCount), { version: String(round) });
      const told = await ask(campaign.id, { count: pool.batch });
      const byLibrary = decide(library, pool, replay.given, state);
      expect(told.items.map(({ item }) => Number(item.externalId)), `round ${round}`).toEqual(picks);
      expect(told.items.map(({ votes }) => votes)).toEqual(picks.map((item) => replay.given[item]));
      expect(told.decision).toBe(replay.given[picks[0]!]! > 0 ? 'RELABEL' : 'NEW');
      expect(told).toMatchObject({ oldItems: byLibrary.oldItems, newItems: byLibrary.newItems, unpredictedItems: 0, models: [{ model: 'nearest', version: String(round), outOfSample: true }] });
      expect(largestDifference([told.scoreOfBestOld!, told.scoreOfBestNew!], [byLibrary.scoreOfBestOld!, byLibrary.scoreOfBestNew!])).toBeLessThan(1e-12);
      replay.label(picks);
    }
  });

  it.each([['wall-robot', 1, 5], ['wall-robot', 2, 10], ['wall-robot', 3, 14], ['digits', 0, 14], ['digits', 2, 7], ['digits', 4, 0]] as const)('in the picks of %s, seed %d, round %d', async (name, seed, round) => {
    const pool = readPool(folder, name);
    const replay = startCampaign(library, pool, readStreams(folder, name, seed));
    const selections = readSelections(folder, name)[seed]!;
    selections.slice(0, round).forEach((picks) => replay.label(picks));
    const { votes, predictions } = replay.round();
    const campaign = await projectOf({ votes, predictions: [predictions] }, { maxVotes: 10 });
    const told = await ask(campaign.id, { count: pool.batch });
    expect(told.items.map(({ item }) => Number(item.externalId))).toEqual(selections[round]);
    expect(told.decision).toBe(replay.given[selections[round]![0]!]! > 0 ? 'RELABEL' : 'NEW');
  });

  it.each(goldenCases('activelab').filter((name) => /^(e|u|l|c04|c05|c08|c11)/.test(name)))('in scores and decision of the golden case %s', async (name) => {
    const golden = `golden/activelab/${name}`;
    const whole = readCase(golden);
    const old = column(readRows(`${golden}/scores.csv`), 'score');
    const all = [...old, ...column(readRows(`${golden}/scores_unlabeled.csv`), 'score')];
    const campaign = await projectOf(whole, { maxVotes: 100 });
    const told = await ask(campaign.id, { count: all.length });
    expect(largestDifference(told.items.map(({ score }) => score), all.toSorted((a, b) => a - b))).toBeLessThan(1e-9);
    expect(largestDifference(told.items.map(({ score }) => score), told.items.map(({ item }) => all[Number(item.externalId)]!))).toBeLessThan(1e-9);
    expect([told.oldItems, told.newItems, told.models.length]).toEqual([old.length, all.length - old.length, whole.predictions.length]);
    expect(told.decision).toBe(told.items[0]!.kind);
    // One model by its name, of an ensemble or not.
    const one = library.relabelOrNew({ votes: whole.votes, predictions: [whole.predictions.at(-1)!], count: 3 });
    const last = `m${whole.predictions.length - 1}`;
    const alone = await ask(campaign.id, { model: last, count: 3 });
    expect(alone.items.map(({ item }) => Number(item.externalId))).toEqual(Array.from(one.items));
    expect(alone).toMatchObject({ decision: one.decision, models: [{ model: last }] });
    expect(largestDifference(alone.items.map(({ score }) => score), one.scores)).toBeLessThan(1e-12);
  });
});

describe('project { relabelOrNew }', () => {
  const [sure, unsure] = [[0.9, 0.05, 0.05], [0.5, 0.3, 0.2]];

  it('takes one model, a list, or all that are read, and tells what each weighs', async () => {
    const campaign = await Campaign.start(service, 4, { maxVotes: 5 });
    await campaign.vote(['item 0', 'ann', 'a'], ['item 0', 'bob', 'b'], ['item 1', 'ann', 'b'], ['item 1', 'bob', 'b']);
    await predict(campaign.id, 'one', { 'item 0': sure, 'item 1': unsure, 'item 2': unsure, 'item 3': sure });
    await predict(campaign.id, 'two', { 'item 0': unsure, 'item 1': sure, 'item 2': sure, 'item 3': unsure }, { outOfSample: false });
    const both = await ask(campaign.id, { count: 10 });
    expect(both.models.map(({ model, version, outOfSample }) => [model, version, outOfSample])).toEqual([['one', '1', true], ['two', '1', false]]);
    expect(both.warnings).toEqual(['the predictions of model "two", version "1", are not out of sample: the model counts for more than it should']);
    expect(await ask(campaign.id, { model: ['two', 'one'], count: 10 })).toEqual(both);
    const one = await ask(campaign.id, { model: 'one', count: 10 });
    expect(one).toEqual(await ask(campaign.id, { model: ['one'], count: 10 }));
    expect(one.models).toEqual([{ ...both.models[0], weight: expect.any(Number) as number, temperature: expect.any(Number) as number }]);
    const table = new library.VoteTable({ items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 1, 1, 1], itemCount: 4, annotatorCount: 2, classCount: 3 });
    const found = library.relabelOrNew({ votes: table, predictions: [Float64Array.from([sure, unsure, unsure, sure].flat())], count: 10 });
    expect(one).toMatchObject({
      decision: found.decision, scoreOfBestOld: found.scoreOfBestOld, scoreOfBestNew: found.scoreOfBestNew, oldItems: 2, newItems: 2, meanAnnotatorWeight: found.weights.meanAnnotatorWeight,
      models: [{ weight: found.weights.models[0], temperature: found.weights.temperatures[0] }],
    });
    expect(one.items).toEqual(Array.from(found.items, (item, i) => ({ kind: found.votes[i]! > 0 ? 'RELABEL' : 'NEW', score: found.scores[i], votes: found.votes[i], item: { externalId: `item ${item}` } })));
    // A model that was taken out of use has no say.
    await service.data(`mutation ($input: RemovePredictionModelInput!) { removePredictionModel(input: $input) { __typename } }`, { input: { projectId: campaign.id, model: 'two' } });
    expect(await ask(campaign.id, { count: 10 })).toEqual(one);
  });

  it('names one item where no count is given, and leases nothing', async () => {
    const campaign = await Campaign.start(service, 2);
    await predict(campaign.id, 'one', { 'item 0': sure, 'item 1': unsure });
    const { relabelOrNew } = await campaign.project('relabelOrNew { decision scoreOfBestOld items { item { externalId leases } votes } }');
    expect(relabelOrNew).toEqual({ decision: 'NEW', scoreOfBestOld: null, items: [{ item: { externalId: 'item 1', leases: 0 }, votes: 0 }] });
  });

  it('follows votes, their withdrawal, gold and rules at once; items that are closed or full, or that no model knows, do not compete', async () => {
    const campaign = await Campaign.start(service, 4, { maxVotes: 2 });
    await predict(campaign.id, 'one', { 'item 0': unsure, 'item 1': unsure, 'item 2': sure });
    expect(await ask(campaign.id, { count: 9 })).toMatchObject({ oldItems: 0, newItems: 3, unpredictedItems: 1 });
    await campaign.vote(['item 0', 'ann', 'a'], ['item 0', 'bob', 'b'], ['item 1', 'ann', 'a']);
    const full = await ask(campaign.id, { count: 9 });
    expect(full).toMatchObject({ oldItems: 1, newItems: 1 });
    expect(full.items.map(({ item }) => item.externalId).toSorted()).toEqual(['item 1', 'item 2']);
    // Its only room is in somebody's hands.
    await campaign.settled();
    const { leases } = await campaign.next('eve', { count: 4 });
    expect(leases.map(({ item }) => item)).toContain('item 1');
    expect((await ask(campaign.id, { count: 9 })).items.map(({ item }) => item.externalId)).not.toContain('item 1');
    await campaign.leases('releaseItems', 'eve', leases.map(({ id }) => id));
    await service.data(`mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { id } } }`, { input: { id: campaign.id, rules: { maxVotes: 3 } } });
    expect(await ask(campaign.id, { count: 9 })).toMatchObject({ oldItems: 2, newItems: 1 });
    await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { results { status } } }`, { input: { projectId: campaign.id, votes: [{ item: 'item 1', annotator: 'ann' }] } });
    expect(await ask(campaign.id, { count: 9 })).toMatchObject({ oldItems: 1, newItems: 2 });
    await service.data(`mutation ($input: SetGoldInput!) { setGold(input: $input) { results { status } } }`, { input: { projectId: campaign.id, rows: ['item 0', 'item 1', 'item 2'].map((item) => ({ item, class: 'a' })) } });
    expect(await ask(campaign.id, { count: 9 })).toMatchObject({ decision: null, scoreOfBestOld: null, scoreOfBestNew: null, oldItems: 0, newItems: 0, unpredictedItems: 1, items: [] });
  });

  it('refuses what cannot be decided, in words, and leaves the rest of the answer alone', async () => {
    const campaign = await Campaign.start(service, 3);
    const { id } = campaign;
    expect(await refusal(id)).toEqual({
      code: 'INVALID_INPUT', message: 'ActiveLab needs predictions of a model, and the project has none that are complete; send them by submitPredictions or POST /projects/:id/predictions',
    });
    expect(await refusal(id, { model: 'none' })).toEqual({ code: 'NOT_FOUND', message: 'there is no prediction model "none" here' });
    await predict(id, 'half', { 'item 0': sure }, { complete: false });
    expect(await refusal(id, { model: 'half' })).toEqual({ code: 'CONFLICT', message: 'the prediction model "half" has no complete version; send the rest of its rows, the last with complete: true' });
    expect(await refusal(id)).toMatchObject({ code: 'INVALID_INPUT' });
    await predict(id, 'half', { 'item 1': sure });
    await predict(id, 'other', { 'item 2': sure });
    expect(await refusal(id)).toEqual({ code: 'CONFLICT', message: 'no item has a prediction of every model ("half", version "1"; "other", version "1"); name one of them, or send what is missing' });
    expect(await ask(id, { model: 'half' })).toMatchObject({ decision: 'NEW', newItems: 2, unpredictedItems: 1 });
    expect(await refusal(id, { model: [] })).toEqual({ code: 'INVALID_INPUT', message: 'model is an empty list; name a model, or leave it out for all that are read' });
    expect(await refusal(id, { model: ['half', 'half'] })).toEqual({ code: 'INVALID_INPUT', message: 'model names "half" twice; name each once' });
    await service.data(`mutation ($input: RemovePredictionModelInput!) { removePredictionModel(input: $input) { __typename } }`, { input: { projectId: id, model: 'half' } });
    expect(await refusal(id, { model: ['other', 'half'] })).toEqual({ code: 'CONFLICT', message: 'the prediction model "half" was removed; setPredictionVersion brings it back' });
    expect(await refusal(id, { count: 0 })).toEqual({ code: 'INVALID_INPUT', message: 'count is 0; ask for 1 to 10000 items' });
    const { errors } = await service.graphql(`query ($id: ID!) { project(id: $id) { relabelOrNew(count: 10001) { decision } } }`, { id });
    expect(errors![0]).toMatchObject({ message: 'count is 10001; ask for 1 to 10000 items', extensions: { code: 'LIMIT_EXCEEDED' } });
    // At rest, so that nothing else believes in so many.
    await campaign.settled();
    await service.source.query(`update project_codes set next_item_code = 30000000 where project_id = $1`, [campaign.number]);
    expect(await refusal(id)).toEqual({
      code: 'LIMIT_EXCEEDED', message: '30000000 items of 3 classes and 1 model are too many for one look; ask nextItems with the policy activelab, which keeps their order',
    });
    await service.source.query(`update project_codes set next_item_code = 3 where project_id = $1`, [campaign.number]);
    expect(await ask(id)).toMatchObject({ decision: 'NEW' });
  });

  it('says that no item has a prediction where the only version is empty', async () => {
    const campaign = await Campaign.start(service, 1);
    await predict(campaign.id, 'one', { 'item 0': sure });
    await service.source.query(`delete from predictions where project_id = $1`, [campaign.number]);
    expect(await refusal(campaign.id)).toEqual({ code: 'CONFLICT', message: 'no item has a prediction of model "one", version "1"; send some' });
  });

  it('is no way around the bound on the size of an answer', async () => {
    const id = await service.newProject();
    const { errors } = await service.graphql(`query ($id: ID!, $n: Int!) { project(id: $id) { relabelOrNew(count: $n) { items { item { votes(first: 100) { nodes { id } } } } } } }`, { id, n: 10_000 });
    expect(errors![0]).toMatchObject({ message: expect.stringMatching(/^the operation costs \d+ by estimate, more than 100000/) as string, extensions: { code: 'LIMIT_EXCEEDED' } });
  });

  it('answers for one project only', async () => {
    const id = await service.newProject();
    const foreign = await service.newKey({ workspaceId: await service.newWorkspace() });
    const { data, errors } = await service.graphql(QUERY, { id, count: 1 }, { key: foreign });
    expect([data, errors![0]!.extensions.code]).toEqual([null, 'NOT_FOUND']);
  });
});
