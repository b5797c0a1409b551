import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { CancellableClient } from './cancellable-client.js';
import { migrations } from '../../../migrations/index.js';
import { Connection } from './connection.js';
import { pgWithLanes, type LaneConnections } from './lane-pool.js';
import { tlsFault } from './tls-faults.js';

/** pg gives bigint as text, since it may pass 2^53. Ours are tickets and counts, which stay below: read them as numbers. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** @param connections so many for all, or those of each lane */
export function dataSourceOptions(url: string, connections: number | LaneConnections, statementTimeoutMs: number): DataSourceOptions {
  const pool = typeof connections === 'number' ? { max: connections } : { laneConnections: connections };
  return {
    type: 'postgres',
    url,
    migrations,
    migrationsTransactionMode: 'each',
    parseInt8: true,
    applicationName: 'assay',
    // A connection lost while it idles is replaced when the next is wanted.
    poolErrorHandler: () => undefined,
    ...(typeof connections !== 'number' && { driver: pgWithLanes }),
    extra: { Client: CancellableClient, ...pool, idle_in_transaction_session_timeout: 120_000, ...statementBounds(statementTimeoutMs) },
  };
}

/** The server ends a statement after this time, 0 for never; should it not even do that, the connection is given up here a little later. */
export function statementBounds(timeoutMs: number): { statement_timeout: number; silenceMs?: number; connectionTimeoutMillis: number } {
  return { statement_timeout: timeoutMs, ...(timeoutMs > 0 && { silenceMs: timeoutMs + 5000 }), connectionTimeoutMillis: QUEUE_MS };
}

/** How long a call waits for a connection of a pool, new or given back. */
const QUEUE_MS = 15_000;

/** One number for all of Assay's processes on one database. */
const MIGRATION_LOCK = 0x61737361;

/**
 * Brings a database to this version's schema. Any number of processes may call it at once: they take turns under an
 * advisory lock held on a connection of its own (without it 15 of 20 starts of four replicas failed).
 * @throws Error naming what the server lacks, or where it does not answer.
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  const guard = newGuard(url);
  await guard.connect().catch((error: NodeJS.ErrnoException) => {
    // The message of several refused addresses is empty, and the address must be told without its password.
    const { host, port, database } = guard;
    throw new Error(`the database ${database} at ${host}:${port} cannot be reached: ${tlsFault(error) ?? (error.message || error.code)}`, { cause: error });
  });
  try {
    checkServer(await readServerFacts(guard));
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const source = await new DataSource(dataSourceOptions(url, 2, 0)).initialize();
    try {
      const applied = await source.runMigrations();
      return applied.map((migration) => migration.name);
    } finally {
      await source.destroy();
    }
  } finally {
    await guard.end();
  }
}

/** @throws Error naming a file of certificates that is not there. */
function newGuard(url: string): Connection {
  try {
    return new Connection({ connectionString: url, application_name: 'assay migrate' });
  } catch (error) {
    throw new Error(`the database cannot be reached: ${tlsFault(error) ?? (error as Error).message}`, { cause: error });
  }
}

/** What a server says of itself. */
export interface ServerFacts {
  /** As server_version_num: 150004 is 15.4. */
  version: number;
  shown: string;
  encoding: string;
}

async function readServerFacts(client: pg.Client): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as shown,
            current_setting('server_encoding') as encoding`,
  );
  return rows[0]!;
}

/** @throws Error naming what the server lacks. */
export function checkServer({ version, shown, encoding }: ServerFacts): void {
  if (version < 150_000) throw new Error(`DATABASE_URL is PostgreSQL ${shown}; Assay needs 15 or later`);
  if (encoding !== 'UTF8') throw new Error(`the database's encoding is ${encoding}; create it with encoding UTF8`);
}
