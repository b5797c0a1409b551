import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { migrateDatabase } from '../../src/platform/database.js';
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
