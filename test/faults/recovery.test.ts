import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../src/aggregation/index.js';
import { run as runTask } from '../../src/runs/running/run.task.js';
import { startService, type Service } from '../setup/service.js';
import { ended, newCrowd, numbersOf, readRun, startRun, storedBits, storedLabels, untilRun } from '../runs/crowd.js';

/** Some seconds of work. */
const long = { method: 'dawid-skene', options: { tolerance: 0, maxIterations: 15_000 }, seed: 1 };

let service: Service;
let projectId: string;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  service = await startService({ ASSAY_WORK: 'false' });
  ({ projectId } = await newCrowd(service, { items: 200, annotators: 15, classes: 4, votesPerItem: 5 }));
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await kill(worker, 'SIGKILL');
});
afterAll(() => service.stop());

/** A worker process as it is deployed. */
async function startWorker(): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [fileURLToPath(new URL('../../dist/src/worker.js', import.meta.url))], {
    env: { ...process.env, NODE_ENV: 'test', DATABASE_URL: service.databaseUrl, LOG_LEVEL: 'info' }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  workers.push(worker);
  await new Promise<void>((resolve, reject) => {
    worker.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('"working"') && resolve());
    worker.once('exit', (code) => reject(new Error(`the worker ended with code ${code} before it worked`)));
  });
  return worker;
}

async function kill(worker: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (worker.exitCode != null || worker.signalCode != null) return;
  const gone = once(worker, 'exit');
  worker.kill(signal);
  await gone;
}

const current = async () => (await service.data(`query ($id: ID!) { project(id: $id) { currentRun { id } } }`, { id: projectId })).project.currentRun?.id;
const underWay = (run: { status: string; iteration: number | null }) => run.status === 'RUNNING' && (run.iteration ?? 0) > 0;
/** As if its holder had been silent for longer than a lease. */
const endLease = (id: string) => service.source.query(`update runs set lease_until = now() - interval '1 second' where project_id = $1 and id = $2`, numbersOf(id));

describe('a run whose worker is killed', () => {
  it('is done by another within a minute, from the same votes, once', async () => {
    const first = await startWorker();
    const id = await startRun(service, projectId, long);
    const { watermark } = await untilRun(service, id, underWay) as { watermark?: string };
    await kill(first, 'SIGKILL');
    const killedAt = Date.now();
    await startWorker();
    const run = await untilRun(service, id, ended);
    expect(Date.now() - killedAt).toBeLessThan(60_000);
    expect(run).toMatchObject({ status: 'SUCCEEDED', attempt: 2, watermark });
    expect(await current()).toBe(id);
    expect(await storedLabels(service, id, 4)).toHaveLength(200);
  }, 90_000);

  it('is given up after the third, in words', async () => {
    await startWorker();
    const id = await startRun(service, projectId, { ...long, options: { ...long.options, maxIterations: 1_000_000 } });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await untilRun(service, id, (run) => run.status === 'RUNNING' && run.attempt === attempt && (run.iteration ?? 0) > 0);
      await kill(workers.pop()!, 'SIGKILL');
      await endLease(id);
      await startWorker();
    }
    const run = await untilRun(service, id, ended);
    expect(run).toMatchObject({ status: 'FAILED', attempt: 3, failure: 'the worker was lost 3 times, the last time in phase em' });
  }, 180_000);
});

describe('a worker that comes back late', () => {
  it('publishes nothing: the results are those of the one that took its place', async () => {
    const late = await startWorker();
    const id = await startRun(service, projectId, long);
    await untilRun(service, id, underWay);
    late.kill('SIGSTOP');
    await endLease(id);
    await startWorker();
    const run = await untilRun(service, id, ended);
    const before = await storedBits(service, id);
    late.kill('SIGCONT');
    // Longer than it would take to finish.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await readRun(service, id)).toEqual(run);
    expect(run).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    expect(await storedBits(service, id)).toEqual(before);
    // It took no harm: alone, it does the next run.
    await kill(workers[1]!, 'SIGKILL');
    expect(await untilRun(service, await startRun(service, projectId, { method: 'majority-vote' }), ended)).toMatchObject({ status: 'SUCCEEDED' });
  }, 90_000);

  it('is refused by the fence in the transaction of the results, which leaves nothing', async () => {
    const id = await startRun(service, projectId, long);
    const [project, number] = numbersOf(id) as [number, number];
    const before = await current();
    await service.source.query(`update runs set status = 'RUNNING', fence = gen_random_uuid(), lease_until = now() + interval '1 hour' where id = $1`, [number]);
    const { options } = methods.find((method) => method.id === 'majority-vote')!;
    expect(options).toEqual([]);
    const [{ watermark }] = await service.source.query<[{ watermark: number }]>(`select max(seq) as watermark from votes`);
    await expect(runTask({
      url: service.databaseUrl, channel: 'assay_run_changed', methodId: 'majority-vote', methodVersion: 1, options: {}, seed: 0, makeCurrent: true,
      lease: { projectId: project, runId: number, fence: '00000000-0000-0000-0000-000000000000' },
      watermark, itemCount: 200, annotatorCount: 15, classCount: 4, predictions: null, bounds: { operations: Infinity, bytes: Infinity }, threads: 1, keeping: null,
    }, () => {})).rejects.toMatchObject({ name: 'FenceError' });
    expect(await readRun(service, id)).toMatchObject({ status: 'RUNNING', diagnostics: null });
    expect(await storedBits(service, id)).toEqual({ softLabels: [], annotators: [] });
    expect(await current()).toBe(before);
    await service.data(`mutation ($id: ID!) { cancelRun(input: { id: $id }) { run { status } } }`, { id });
  });
});

it('a worker that is asked to stop gives its run back at once, and the try does not count', async () => {
  const first = await startWorker();
  const id = await startRun(service, projectId, long);
  await untilRun(service, id, underWay);
  const asked = Date.now();
  await kill(first, 'SIGTERM');
  expect(Date.now() - asked).toBeLessThan(10_000);
  expect(await readRun(service, id)).toMatchObject({ status: 'QUEUED', attempt: 0 });
  await startWorker();
  expect(await untilRun(service, id, ended)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
}, 180_000);

it('a run whose database connection is cut is tried again', async () => {
  await startWorker();
  const id = await startRun(service, projectId, long);
  await untilRun(service, id, underWay);
  await service.source.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'assay run' and datname = current_database()`);
  expect(await untilRun(service, id, ended)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
}, 180_000);
