import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Events } from '../../src/events/events.service.js';
import { defineJob, type JobHandler } from '../../src/jobs/job.js';
import { Jobs, POLL_MS } from '../../src/jobs/jobs.service.js';
import { Config } from '../../src/platform/config.js';
import { dataSourceOptions } from '../../src/platform/database/database.js';
import { Outages } from '../../src/platform/database/outages.js';
import { Transactions } from '../../src/platform/database/transaction.js';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';
import { until } from '../setup/until.js';

const digging = defineJob<{ hole: number }>('digging', 2);

let database: FreshDatabase;
let opened: { stop: () => Promise<void> }[] = [];

beforeEach(async () => void (database = await freshDatabase()));
afterEach(async () => {
  for (const one of opened) await one.stop();
  opened = [];
  await database.drop();
});

/** What one process has of jobs and events. */
async function openProcess(handler: JobHandler<{ hole: number }> | null, work = true, prepare: (jobs: Jobs) => void = () => {}) {
  const source = await new DataSource(dataSourceOptions(database.url, 6, 120_000)).initialize();
  const config = Config.read({ ASSAY_WORK: String(work), DATABASE_URL: database.url });
  const outages = new Outages(config);
  const events = new Events(source, outages);
  const transactions = new Transactions(source);
  const jobs = new Jobs(source, transactions, events, config, outages);
  const stop = async () => {
    await jobs.beforeApplicationShutdown();
    await events.beforeApplicationShutdown();
    await outages.onApplicationShutdown();
    await source.destroy();
  };
  opened.push({ stop });
  if (handler) jobs.handle(digging, handler);
  prepare(jobs);
  await jobs.onApplicationBootstrap();
  const send = (hole: number, key = String(hole)) => transactions.run((transaction) => jobs.send(transaction, digging, key, { hole }));
  return { source, jobs, send, transactions, stop };
}

test('each of 100 jobs is done exactly once by three processes, and none by one that does not work', async () => {
  const done: string[] = [];
  const idle = await openProcess(async () => void done.push('idle'), false);
  for (const name of ['a', 'b', 'c']) await openProcess(async ({ hole }) => void done.push(`${name}${hole}`));
  for (let hole = 0; hole < 100; hole++) await idle.send(hole);
  await expect.poll(() => done).toHaveLength(100);
  expect(new Set(done.map((line) => line.slice(1))).size).toBe(100);
});

test('a job that is sent wakes its worker, which would not look of itself for long', async () => {
  const timers = globalThis.setTimeout;
  // The time for the next look never comes.
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms?: number) => timers(ms === POLL_MS ? () => {} : work, ms)));
  try {
    const done: number[] = [];
    const { send } = await openProcess(async ({ hole }) => void done.push(hole));
    for (let n = 0; n < 5; n++) {
      await send(n);
      await until(() => done.length > n, `job ${n}`);
      // Long enough to go back to sleep.
      await sleep(50);
    }
    expect(done).toEqual([0, 1, 2, 3, 4]);
  } finally {
    vi.restoreAllMocks();
  }
});

test('a job sent in a transaction that fails is never done', async () => {
  const done: number[] = [];
  const { jobs, transactions, send } = await openProcess(async ({ hole }) => void done.push(hole));
  await expect(transactions.run(async (transaction) => {
    await jobs.send(transaction, digging, 'x', { hole: 13 });
    throw new Error('no');
  })).rejects.toThrow('no');
  await send(1);
  await expect.poll(() => done).toEqual([1]);
});

test('one key waits once however often it is sent, and may be sent again while its job is under way', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => void (release = resolve));
  const done: number[] = [];
  const first = await openProcess(async ({ hole }) => {
    done.push(hole);
    await gate;
  });
  // Both loops of the process are busy: one of them with the key that is sent again, as a killed worker's would seem to be.
  await first.send(1, 'same');
  await first.send(2, 'other');
  await expect.poll(() => done).toHaveLength(2);
  const idle = await openProcess(async () => {}, false);
  for (let n = 0; n < 5; n++) await idle.send(3, 'same');
  release();
  await until(async () => (await idle.source.query(`select 1 from pgboss.job where state in ('created', 'active')`)).length === 0, 'the end of all jobs');
  expect(done.slice(2)).toEqual([3]);
});

test('a handler that throws ends its job, and the next one is done', async () => {
  const done: number[] = [];
  const { send, source } = await openProcess(async ({ hole }) => {
    if (hole === 1) throw new Error('hit a pipe');
    done.push(hole);
  });
  await send(1);
  await send(2);
  await expect.poll(() => done).toEqual([2]);
  await expect.poll(() => source.query(`select state, output->>'message' as message from pgboss.job where data->>'hole' = '1'`)).toEqual([{ state: 'failed', message: 'hit a pipe' }]);
});

test('a stop tells the handlers under way and waits for them', async () => {
  const told: string[] = [];
  const { send, stop } = await openProcess(async (_, signal) => {
    told.push('begun');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await sleep(100);
    told.push('given back');
  });
  await send(1);
  await expect.poll(() => told).toEqual(['begun']);
  opened = [];
  await stop();
  expect(told).toEqual(['begun', 'given back']);
});

test('a process with a job that nobody handles, or that two handle, does not start', async () => {
  await expect(openProcess(null)).rejects.toThrow(/no handler for the jobs digging/);
  await expect(openProcess(async () => {}, true, (jobs) => jobs.handle(digging, async () => {}))).rejects.toThrow(/two handlers/);
});

test('four processes that start together on a new database all find their queues', async () => {
  const started = await Promise.all(Array.from({ length: 4 }, () => openProcess(async () => {})));
  for (const { jobs } of started) expect(jobs.check()).toBeNull();
});

test('a sweep runs in one process at a time, and goes on after a failure', async () => {
  let active = 0;
  let most = 0;
  let times = 0;
  const prepare = (jobs: Jobs) => jobs.sweep('yard', 20, async (transaction) => {
    most = Math.max(most, ++active);
    await transaction.query('select pg_sleep(0.05)');
    active--;
    if (++times === 2) throw new Error('broom broke');
  });
  for (let n = 0; n < 3; n++) await openProcess(async () => {}, true, prepare);
  await expect.poll(() => times).toBeGreaterThan(5);
  expect(most).toBe(1);
});
