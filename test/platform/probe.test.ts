import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Connection } from '../../src/platform/database/connection.js';
import { Probe } from '../../src/platform/database/probe.js';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';
import { Gate } from '../setup/gate.js';

let database: FreshDatabase;
let gate: Gate;
let admin: Connection;
let probe: Probe;
beforeAll(async () => {
  database = await freshDatabase();
  gate = await Gate.before(database.url);
  admin = await Connection.open(database.url, 'a test');
  probe = new Probe(gate.through(database.url));
});
afterEach(() => gate.open());
afterAll(async () => {
  await probe.close();
  await admin.end();
  await gate.close();
  await database.drop();
});

const well = { fault: null, missing: [], newer: [] };
/** Looks are remembered for a moment. */
const untilFound = (expected: object) => vi.waitFor(async () => expect(await probe.look()).toMatchObject(expected), { timeout: 15_000, interval: 150 });
/** A setting of new sessions, which the probe's next one will be. */
async function withSetting(setting: string, work: () => Promise<void>): Promise<void> {
  const { rows: [here] } = await admin.query<{ name: string }>('select current_database() as name');
  await admin.query(`alter database ${here!.name} set ${setting}`);
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'assay ready' and datname = current_database()`);
  try {
    await work();
  } finally {
    await admin.query(`alter database ${here!.name} reset all`);
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'assay ready' and datname = current_database()`);
  }
}

test('a database in order is told as such, and nothing is left in it', async () => {
  // The rows' own files, which a vacuum may only make smaller; an analysis of its own accord writes to pg_statistic alone.
  const size = async () => (await admin.query<{ size: number }>(`select sum(pg_relation_size(oid))::float8 as size from pg_class where relkind in ('r', 't') and relname <> 'pg_statistic'`)).rows[0]!.size;
  await untilFound(well);
  const before = await size();
  for (let n = 0; n < 20; n++) expect(await new Promise((resolve) => setTimeout(resolve, 110)).then(() => probe.look())).toEqual(well);
  expect(await size()).toBeLessThanOrEqual(before);
});

test('a database that reads only is no longer ready', async () => {
  await withSetting('default_transaction_read_only = on', () => untilFound({ fault: 'takes no writes: it is read-only' }));
  await untilFound(well);
});

test('a look writes a file on the disk of the server, so that one without room is met', async () => {
  const written = async () => (await admin.query<{ bytes: number }>('select temp_bytes::float8 as bytes from pg_stat_database where datname = current_database()')).rows[0]!.bytes;
  const before = await written();
  await untilFound(well);
  // The server counts a second later.
  await vi.waitFor(async () => expect(await written()).toBeGreaterThan(before + 500_000), { timeout: 15_000, interval: 200 });
});

test('a frozen database is told within the deadline, to each who asks, and one that thaws is ready again', async () => {
  gate.freeze();
  await new Promise((resolve) => setTimeout(resolve, 150));
  for (let n = 0; n < 2; n++) {
    expect(await Promise.all([probe.look(), probe.look()])).toEqual([1, 2].map(() => ({ fault: 'does not answer within 3 s', missing: [], newer: [] })));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  gate.open();
  await untilFound(well);
});

test('a database that is gone is told at once', async () => {
  gate.cut();
  await untilFound({ fault: expect.stringMatching(/^does not answer( \(ECONNRESET\))?$/) });
  gate.open();
  await untilFound(well);
});

test('migrations that this process does not know are told, as those that are missing are', async () => {
  await admin.query(`insert into migrations (timestamp, name) values (9999999999999, 'OfTomorrow9999999999999')`);
  await untilFound({ fault: null, newer: ['OfTomorrow9999999999999'] });
  await admin.query(`delete from migrations where timestamp = 9999999999999`);
  await admin.query(`update migrations set name = 'x' || name where name like 'Runs%'`);
  await untilFound({ missing: ['Runs1764000000004'], newer: ['xRuns1764000000004'] });
});
