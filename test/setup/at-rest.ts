import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Jobs, SWEEP_LOCK, type Sweep } from '../../src/jobs/jobs.service.js';
import { Transactions, type Transaction } from '../../src/platform/database/transaction.js';
import { PATIENCE_MS } from './until.js';
import type { Service } from './service.js';

/** Rest is for so long at least: what time alone makes due until then is waited for. */
const REST_SECONDS = 60;
/** Between two looks, in lengths of the last one: sweeps do not run during a look, and most of the time is theirs. */
const PAUSE = 4;
const LEAST_PAUSE_MS = 50;

/**
 * Waits until nothing happens in the service's database but what is asked of it, for a minute to come. All work that nobody asks
 * for is a job or a sweep; so no job may wait or be worked on, and no sweep may find anything to do, neither now nor with
 * the database's clock a minute ahead. A kind of work that is added later is known without a line here.
 */
export async function atRest(service: Service, timeoutMs = PATIENCE_MS): Promise<void> {
  for (const until = performance.now() + timeoutMs; ;) {
    const from = performance.now();
    const due = await workDue(service, { most: 1 });
    if (due.length === 0) return;
    if (performance.now() > until) throw new Error(`the service is not at rest after ${timeoutMs / 1000} s: ${due.join(', ')}`);
    await sleep(Math.max(LEAST_PAUSE_MS, PAUSE * (performance.now() - from)));
  }
}

/**
 * The work that is due: "job <name>", "sweep <name>", "notes of touched items". While it looks, no sweep begins; those under
 * way have ended before.
 * @param aheadSeconds by how much the database's clock is ahead for the sweeps: what is due by then counts, too
 * @param most looks no further once it has found so many
 */
export async function workDue(service: Service, { aheadSeconds = REST_SECONDS, most = Infinity } = {}): Promise<string[]> {
  await makeClock(service.source);
  const due: string[] = [];
  await service.source.transaction(async (holder) => {
    const sweeps = service.app.get(Jobs).allSweeps;
    // A sweep tries for its lock and goes on without: whoever waits for it waits for the end of one that has it.
    for (const { name } of sweeps) await holder.query('select pg_advisory_xact_lock($1, hashtext($2))', [SWEEP_LOCK, name]);
    const jobs: { name: string }[] = await holder.query(`select distinct name from pgboss.job where state in ('created', 'retry', 'active') order by name`);
    due.push(...jobs.map(({ name }) => `job ${name}`));
    // Projects take turns there, and the one whose turn it is may have to wait.
    const [noted]: { any: boolean }[] = await holder.query('select exists (select 1 from touched_items) as any');
    if (noted!.any) due.push('notes of touched items');
    for (const sweep of sweeps) {
      if (due.length >= most) return;
      if (await findsWork(service, sweep, aheadSeconds)) due.push(`sweep ${sweep.name}`);
    }
  });
  return due;
}

class TriedOnly extends Error {}

/** Tries a sweep with the clock ahead and takes all of it back. */
async function findsWork(service: Service, sweep: Sweep, aheadSeconds: number): Promise<boolean> {
  let found = false;
  await service.app.get(Transactions).run(async (transaction: Transaction) => {
    await transaction.query('set local search_path = clock_ahead, pg_catalog, public');
    await transaction.query(`select set_config('clock_ahead.seconds', $1, true)`, [String(aheadSeconds)]);
    const more = await sweep.work(transaction);
    // A transaction has an id once it has written or locked a row.
    const [row]: { wrote: boolean }[] = await transaction.query('select pg_current_xact_id_if_assigned() is not null as wrote');
    found = row!.wrote || more === true;
    throw new TriedOnly();
  }).catch((error: unknown) => {
    if (!(error instanceof TriedOnly)) throw error;
  });
  return found;
}

/** Where clock_ahead leads the search path, clock_timestamp() and now() are ahead by the setting clock_ahead.seconds. */
async function makeClock(source: DataSource): Promise<void> {
  const [known]: { is: boolean }[] = await source.query(`select to_regprocedure('clock_ahead.now()') is not null as is`);
  if (known!.is) return;
  const ahead = `make_interval(secs => current_setting('clock_ahead.seconds')::float8)`;
  await source.query(`
    create schema clock_ahead;
    create function clock_ahead.clock_timestamp() returns timestamptz language sql volatile as $$select pg_catalog.clock_timestamp() + ${ahead}$$;
    create function clock_ahead.now() returns timestamptz language sql stable as $$select pg_catalog.now() + ${ahead}$$;`);
}

/** All rows of all tables, but for when keys were last used: each call notes that of its own. For services whose projects are small. */
export async function contents({ source }: Service): Promise<Record<string, unknown[]>> {
  const tables: { name: string }[] = await source.query(`select tablename as name from pg_tables where schemaname = 'public' order by 1`);
  const selects = tables.map(({ name }) => `'${name}', (select coalesce(json_agg(row order by row::text), '[]') from (select to_jsonb(t) - 'last_used_at' as row from ${name} t) rows)`);
  const [row]: { all: Record<string, unknown[]> }[] = await source.query(`select json_build_object(${selects.join(', ')}) as all`);
  return row!.all;
}
