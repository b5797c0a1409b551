import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbersOf } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { models, predictionsOf, probabilitiesOf, refusal, submitPredictions } from './prediction-calls.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const abc = { classes: ['a', 'b', 'c'] };
const CHANGE = (name: string, more = '') => `mutation ($input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { predictionModel { model active pinned ${more} } } }`;
const setVersion = (projectId: string, model: string, version: string | null) => service.graphql(CHANGE('setPredictionVersion'), { input: { projectId, model, version } });
const remove = (projectId: string, model: string) => service.graphql(CHANGE('removePredictionModel'), { input: { projectId, model } });
const currentOf = async (projectId: string) => (await models(service, projectId)).map((model: { model: string; versions: { version: string; current: boolean }[] }) =>
  `${model.model} ${model.versions.filter((version) => version.current).map((version) => version.version).join()}`.trim());
const vote = (projectId: string, count: number, from = 0) => service.data(
  `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`,
  { input: { projectId, votes: Array.from({ length: count }, (_, n) => ({ item: `v${n + from}`, annotator: 'ann', class: 'a' })) } });
const scoringVersion = async (projectId: string) => (await service.source.query(`select scoring_version as version from projects where id = $1`, [numbersOf(projectId)[0]]))[0].version as number;

describe('submitPredictions', () => {
  it('keeps every number to the bit, and shows them with the item', async () => {
    const id = await service.newProject(abc);
    const rows = Array.from({ length: 500 }, (_, n) => ({ item: `i${n}`, probabilities: probabilitiesOf(n, 3) }));
    const { results } = await submitPredictions(service, id, rows);
    expect(results.map((result: { status: string }) => result.status)).toEqual(rows.map(() => 'CREATED'));
    for (const n of [0, 123, 499]) expect(await predictionsOf(service, id, `i${n}`)).toEqual([{ model: 'm', version: 'v1', probabilities: probabilitiesOf(n, 3) }]);
    expect(await models(service, id)).toEqual([{
      model: 'm', active: true, pinned: false,
      versions: [{ version: 'v1', rows: 500, outOfSample: true, trainingWatermark: null, votesSince: null, stale: null, complete: true, current: true }],
    }]);
  });

  it.each([
    ['too few numbers', [0.5, 0.5], 'WRONG_LENGTH', /2 probabilities for 3 classes; send one for each, in the order "a", "b", "c"/],
    ['too many numbers', [0.25, 0.25, 0.25, 0.25], 'WRONG_LENGTH', /4 probabilities for 3 classes/],
    ['none', [], 'WRONG_LENGTH', /0 probabilities for 3 classes/],
    ['a negative number', [-0.1, 0.6, 0.5], 'NOT_A_PROBABILITY', /the probability of class "a" is -0.1; send a number from 0 to 1/],
    ['a number above 1', [0, 0, 1.5], 'NOT_A_PROBABILITY', /class "c" is 1.5/],
    ['a sum of .9', [0.3, 0.3, 0.3], 'WRONG_SUM', /sum to 0\.89999\d*; they must sum to 1 within 1e-6: divide/],
    ['a sum just beyond the tolerance', [0.5, 0.25, 0.250002], 'WRONG_SUM', /sum to 1\.00000(19|2)/],
  ])('rejects a row with %s, and takes its neighbours', async (_, probabilities, code, message) => {
    const id = await service.newProject(abc);
    const { results } = await submitPredictions(service, id, [{ item: 'x', probabilities: [1, 0, 0] }, { item: 'y', probabilities }, { item: 'z', probabilities: [0, 0.5, 0.5000005] }]);
    expect(results).toEqual([
      { index: 0, status: 'CREATED', code: null, message: null },
      { index: 1, status: 'REJECTED', code, message: expect.stringMatching(message) },
      { index: 2, status: 'CREATED', code: null, message: null },
    ]);
    expect(await predictionsOf(service, id, 'y')).toEqual(null);
  });

  it('rejects ids that cannot be kept, and unknown items where the project makes none of itself', async () => {
    const id = await service.newProject({ ...abc, rules: { createUnknownItems: false } });
    await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "known" }] }) { results { status } } }`, { id });
    const row = (item: string) => ({ item, probabilities: [1, 0, 0] });
    const { results } = await submitPredictions(service, id, [row('known'), row('unknown'), row(''), row('a\u0000b')]);
    expect(results.map((result: { status: string; code: string | null }) => result.code ?? result.status)).toEqual(['CREATED', 'UNKNOWN_ITEM', 'INVALID_ID', 'INVALID_ID']);
    expect(results[1].message).toMatch(/item "unknown" is not in the project/);
  });

  it('makes no version of a call without one good row', async () => {
    const id = await service.newProject(abc);
    await submitPredictions(service, id, [{ item: 'x', probabilities: [1] }]);
    expect(await models(service, id)).toEqual([]);
  });

  it('never changes a row: the same numbers again are UNCHANGED, others are rejected, and a new version takes them', async () => {
    const id = await service.newProject(abc);
    await submitPredictions(service, id, [{ item: 'x', probabilities: [1, 0, 0] }, { item: 'y', probabilities: [0, 1, 0] }]);
    const again = [{ item: 'y', probabilities: [0, 1, 0] }, { item: 'x', probabilities: [0, 0, 1] }, { item: 'z', probabilities: [0, 0, 1] }];
    const { results } = await submitPredictions(service, id, again);
    expect(results.map((result: { status: string }) => result.status)).toEqual(['UNCHANGED', 'REJECTED', 'CREATED']);
    expect(results[1]).toMatchObject({ code: 'OTHER_NUMBERS', message: expect.stringMatching(/item "x" has other probabilities in version "v1" of model "m", and they never change; send a new version/) });
    expect((await submitPredictions(service, id, again, { version: 'v2' })).results.map((result: { status: string }) => result.status)).toEqual(['CREATED', 'CREATED', 'CREATED']);
    expect(await predictionsOf(service, id, 'x')).toEqual([{ model: 'm', version: 'v2', probabilities: [0, 0, 1] }]);
    expect((await models(service, id))[0].versions.map((one: { version: string; rows: number }) => [one.version, one.rows])).toEqual([['v2', 3], ['v1', 3]]);
  });

  it('takes the first of several rows of one item in a call, and measures the others by it', async () => {
    const id = await service.newProject(abc);
    const row = (probabilities: number[]) => ({ item: 'x', probabilities });
    const { results } = await submitPredictions(service, id, [row([1, 0, 0]), row([0, 1, 0]), row([1, 0, 0])]);
    expect(results.map((result: { status: string }) => result.status)).toEqual(['CREATED', 'REJECTED', 'UNCHANGED']);
  });

  it('takes both of two calls at once that make the version and share items', async () => {
    const id = await service.newProject(abc);
    const rows = (from: number) => Array.from({ length: 2000 }, (_, n) => ({ item: `i${from + n}`, probabilities: [1, 0, 0] }));
    const answers = await Promise.all([submitPredictions(service, id, rows(0)), submitPredictions(service, id, rows(1000).reverse())]);
    const statuses = answers.flatMap(({ results }) => results.map((result: { status: string }) => result.status));
    expect([statuses.filter((one) => one === 'CREATED').length, statuses.filter((one) => one === 'UNCHANGED').length]).toEqual([3000, 1000]);
    expect((await models(service, id))[0].versions[0].rows).toBe(3000);
  });

  it('replays the answer for the same idempotency key, and refuses another call with it', async () => {
    const id = await service.newProject(abc);
    const rows = [{ item: 'x', probabilities: [1, 0, 0] }];
    const first = await submitPredictions(service, id, rows, { idempotencyKey: 'p-1' });
    expect(await submitPredictions(service, id, rows, { idempotencyKey: 'p-1' })).toEqual({ ...first, replayed: true });
    expect((await refusal(service, id, rows, { idempotencyKey: 'p-1', version: 'v2' })).code).toBe('CONFLICT');
  });

  it.each([
    ['no rows', { rows: [] }, 'INVALID_INPUT', /input.rows is empty/],
    ['too many rows', { rows: Array.from({ length: 10_001 }, (_, n) => ({ item: `${n}`, probabilities: [1] })) }, 'LIMIT_EXCEEDED', /10001 rows/],
    ['an empty model', { model: '' }, 'INVALID_INPUT', /input.model ""/],
    ['a version of 2,000 bytes', { version: 'x'.repeat(2000) }, 'INVALID_INPUT', /input.version/],
    ['a training watermark of the future', { trainingWatermark: '999999999' }, 'INVALID_INPUT', /trainingWatermark 999999999 is no point of the vote log so far/],
    ['a negative training watermark', { trainingWatermark: '-1' }, 'INVALID_INPUT', /trainingWatermark is -1/],
  ])('refuses a call with %s', async (_, given, code, message) => {
    const id = await service.newProject(abc);
    const refused = await refusal(service, id, [{ item: 'x', probabilities: [1, 0, 0] }], given);
    expect(refused).toEqual({ code, message: expect.stringMatching(message) });
    expect(await models(service, id)).toEqual([]);
  });

  it('refuses another flag or training watermark for a version that is there, and a project that is archived', async () => {
    const id = await service.newProject(abc);
    await vote(id, 5);
    const rows = [{ item: 'x', probabilities: [1, 0, 0] }];
    await submitPredictions(service, id, rows, { outOfSample: false, trainingWatermark: '1' });
    expect(await refusal(service, id, rows, { outOfSample: true })).toEqual({ code: 'CONFLICT', message: expect.stringMatching(/was made with outOfSample false/) });
    expect(await refusal(service, id, rows, { trainingWatermark: '2' })).toEqual({ code: 'CONFLICT', message: expect.stringMatching(/was made with trainingWatermark 1/) });
    expect((await submitPredictions(service, id, rows)).results[0].status).toBe('UNCHANGED');
    expect((await models(service, id))[0].versions[0]).toMatchObject({ outOfSample: false, trainingWatermark: '1' });
    await service.data(`mutation ($id: ID!) { archiveProject(input: { id: $id }) { project { id } } }`, { id });
    expect((await refusal(service, id, rows)).code).toBe('CONFLICT');
  });

  it('takes 100 models, and no more', async () => {
    const id = await service.newProject(abc);
    const rows = [{ item: 'x', probabilities: [1, 0, 0] }];
    for (let n = 0; n < 100; n++) await submitPredictions(service, id, rows, { model: `m${n}` });
    expect(await refusal(service, id, rows, { model: 'one more' })).toEqual({ code: 'LIMIT_EXCEEDED', message: expect.stringMatching(/has 100 models already/) });
    expect((await submitPredictions(service, id, rows, { model: 'm5', version: 'v2' })).results[0].status).toBe('CREATED');
  });
});

describe('the current version', () => {
  const rows = [{ item: 'x', probabilities: [1, 0, 0] }];

  it('is the newest complete one of each active model, until another is chosen', async () => {
    const id = await service.newProject(abc);
    for (const [model, version] of [['m', 'v1'], ['n', 'w1'], ['m', 'v2']]) await submitPredictions(service, id, rows, { model, version });
    expect(await currentOf(id)).toEqual(['m v2', 'n w1']);
    await submitPredictions(service, id, rows, { version: 'v3', complete: false });
    expect(await currentOf(id)).toEqual(['m v2', 'n w1']);
    await submitPredictions(service, id, [{ item: 'y', probabilities: [1, 0, 0] }], { version: 'v3' });
    expect(await currentOf(id)).toEqual(['m v3', 'n w1']);
    expect((await setVersion(id, 'm', 'v1')).data.setPredictionVersion.predictionModel).toEqual({ model: 'm', active: true, pinned: true });
    await submitPredictions(service, id, rows, { version: 'v4' });
    expect(await currentOf(id)).toEqual(['m v1', 'n w1']);
    expect((await setVersion(id, 'm', null)).data.setPredictionVersion.predictionModel.pinned).toBe(false);
    expect(await currentOf(id)).toEqual(['m v4', 'n w1']);
  });

  it('is none of a removed model, whatever versions come, until one is chosen', async () => {
    const id = await service.newProject(abc);
    await submitPredictions(service, id, rows);
    expect((await remove(id, 'm')).data.removePredictionModel.predictionModel).toEqual({ model: 'm', active: false, pinned: false });
    await submitPredictions(service, id, rows, { version: 'v2' });
    expect(await currentOf(id)).toEqual(['m']);
    expect(await predictionsOf(service, id, 'x')).toEqual([]);
    await setVersion(id, 'm', null);
    expect(await currentOf(id)).toEqual(['m v2']);
  });

  it('is not changed for a model or version that is not there, nor by a key without project:admin', async () => {
    const id = await service.newProject(abc);
    await submitPredictions(service, id, rows);
    for (const answer of [await setVersion(id, 'other', null), await setVersion(id, 'm', 'v9'), await remove(id, 'other')]) expect(answer.errors![0]!.extensions.code).toBe('NOT_FOUND');
    const key = await service.newKey({ scopes: ['votes:write', 'results:read'] });
    expect((await service.graphql(CHANGE('removePredictionModel'), { input: { projectId: id, model: 'm' } }, { key })).errors![0]!.extensions.code).toBe('FORBIDDEN');
    expect(await currentOf(id)).toEqual(['m v1']);
  });

  it('has everything scored anew once a call where it changes or grows, and not where another version does', async () => {
    const id = await service.newProject(abc);
    const raised = async (work: () => Promise<unknown>) => {
      const before = await scoringVersion(id);
      await work();
      return await scoringVersion(id) - before;
    };
    expect(await raised(() => submitPredictions(service, id, rows))).toBe(1);
    expect(await raised(() => submitPredictions(service, id, rows, { version: 'v2', complete: false }))).toBe(0);
    expect(await raised(() => submitPredictions(service, id, [{ item: 'y', probabilities: [0, 0, 1] }]))).toBe(1);
    expect(await raised(() => setVersion(id, 'm', 'v2'))).toBe(1);
    expect(await raised(() => submitPredictions(service, id, [{ item: 'z', probabilities: [0, 0, 1] }], { version: 'v1' }))).toBe(0);
    expect(await raised(() => remove(id, 'm'))).toBe(1);
  });

  it('leaves a line in the audit log whenever somebody makes, chooses or removes one', async () => {
    const id = await service.newProject(abc);
    await submitPredictions(service, id, rows);
    await setVersion(id, 'm', 'v1');
    await remove(id, 'm');
    const lines = await service.source.query(`select action from audit_log where project_id = $1 order by id`, [numbersOf(id)[0]]);
    expect(lines.map((line: { action: string }) => line.action)).toEqual(['createProject', 'makePredictionVersion', 'setPredictionVersion', 'removePredictionModel']);
  });
});

describe('a stale version', () => {
  it('is one whose training watermark has more votes after it than the project allows, ended ones counting again', async () => {
    const id = await service.newProject({ ...abc, rules: { predictionStaleVotes: 10 } });
    await vote(id, 20);
    const [{ watermark }] = await service.source.query(`select max(seq) as watermark from votes where project_id = $1`, [numbersOf(id)[0]]);
    await vote(id, 4, 20);
    const rows = [{ item: 'x', probabilities: [1, 0, 0] }];
    await submitPredictions(service, id, rows, { trainingWatermark: String(watermark) });
    const seen = async () => { const [{ versions: [version] }] = await models(service, id); return [version.votesSince, version.stale]; };
    expect(await seen()).toEqual([4, false]);
    await vote(id, 6, 24);
    expect(await seen()).toEqual([10, false]);
    await vote(await service.newProject(abc), 100);
    expect(await seen()).toEqual([10, false]);
    // Another answer ends the one before it: two events.
    await service.data(`mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "v0", annotator: "ann", class: "b" }] }) { replayed } }`, { id });
    expect(await seen()).toEqual([12, true]);
    await service.data(`mutation ($id: ID!) { withdrawVotes(input: { projectId: $id, votes: [{ item: "v1", annotator: "ann" }] }) { replayed } }`, { id });
    expect(await seen()).toEqual([13, true]);
    await submitPredictions(service, id, rows, { version: 'v2', trainingWatermark: String(watermark) });
    expect(await seen()).toEqual([13, true]);
    await service.data(`mutation ($id: ID!) { updateProject(input: { id: $id, rules: { predictionStaleVotes: 13 } }) { project { predictionStaleVotes } } }`, { id });
    expect(await seen()).toEqual([13, false]);
  });
});
