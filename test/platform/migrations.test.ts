import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { checkServer, migrateDatabase } from '../../src/platform/database/database.js';
import { bareDatabase, freshDatabase, type FreshDatabase } from '../setup/database.js';

let bare: FreshDatabase;
beforeAll(async () => void (bare = await bareDatabase()));
afterAll(() => bare.drop());

test('four migrators at once on one new database all succeed, and each migration is applied once', async () => {
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(bare.url)));
  expect(applied.flat().sort()).toEqual(migrations.map((migration) => migration.name).sort());
});

test('a fresh database is a migrated one of its own, and is gone after drop', async () => {
  const one = await freshDatabase();
  const two = await freshDatabase();
  expect(one.url).not.toBe(two.url);
  expect(await migrateDatabase(one.url)).toEqual([]);
  await Promise.all([one.drop(), two.drop()]);
  await expect(new pg.Client({ connectionString: one.url }).connect()).rejects.toMatchObject({ code: '3D000' });
});

describe('a server that will not do', () => {
  test.each([
    [140_011, '14.11', 'UTF8', 'DATABASE_URL is PostgreSQL 14.11; Assay needs 15 or later'],
    [90_624, '9.6.24', 'UTF8', 'needs 15 or later'],
    [150_004, '15.4', 'SQL_ASCII', 'encoding is SQL_ASCII'],
  ])('of version %i, shown as %s, with encoding %s, is told why', (version, shown, encoding, reason) => {
    expect(() => checkServer({ version, shown, encoding })).toThrow(reason);
  });

  test('is refused before anything is written to it', async () => {
    const latin = await bareDatabase(`encoding 'LATIN1' locale_provider libc locale 'C'`);
    await expect(migrateDatabase(latin.url)).rejects.toThrow("the database's encoding is LATIN1; create it with encoding UTF8");
    const client = new pg.Client({ connectionString: latin.url });
    await client.connect();
    expect((await client.query(`select from pg_class where relnamespace = 'public'::regnamespace`)).rowCount).toBe(0);
    await client.end();
    await latin.drop();
  });

  test('or is not there is told by its address, without the password', async () => {
    const error = await migrateDatabase('postgres://me:hunter2@127.0.0.1:1/assay').catch((thrown: Error) => thrown.message);
    expect(error).toContain('the database assay at 127.0.0.1:1 cannot be reached');
    expect(error).not.toContain('hunter2');
  });

  test.each([[150_000, '15.0'], [180_004, '18.4']])('version %i, which will do, is not', (version, shown) => {
    expect(() => checkServer({ version, shown, encoding: 'UTF8' })).not.toThrow();
  });
});
