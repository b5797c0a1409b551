import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server } from '../setup/process.js';
import { until } from '../setup/until.js';
import { numbersOf } from './crowd.js';

let server: Server;
beforeAll(async () => {
  server = await Server.make();
  await server.start(['--empty']);
});
afterAll(() => server.remove());

const START = `mutation ($id: ID!, $method: String!, $options: JSON) { startRun(input: { projectId: $id, method: $method, options: $options }) { run { id } } }`;

async function counted(): Promise<Map<string, number>> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const counts = new Map<string, number>();
  for (const [, status, count] of text.matchAll(/^assay_runs_total\{.*status="(\w+)".*\} (\d+)$/gm)) counts.set(status!, (counts.get(status!) ?? 0) + Number(count));
  return counts;
}

/** How often each message about runs stands in the log, and the runs it names. */
function logged(message: string): string[] {
  return server.output().split('\n').filter((line) => line.includes(`"msg":"${message}"`)).map((line) => String((JSON.parse(line) as { runId: number }).runId));
}

describe('the end of a run', () => {
  it('is logged and counted once, whoever hears of it first: 100 runs, failures and a cancelled one', async () => {
    const { createProject } = await server.data(`mutation { createProject(input: { name: "small", classes: ["a", "b", "c"] }) { project { id } } }`);
    const { id } = createProject.project;
    const votes = ['x', 'y', 'z'].flatMap((annotator) => ['1', '2', '3', '4'].map((item) => ({ item, annotator, class: annotator === 'z' ? 'b' : 'a' })));
    await server.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: id, votes } });

    const start = async (method: string, options: object = {}): Promise<string> => (await server.data(START, { id, method, options })).startRun.run.id;
    const runs: string[] = [];
    for (let batch = 0; batch < 10; batch++) runs.push(...await Promise.all(Array.from({ length: 10 }, () => start('majority-vote'))));
    // Refused by the method itself, on its thread: it takes its weights from gold, and there is none.
    await Promise.all([1, 2, 3].map(() => start('soft-label-mean', { combine: 'weighted' })));
    const left = async () => (await server.data(`query ($id: ID!) { project(id: $id) { runs(first: 200) { nodes { id status } } } }`, { id })).project.runs.nodes
      .filter((run: { status: string }) => ['QUEUED', 'RUNNING'].includes(run.status)).length;
    // However long a hundred take: each is waited for alone.
    for (let waiting = Infinity; waiting > 0;) {
      const fewer = await until(async () => {
        const now = await left();
        return now < waiting && { now };
      }, 'the end of another run');
      waiting = fewer.now;
    }
    // Behind the others, whose thread and core it would take: votes enough that a million passes outlast any wait.
    const large = (await server.data(`mutation { createProject(input: { name: "large", classes: ["a", "b", "c"] }) { project { id } } }`)).createProject.project.id;
    for (const annotator of ['x', 'y', 'z']) {
      const many = Array.from({ length: 8000 }, (_, item) => ({ item: String(item), annotator, class: 'abc'[item % 3]! }));
      await server.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: large, votes: many } });
    }
    const endless = (await server.data(START, { id: large, method: 'dawid-skene', options: { tolerance: 0, maxIterations: 1_000_000 } })).startRun.run.id;
    await until(async () => (await server.data(`query ($id: ID!) { run(id: $id) { status } }`, { id: endless })).run.status === 'RUNNING', 'the run that will be cancelled');
    await server.data(`mutation ($run: ID!) { cancelRun(input: { id: $run }) { run { status } } }`, { run: endless });

    // The worker speaks right after the row does.
    await until(() => logged('a run succeeded').length >= 100 && logged('a run failed').length >= 3 && logged('a run was cancelled').length >= 1, 'a line for each end');
    expect([new Set(logged('a run succeeded')).size, logged('a run succeeded').length]).toEqual([100, 100]);
    expect(new Set(logged('a run succeeded'))).toEqual(new Set(runs.map((run) => String(numbersOf(run)[1]))));
    expect(logged('a run failed')).toHaveLength(3);
    expect(logged('a run was cancelled')).toHaveLength(1);
    expect(Object.fromEntries(await counted())).toEqual({ SUCCEEDED: 100, FAILED: 3, CANCELLED: 1 });
  }, 900_000);
});
