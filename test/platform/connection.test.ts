import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../src/platform/config.js';
import { CancellableClient } from '../../src/platform/database/cancellable-client.js';
import { Connection } from '../../src/platform/database/connection.js';
import { dataSourceOptions } from '../../src/platform/database/database.js';
import { Prepared } from '../../src/platform/database/prepared.js';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';
import { Gate } from '../setup/gate.js';

let database: FreshDatabase;
let gate: Gate;
beforeAll(async () => {
  database = await freshDatabase();
  gate = await Gate.before(database.url);
});
afterEach(() => gate.open());
afterAll(async () => {
  await gate.close();
  await database.drop();
});

/** The clients that a pool has made, and what they are. */
async function heldBy(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  expect(client).toBeInstanceOf(Connection);
  return client;
}

async function endBackendOf(client: pg.ClientBase): Promise<void> {
  const { rows: [mine] } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const other = await Connection.open(database.url, 'a killer');
  const gone = new Promise((resolve) => client.once('end', resolve));
  await other.query('select pg_terminate_backend($1)', [mine!.pid]);
  await gone;
  await other.end();
}

describe('a connection that is lost while nobody asks it', () => {
  // An 'error' that nobody hears would end this process, and fail the run.
  test('of the pool of TypeORM ends nothing', async () => {
    const source = await new DataSource(dataSourceOptions(database.url, 2, 5000)).initialize();
    const client = await heldBy((source.driver as unknown as { master: pg.Pool }).master);
    await endBackendOf(client);
    client.release(true);
    expect(await source.query('select 1 as one')).toEqual([{ one: 1 }]);
    await source.destroy();
  });

  test('of the pool of prepared statements ends nothing', async () => {
    const prepared = new Prepared(Config.read({ DATABASE_URL: database.url }));
    const client = await heldBy((prepared as unknown as { pool: pg.Pool }).pool);
    await endBackendOf(client);
    client.release(true);
    expect(await prepared.query('select 1 as one', [])).toEqual([{ one: 1 }]);
    await prepared.onApplicationShutdown();
  });

  test('of a thread, of news, or of any other kind ends nothing: none is made but by Connection', async () => {
    const client = await Connection.open(database.url, 'a test');
    await endBackendOf(client);
    await expect(client.query('select 1')).rejects.toThrow('not queryable');
    const root = fileURLToPath(new URL('../../src/', import.meta.url));
    // The module of the embedded database stands alone and listens itself.
    const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.ts') && !file.startsWith('platform/embedded-postgres/'));
    const makers: string[] = [];
    for (const file of files) if (/new pg\.(Client|Pool)\(|new (Client|Pool)\(/.test(await readFile(`${root}${file}`, 'utf8'))) makers.push(file);
    // Pools of their own, whose clients are Connections, too.
    expect(makers.sort()).toEqual(['platform/database/fair-pool.ts', 'platform/database/prepared.ts']);
    for (const file of makers) expect(await readFile(`${root}${file}`, 'utf8')).toMatch(/Client: (Connection|CancellableClient)/);
    expect(new CancellableClient()).toBeInstanceOf(Connection);
  });
});

describe('a server that is silent', () => {
  test('is given up after the bound, by every statement that waits for it', async () => {
    const client = await Connection.open(gate.through(database.url), 'a test', { silenceMs: 400 });
    gate.freeze();
    const answers = await Promise.allSettled([client.query('select 1'), client.query('select 2')]);
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
    expect((answers[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('while it is asked nothing may be silent as long as it likes, and one that sends now and then may take its time', async () => {
    const client = await Connection.open(gate.through(database.url), 'a test', { silenceMs: 1000 });
    await client.query('select 1');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // Each row fills the server's buffer and is sent: no second is without a byte, though the whole takes two.
    const { rows } = await client.query(`select pg_sleep(0.25)::text as slept, repeat('x', 9000) as filling from generate_series(1, 8)`);
    expect(rows).toHaveLength(8);
    await client.end();
  });

  test('and a new connection to it is not waited for without end', async () => {
    gate.freeze();
    await expect(Connection.open(gate.through(database.url), 'a test', { connectionTimeoutMillis: 300 })).rejects.toThrow('timeout expired');
  });
});
