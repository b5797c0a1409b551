import pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dataSourceOptions } from '../../src/platform/database/database.js';
import { toPublicError } from '../../src/platform/http/public-error.js';
import { Transactions } from '../../src/platform/database/transaction.js';
import { bareDatabase, type FreshDatabase } from '../setup/database.js';

let database: FreshDatabase;
let source: DataSource;
let transactions: Transactions;
beforeAll(async () => {
  database = await bareDatabase();
  source = await new DataSource(dataSourceOptions(database.url, 8, 300_000)).initialize();
  transactions = new Transactions(source);
  await source.query('create table accounts (id int primary key, balance int not null)');
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

describe('a transaction', () => {
  beforeEach(async () => {
    await source.query('truncate accounts');
    await source.query('insert into accounts values (1, 0), (2, 0)');
  });

  test('that deadlocks with another is run again, and both take effect once', async () => {
    let attempts = 0;
    /** Resolves when both first attempts hold a row, so that each then waits for the other's. */
    let arrive!: () => void;
    const met = new Promise<void>((resolve) => (arrive = resolve));
    const move = (first: number, second: number) => transactions.run(async (transaction) => {
      attempts++;
      await transaction.query('update accounts set balance = balance + 1 where id = $1', [first]);
      if (attempts === 2) arrive();
      if (attempts <= 2) await met;
      await transaction.query('update accounts set balance = balance + 1 where id = $1', [second]);
    });
    await Promise.all([move(1, 2), move(2, 1)]);
    expect(attempts).toBe(3);
    expect(await source.query('select balance from accounts order by id')).toEqual([{ balance: 2 }, { balance: 2 }]);
  });

  test('whose new row another writer was first with is run again and sees that row', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => transactions.run(async (transaction) => {
      const found: unknown[] = await transaction.query('select from accounts where id = 3');
      if (found.length > 0) return false;
      await transaction.query('insert into accounts values (3, 0)');
      return true;
    })));
    expect(made.filter(Boolean)).toEqual([true]);
  });

  test('that fails for another reason runs once, changes nothing, and fails with that reason', async () => {
    let attempts = 0;
    await expect(transactions.run(async (transaction) => {
      attempts++;
      await transaction.query('update accounts set balance = 7');
      await transaction.query('select 1 / 0');
    })).rejects.toMatchObject({ code: '22012' });
    expect(attempts).toBe(1);
    expect(await source.query('select distinct balance from accounts')).toEqual([{ balance: 0 }]);
  });

  test('whose row is there for good gives up after a few attempts', async () => {
    let attempts = 0;
    await expect(transactions.run(async (transaction) => {
      attempts++;
      await transaction.query('insert into accounts values (1, 0)');
    })).rejects.toMatchObject({ code: '23505' });
    expect(attempts).toBe(6);
  });
});

describe('what the database may do to a request', () => {
  test('taking too long is a limit, not a bug', async () => {
    const hasty = await new DataSource(dataSourceOptions(database.url, 2, 50)).initialize();
    const error: unknown = await hasty.query('select pg_sleep(5)').catch((thrown: unknown) => thrown);
    await hasty.destroy();
    expect(toPublicError(error)).toMatchObject({ status: 503, code: 'LIMIT_EXCEEDED', isBug: false });
  });

  test('a session that is ended under it can be tried again', async () => {
    const running = source.query('select pg_sleep(200), 17 as marker').catch((thrown: unknown) => thrown);
    const killer = new pg.Client({ connectionString: database.url });
    await killer.connect();
    await expect.poll(async () => (await killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%17 as marker%' and pid <> pg_backend_pid()`)).rowCount).toBe(1);
    await killer.end();
    expect(toPublicError(await running)).toMatchObject({ status: 503, code: 'UNAVAILABLE', retryAfterSeconds: 2 });
  });

  test('a server that is not there can be tried again', async () => {
    const nowhere = new DataSource(dataSourceOptions('postgres://assay@127.0.0.1:1/assay', 2, 0));
    const error: unknown = await nowhere.initialize().catch((thrown: unknown) => thrown);
    expect(toPublicError(error)).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  });
});
