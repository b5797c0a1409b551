import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { migrations } from '../../migrations/index.js';

/** pg gives bigint as text, since it may pass 2^53. Ours are tickets and counts, which stay below: read them as numbers. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export function dataSourceOptions(url: string, pool: number, statementTimeoutMs: number): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    migrations,
    migrationsTransactionMode: 'each',
    parseInt8: true,
    applicationName: 'assay',
    extra: { max: pool, statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: 120_000 },
  };
}

/** One number for all of Assay's processes on one database. */
const MIGRATION_LOCK = 0x61737361;

/**
 * Brings a database to this version's schema. Any number of processes may call it at once: they take turns under an
 * advisory lock held on a connection of its own (without it 15 of 20 starts of four replicas failed).
 * @throws Error naming what the server lacks.
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  const guard = new pg.Client({ connectionString: url, application_name: 'assay migrate' });
  await guard.connect();
  try {
    await checkServer(guard);
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

/** Names of the migrations a database still lacks; none means it is of this version. */
export async function missingMigrations(source: DataSource): Promise<string[]> {
  const rows: { name: string }[] = await source.query(`select name from migrations`);
  const applied = new Set(rows.map((row) => row.name));
  return migrations.map((migration) => migration.name).filter((name) => !applied.has(name));
}

async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; shown: string; encoding: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as shown,
            current_setting('server_encoding') as encoding`,
  );
  const { version, shown, encoding } = rows[0]!;
  if (version < 150_000) throw new Error(`DATABASE_URL is PostgreSQL ${shown}; Assay needs 15 or later`);
  if (encoding !== 'UTF8') throw new Error(`the database's encoding is ${encoding}; create it with encoding UTF8`);
}
