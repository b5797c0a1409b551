import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aggregate, VoteTable } from '../../src/aggregation/index.js';
import { Compute } from '../../src/compute/compute.service.js';
import type { RunTaskInput } from '../../src/runs/running/run.task.js';
import { RunsStore } from '../../src/runs/runs.store.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { codes, ended, endless, manyVotes, newCrowd, numbersOf, readRun, runToEnd, startRun, storedBits, storedLabels, submit, untilRun } from './crowd.js';

const START = `mutation ($input: StartRunInput!) { startRun(input: $input) { replayed run { id status } } }`;
const CANCEL = `mutation ($id: ID!) { cancelRun(input: { id: $id }) { run { id status finishedAt } } }`;
const SET_CURRENT = `mutation ($id: ID!) { setCurrentRun(input: { id: $id }) { run { id } } }`;
const CURRENT = `query ($id: ID!) { project(id: $id) { currentRun { id } } }`;

let service: Service;
let crowd: Awaited<ReturnType<typeof newCrowd>>;
beforeAll(async () => {
  service = await startService();
  crowd = await newCrowd(service, { items: 60, annotators: 9, classes: 3, votesPerItem: 4 });
});
afterAll(() => service.stop());

const currentRun = async (id: string) => (await service.data(CURRENT, { id })).project.currentRun?.id ?? null;

describe('startRun', () => {
  it("gives the library's own result, to the bit, and makes it current", async () => {
    const run = await runToEnd(service, crowd.projectId, { method: 'dawid-skene', options: { tolerance: 1e-9 }, seed: 3 });
    const { items, annotators } = await codes(service, crowd.projectId);
    const table = new VoteTable({
      items: crowd.votes.map((vote) => items.indexOf(vote.item)), annotators: crowd.votes.map((vote) => annotators.indexOf(vote.annotator)),
      classes: crowd.columns.classes, itemCount: items.length, annotatorCount: annotators.length, classCount: 3,
    });
    const expected = aggregate(table, 'dawid-skene', { options: { tolerance: 1e-9 }, seed: 3 });
    const labels = await storedLabels(service, run.id, 3);
    expect(labels.flatMap((label) => label.probabilities)).toEqual(Array.from(expected.posteriors));
    const quality = await service.source.query<{ quality: number }[]>(`select quality from annotator_results order by annotator_code`);
    expect(quality.map((row) => row.quality)).toEqual(Array.from(expected.annotatorQuality!));
    expect(run).toMatchObject({
      method: 'dawid-skene', methodVersion: expect.any(Number), seed: 3, status: 'SUCCEEDED', attempt: 1, phase: 'done', origin: 'REQUEST',
      options: expect.objectContaining({ tolerance: 1e-9, maxIterations: expect.any(Number), smoothing: 0 }),
      voteCount: crowd.votes.length, itemCount: items.length, annotatorCount: annotators.length, failure: null,
    });
    expect(run.diagnostics).toMatchObject({ iterations: expected.diagnostics.iterations, converged: true, ties: expected.diagnostics.ties });
    expect(run.diagnostics.logLikelihoodTrace).toEqual(expected.diagnostics.trace);
    expect(run.classPriors.map((prior: { class: string }) => prior.class)).toEqual(crowd.classes);
    expect(run.classPriors.reduce((sum: number, prior: { probability: number }) => sum + prior.probability, 0)).toBeCloseTo(1, 12);
    expect(Object.keys(run.seconds).sort()).toEqual(['aggregate', 'snapshot', 'sort', 'store']);
    expect(await currentRun(crowd.projectId)).toBe(run.id);
  });

  it('gives the same bits for the same watermark, options and seed, though votes came, changed and went meanwhile', async () => {
    const { projectId, votes, classes } = await newCrowd(service, { items: 40, annotators: 6, classes: 3, votesPerItem: 3 }, 7);
    const first = await runToEnd(service, projectId);
    // New items and annotators, other answers to old ones, and withdrawals.
    await submit(service, projectId, votes.slice(0, 30).map((vote) => ({ ...vote, class: classes[(classes.indexOf(vote.class) + 1) % 3]! })));
    await submit(service, projectId, [{ item: 'late', annotator: 'late', class: classes[0]! }]);
    await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed } }`,
      { input: { projectId, votes: votes.slice(40, 50).map(({ item, annotator }) => ({ item, annotator })) } });
    const again = await runToEnd(service, projectId, { watermark: first.watermark, makeCurrent: false });
    const now = await runToEnd(service, projectId);
    expect(again).toMatchObject({ watermark: first.watermark, itemCount: first.itemCount, annotatorCount: first.annotatorCount, voteCount: first.voteCount });
    expect(await storedBits(service, again.id)).toEqual(await storedBits(service, first.id));
    expect(await storedBits(service, now.id)).not.toEqual(await storedBits(service, first.id));
    expect(now.voteCount).toBe(first.voteCount + 1 - 10);
    expect(await currentRun(projectId)).toBe(now.id);
  });

  it('reads a watermark between two runs the same way each time', async () => {
    const { projectId } = await newCrowd(service, { items: 10, annotators: 4, classes: 2, votesPerItem: 2 }, 9);
    const { watermark } = await runToEnd(service, projectId);
    const between = String(Number(watermark) - 5);
    const one = await runToEnd(service, projectId, { watermark: between });
    const two = await runToEnd(service, projectId, { watermark: between });
    expect(one.voteCount).toBe(15);
    expect(await storedBits(service, one.id)).toEqual(await storedBits(service, two.id));
  });

  it("takes the project's default method and options where none is named", async () => {
    const projectId = await service.newProject({ classes: ['a', 'b'], rules: { defaultMethod: 'dawid-skene', defaultOptions: { smoothing: 0.5 } } });
    await submit(service, projectId, [{ item: 'x', annotator: 'y', class: 'b' }]);
    expect((await runToEnd(service, projectId)).options).toMatchObject({ smoothing: 0.5 });
    expect((await runToEnd(service, projectId, { options: {} })).options).toMatchObject({ smoothing: 0 });
    expect(await runToEnd(service, projectId, { method: 'majority-vote' })).toMatchObject({ method: 'majority-vote', classPriors: [{ probability: 0 }, { probability: 1 }] });
  });

  it('runs an earlier version where one is named, as it is listed, and refuses one there is not', async () => {
    const { aggregationMethods } = await service.data(`{ aggregationMethods { id version versions } }`, {});
    expect(aggregationMethods).toContainEqual({ id: 'soft-label-mean', version: 2, versions: [1, 2] });
    const before = await runToEnd(service, crowd.projectId, { method: 'soft-label-mean', methodVersion: 1, makeCurrent: false });
    expect(before).toMatchObject({ methodVersion: 1, options: { methods: 'six', combine: 'mean', temperature: 1.4, floor: 0.02 } });
    const same = await runToEnd(service, crowd.projectId, { method: 'soft-label-mean', options: { methods: 'six', rho: 0, temperature: 1.4 }, watermark: before.watermark, makeCurrent: false });
    expect(same.methodVersion).toBe(2);
    expect(await storedBits(service, same.id)).toEqual(await storedBits(service, before.id));
    const { errors } = await service.graphql(START, { input: { projectId: crowd.projectId, method: 'soft-label-mean', methodVersion: 9 } });
    expect(errors![0]).toMatchObject({ message: expect.stringContaining('no version 9 of soft-label-mean here; there are: 1, 2'), extensions: { field: 'input.methodVersion' } });
  });

  it('starts once for one idempotency key, and refuses another request under it', async () => {
    const input = { projectId: crowd.projectId, method: 'majority-vote', idempotencyKey: 'once' };
    const [first, second] = await Promise.all([service.data(START, { input }), service.data(START, { input })]);
    expect(first.startRun.run.id).toBe(second.startRun.run.id);
    expect([first.startRun.replayed, second.startRun.replayed].sort()).toEqual([false, true]);
    const other = await service.graphql(START, { input: { ...input, seed: 1 } });
    expect(other.errors![0]).toMatchObject({ extensions: { code: 'CONFLICT' } });
  });

  it.each([
    ['an unknown method', { method: 'guess' }, /no method "guess"; there are: .*majority-vote/, 'input.method'],
    ['an unknown option', { method: 'dawid-skene', options: { speed: 9 } }, /no option "speed".*tolerance/, 'input.options'],
    ['an option out of range', { method: 'dawid-skene', options: { tolerance: -1 } }, /tolerance is -1; it must be from 0 to 1/, 'input.options'],
    ['options that are a list', { options: [1] }, /object of options/, 'input.options'],
    ['a negative seed', { seed: -1 }, /input\.seed is -1/, 'input.seed'],
    ['a watermark of the future', { watermark: '999999999' }, /votes go from 0 to/, 'input.watermark'],
    ['a negative watermark', { watermark: '-1' }, /votes go from 0 to/, 'input.watermark'],
    ['a method for two classes only', { method: 'kos' }, /takes at most 2 classes/, 'input.method'],
    ['a method that needs predictions', { method: 'crowdlab' }, /needs predictions of a model.*dawid-skene/, 'input.method'],
  ])('refuses %s', async (_, input, message, field) => {
    const { errors } = await service.graphql(START, { input: { projectId: crowd.projectId, ...input } });
    expect(errors![0]!.message).toMatch(message);
    expect(errors![0]!.extensions).toMatchObject({ code: 'INVALID_INPUT', field });
  });

  it('refuses an archived project, and a key without the scope', async () => {
    const projectId = await service.newProject();
    await service.data(`mutation ($id: ID!) { archiveProject(input: { id: $id }) { project { id } } }`, { id: projectId });
    expect((await service.graphql(START, { input: { projectId } })).errors![0]!.extensions.code).toBe('CONFLICT');
    const reader = await service.newKey({ scopes: ['results:read', 'votes:write'] });
    expect((await service.graphql(START, { input: { projectId: crowd.projectId } }, { key: reader })).errors![0]!.extensions.code).toBe('FORBIDDEN');
  });

  it('fails in words where there is no vote', async () => {
    const projectId = await service.newProject();
    const run = await untilRun(service, await startRun(service, projectId), ended);
    expect(run).toMatchObject({ status: 'FAILED', failure: expect.stringMatching(/needs at least one vote/), diagnostics: null, attempt: 1 });
    expect(await currentRun(projectId)).toBeNull();
  });
});

describe('cancelRun', () => {
  let large: string;
  beforeAll(async () => { large = (await newCrowd(service, manyVotes)).projectId; });

  it('ends a run under way, without results, and frees its worker', async () => {
    const id = await startRun(service, large, endless);
    await untilRun(service, id, (run) => (run.iteration ?? 0) > 0);
    const before = await currentRun(large);
    expect((await service.data(CANCEL, { id })).cancelRun.run).toMatchObject({ status: 'CANCELLED', finishedAt: expect.any(String) });
    await expect.poll(() => service.source.query(`select 1 from pg_stat_activity where application_name = 'assay run' and datname = current_database()`)).toEqual([]);
    const run = await readRun(service, id);
    expect(run).toMatchObject({ status: 'CANCELLED', diagnostics: null });
    expect(await storedBits(service, id)).toEqual({ softLabels: [], annotators: [] });
    expect(await currentRun(large)).toBe(before);
    await runToEnd(service, large, { method: 'majority-vote' });
  });

  it('cancels a run that waits, answers the same when asked again, and refuses one that has ended', async () => {
    const busy = [await startRun(service, large, endless), await startRun(service, large, endless)];
    for (const id of busy) await untilRun(service, id, (run) => run.status === 'RUNNING');
    const waiting = await startRun(service, large);
    expect((await readRun(service, waiting)).status).toBe('QUEUED');
    for (let n = 0; n < 2; n++) expect((await service.data(CANCEL, { id: waiting })).cancelRun.run.status).toBe('CANCELLED');
    for (const id of busy) await service.data(CANCEL, { id });
    const done = await runToEnd(service, crowd.projectId, { method: 'majority-vote' });
    const { errors } = await service.graphql(CANCEL, { id: done.id });
    expect(errors![0]).toMatchObject({ message: 'the run has succeeded already', extensions: { code: 'CONFLICT' } });
    expect((await readRun(service, waiting)).attempt).toBe(0);
  });
});

describe('the current run', () => {
  it('is the one asked for last, though an earlier one ends later', async () => {
    const slow = await startRun(service, crowd.projectId, { method: 'dawid-skene', options: { tolerance: 0, maxIterations: 40_000 } });
    await untilRun(service, slow, (run) => run.status === 'RUNNING');
    const quick = await runToEnd(service, crowd.projectId, { method: 'majority-vote' });
    expect(await currentRun(crowd.projectId)).toBe(quick.id);
    await untilRun(service, slow, ended);
    expect(await currentRun(crowd.projectId)).toBe(quick.id);
    await service.data(SET_CURRENT, { id: slow });
    expect(await currentRun(crowd.projectId)).toBe(slow);
  });

  it('cannot be one without results', async () => {
    const id = await startRun(service, crowd.projectId, endless);
    expect((await service.graphql(SET_CURRENT, { id })).errors![0]).toMatchObject({ message: expect.stringMatching(/has no results/), extensions: { code: 'CONFLICT' } });
    await service.data(CANCEL, { id });
  });
});

it("another workspace's run is as absent as one that never was", async () => {
  const { id } = await runToEnd(service, crowd.projectId, { method: 'majority-vote' });
  const foreign = await service.newKey({ workspaceId: await service.newWorkspace() });
  const absent = Buffer.from('Run:1:999999').toString('base64url');
  for (const query of ['query ($id: ID!) { run(id: $id) { id } }', 'query ($id: ID!) { node(id: $id) { id } }', CANCEL, SET_CURRENT]) {
    const answer = await service.graphql(query, { id }, { key: foreign });
    const never = await service.graphql(query, { id: absent });
    expect(answer.errors![0]!.extensions.code).toBe('NOT_FOUND');
    expect(answer.errors![0]!.message.replace(id, '')).toBe(never.errors![0]!.message.replace(absent, ''));
  }
  expect((await service.data('query ($id: ID!) { node(id: $id) { __typename id } }', { id })).node).toEqual({ __typename: 'Run', id });
});

it('runs are paged newest first, and leave a line in the audit log', async () => {
  const projectId = await service.newProject();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.unshift(await startRun(service, projectId, { seed: n }));
  const PAGE = `query ($id: ID!, $after: String) { project(id: $id) { runs(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }`;
  const seen: string[] = [];
  for (let after: string | null = null, more = true; more;) {
    const runs: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } = (await service.data(PAGE, { id: projectId, after })).project.runs;
    seen.push(...runs.nodes.map((run) => run.id));
    ({ hasNextPage: more, endCursor: after } = runs.pageInfo);
  }
  expect(seen).toEqual(ids);
  const audit = await service.source.query(`select count(*)::int as n from audit_log where action = 'startRun' and project_id = $1`, numbersOf(projectId));
  expect(audit).toEqual([{ n: 5 }]);
});

/** Of what was given to threads, this crowd's runs by majority vote. */
function runsIn(calls: Parameters<Compute['run']>[]): Parameters<Compute['run']>[0][] {
  return calls.map(([task]) => task).filter(({ module, input }) => {
    const { methodId, lease } = input as Partial<RunTaskInput>;
    return module.pathname.includes('run.task') && methodId === 'majority-vote' && lease!.projectId === numbersOf(crowd.projectId)[0];
  });
}

describe('small runs one after another', () => {
  it('may share a thread: none is ended by the success of its own run, which would be most of what the next one costs', async () => {
    const started = vi.spyOn(service.app.get(Compute), 'run');
    const pulses = vi.spyOn(service.app.get(RunsStore), 'beat');
    for (let n = 0; n < 20; n++) await runToEnd(service, crowd.projectId, { method: 'majority-vote', makeCurrent: false });
    // Each says at least once where it is: those who then find that it is over are told apart from those whose run was taken.
    expect(pulses.mock.calls.length).toBeGreaterThan(0);
    const runs = runsIn(started.mock.calls);
    expect(runs).toHaveLength(20);
    expect(runs.filter(({ signal }) => signal!.aborted)).toEqual([]);
    started.mockRestore();
    pulses.mockRestore();
  });

  it('keep their thread though a beat comes after the commit', async () => {
    const store = service.app.get(RunsStore);
    const started = vi.spyOn(service.app.get(Compute), 'run');
    // As on a machine so busy that each beat comes late: nothing is held any more.
    const late = vi.spyOn(store, 'beat').mockImplementation(async (lease) => {
      await until(() => store.secondsOfSuccess(lease), 'the commit');
      return false;
    });
    await runToEnd(service, crowd.projectId, { method: 'majority-vote', makeCurrent: false });
    await until(() => late.mock.results.length > 0, 'a beat');
    await Promise.all(late.mock.results.map(({ value }) => value as Promise<boolean>));
    const [run] = runsIn(started.mock.calls);
    expect(run!.signal!.aborted).toBe(false);
    started.mockRestore();
    late.mockRestore();
  });
});
