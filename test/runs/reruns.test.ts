import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workDue } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { endless, numbersOf, runToEnd, startRun, submit, untilRun } from './crowd.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

interface ListedRun {
  id: string;
  origin: string;
  status: string;
  method: string;
  options: object;
  voteCount: number | null;
  failure: string | null;
}

async function runsOf(projectId: string): Promise<ListedRun[]> {
  const { project } = await service.data(
    `query ($id: ID!) { project(id: $id) { runs { nodes { id origin status method options voteCount failure } } } }`, { id: projectId });
  return project.runs.nodes;
}

/** Waits until so many runs of the project have ended. */
async function untilEnded(projectId: string, count: number): Promise<ListedRun[]> {
  return until(async () => {
    const runs = await runsOf(projectId);
    return runs.filter((run) => !['QUEUED', 'RUNNING'].includes(run.status)).length >= count && runs;
  }, `${count} runs`);
}

async function setRule(projectId: string, rerunEverySeconds: number | null): Promise<void> {
  await service.data(`mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { id } } }`, { input: { id: projectId, rules: { rerunEverySeconds } } });
}

/** That the rules start nothing now, nor within so many seconds if nothing happens. */
async function expectNoneDue(aheadSeconds = 60): Promise<void> {
  expect(await workDue(service, { aheadSeconds })).not.toContain('sweep automatic runs');
}

const votes = (from: number, count: number, label = 'a') =>
  Array.from({ length: count }, (_, n) => ({ item: `item ${from + n}`, annotator: `annotator ${n % 3}`, class: label }));

describe('a project that runs every 10 votes', () => {
  it('runs by its default method once 10 votes are new, not before, and counts changed and withdrawn votes too', async () => {
    const projectId = await service.newProject({ classes: ['a', 'b'], rules: { rerunEveryVotes: 10, defaultMethod: 'dawid-skene', defaultOptions: { smoothing: 1 } } });
    await submit(service, projectId, votes(0, 9));
    await expectNoneDue();
    expect(await runsOf(projectId)).toEqual([]);
    await submit(service, projectId, votes(9, 1));
    const [first] = await untilEnded(projectId, 1);
    expect(first).toMatchObject({ origin: 'RULE', status: 'SUCCEEDED', method: 'dawid-skene', options: expect.objectContaining({ smoothing: 1 }), voteCount: 10 });
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { currentRun { id } softLabels { nodes { consensus } } } }`, { id: projectId });
    expect(project.currentRun.id).toBe(first!.id);
    expect(project.softLabels.nodes).toHaveLength(10);

    // Each superseded vote is one that ended and one that came: two changes.
    await submit(service, projectId, votes(0, 5, 'b'));
    const runs = await untilEnded(projectId, 2);
    expect(runs[0]).toMatchObject({ origin: 'RULE', voteCount: 10 });
    await expectNoneDue();
    expect(await runsOf(projectId)).toHaveLength(2);
  });
});

describe('a project that runs every second', () => {
  it('runs again only when something has changed, and never while a run is under way', async () => {
    const projectId = await service.newProject({ classes: ['a', 'b'], rules: { rerunEverySeconds: 1, defaultMethod: 'majority-vote' } });
    await expectNoneDue();
    expect(await runsOf(projectId)).toEqual([]);
    // Enough votes that a million iterations over them outlast the test; while they come in, no rule stands.
    await setRule(projectId, null);
    await submit(service, projectId, votes(0, 20_000));
    await setRule(projectId, 1);
    await untilEnded(projectId, 1);
    await expectNoneDue();
    expect(await runsOf(projectId)).toHaveLength(1);

    const busy = await startRun(service, projectId, endless);
    await untilRun(service, busy, (run) => (run.iteration ?? 0) > 0);
    await submit(service, projectId, votes(20_000, 1));
    await expectNoneDue();
    expect(await runsOf(projectId)).toHaveLength(2);
    await service.data(`mutation ($id: ID!) { cancelRun(input: { id: $id }) { run { id } } }`, { id: busy });
    const runs = await untilEnded(projectId, 3);
    expect(runs[0]).toMatchObject({ origin: 'RULE', status: 'SUCCEEDED', voteCount: 20_001 });
  });

  it('starts nothing for an archived project', async () => {
    const projectId = await service.newProject({ classes: ['a', 'b'], rules: { rerunEverySeconds: 1 } });
    await submit(service, projectId, votes(0, 1));
    await service.data(`mutation ($id: ID!) { archiveProject(input: { id: $id }) { project { id } } }`, { id: projectId });
    await expectNoneDue();
    const before = (await runsOf(projectId)).length;
    await expectNoneDue();
    expect(await runsOf(projectId)).toHaveLength(before);
  });
});

it('a rule whose method fails says so in the run, and does not fail again each second', async () => {
  const projectId = await service.newProject({ classes: ['a', 'b'], rules: { rerunEveryVotes: 1 } });
  // As after an upgrade that renamed an option.
  await service.source.query(`update projects set default_options = '{"velocity": 1}' where id = $1`, numbersOf(projectId));
  await submit(service, projectId, votes(0, 1));
  await untilEnded(projectId, 1);
  // Later runs wait a minute from its end, by the database's clock.
  await service.source.query(`update runs set finished_at = clock_timestamp() where project_id = $1`, numbersOf(projectId));
  await submit(service, projectId, votes(1, 1));
  await expectNoneDue(0);
  expect(await workDue(service)).toContain('sweep automatic runs');
  const runs = await runsOf(projectId);
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({ status: 'FAILED', failure: expect.stringMatching(/no option "velocity"/) });
});

it("an automatic run's results go an hour after it ended, unless it is current; named, it says how to have them back", async () => {
  const projectId = await service.newProject({ classes: ['a', 'b'], rules: { rerunEveryVotes: 3, defaultMethod: 'majority-vote' } });
  await submit(service, projectId, votes(0, 3));
  const [old] = await untilEnded(projectId, 1);
  const asked = await runToEnd(service, projectId, { method: 'majority-vote' });
  await submit(service, projectId, votes(3, 3));
  const [current] = await untilEnded(projectId, 3);
  await service.source.query(`update runs set finished_at = now() - interval '61 minutes' where project_id = $1`, numbersOf(projectId));
  const labels = (run: string) => service.graphql(`query ($id: ID!, $run: ID!) { project(id: $id) { softLabels(run: $run) { nodes { votes } } } }`, { id: projectId, run });
  await expect.poll(async () => (await labels(old!.id)).errors?.[0]).toMatchObject({
    message: expect.stringMatching(/were dropped at .*start it again with watermark \d+/), extensions: { code: 'CONFLICT' },
  });
  const left = await service.source.query(`select distinct run_id as id from label_blocks where project_id = $1 order by 1`, numbersOf(projectId));
  expect(left.map((row: { id: number }) => row.id)).toEqual([numbersOf(asked.id)[1], numbersOf(current!.id)[1]]);
  expect((await service.graphql(`mutation ($id: ID!) { setCurrentRun(input: { id: $id }) { run { id } } }`, { id: old!.id })).errors![0]!.extensions.code).toBe('CONFLICT');
});
