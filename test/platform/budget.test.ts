import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beyondRequests, Budget, currentSignal, within } from '../../src/platform/budget.js';
import { CancellableClient, cancelUntilOver } from '../../src/platform/database/cancellable-client.js';
import { bytesOf } from '../../src/platform/graphql/metered-schema.js';
import { freshDatabase } from '../setup/database.js';

const generous = { cost: 1e9, bytes: 1e9, milliseconds: 60_000 };
let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;
beforeAll(async () => {
  database = await freshDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 2, Client: CancellableClient });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function ask(text: string): Promise<unknown[]> {
  const client = await pool.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    client.release();
  }
}

describe('a budget', () => {
  it('that is spent ends what waits, at once, and what is asked for later', async () => {
    const budget = new Budget({ ...generous, cost: 10 });
    const waiting = budget.before(sleep(60_000, undefined, { ref: false }));
    expect(() => budget.spend(10)).not.toThrow();
    expect(() => budget.spend(1)).toThrow('costs more than 10 while');
    await expect(waiting).rejects.toThrow('costs more than 10 while');
    await expect(within(budget.signal, () => ask('select 1'))).rejects.toThrow('costs more than 10 while');
    expect(within(budget.signal, () => beyondRequests(currentSignal))).toBeUndefined();
  });

  it('cancels its own statement at the server, in the midst of it', async () => {
    const budget = new Budget({ ...generous, milliseconds: 200 });
    await expect(within(budget.signal, () => ask('select pg_sleep(3600)'))).rejects.toThrow('canceling statement');
    expect(await ask(`select 1 from pg_stat_activity where query like 'select pg_sleep(3600)%' and state = 'active' and pid <> pg_backend_pid()`)).toEqual([]);
  });

  it('cancels again what its first cancel came too early for', async () => {
    const client = new CancellableClient({ connectionString: database.url }) as unknown as pg.Client;
    await client.connect();
    const endCancelling = cancelUntilOver(client);
    // Each is met by another cancel, so that all but the first would wait for ever if there were only one.
    for (let n = 0; n < 4; n++) await expect(client.query('select pg_sleep(3600)')).rejects.toThrow('canceling statement');
    await endCancelling();
    expect((await client.query('select 7 as answer')).rows).toEqual([{ answer: 7 }]);
    await client.end();
  });

  it('never hits the statement of another caller on the same connection', async () => {
    let cut = 0;
    const strangers: Promise<unknown[]>[] = [];
    await Promise.all(Array.from({ length: 150 }, async (_, i) => {
      // Cut at about the moment at which its statement ends.
      const budget = new Budget({ ...generous, milliseconds: 1 + (i % 12) * 6 });
      strangers.push(ask('select pg_sleep(0.004), 7 as answer'));
      await within(budget.signal, () => ask('select pg_sleep(0.004)')).catch(() => { cut++; });
      budget.end();
    }));
    for (const rows of await Promise.all(strangers)) expect(rows).toMatchObject([{ answer: 7 }]);
    expect(cut).toBeGreaterThan(20);
  });

  it('lets a transaction be undone, and none be committed, once it is cut', async () => {
    const budget = new Budget({ ...generous, cost: 1 });
    await within(budget.signal, async () => {
      const client = await pool.connect();
      await client.query('begin');
      await client.query('create table made (n int)');
      expect(() => budget.spend(2)).toThrow();
      await expect(client.query('commit')).rejects.toThrow('costs more than 1 while');
      await client.query('rollback');
      client.release();
    });
    expect(await ask(`select to_regclass('made') as made`)).toEqual([{ made: null }]);
  });
});

it.each([['text', 6], [7, 8], [null, 8], [[0.5, 0.5], 18], [{ a: 'b' }, 10], [['a', 'b'], 10]])('the bytes of %j are about %i', (value, bytes) => {
  expect(bytesOf(value)).toBe(bytes);
});
