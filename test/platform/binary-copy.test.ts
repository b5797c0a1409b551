import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BinaryCopy } from '../../src/platform/database/binary-copy.js';
import { readSnapshot } from '../../src/runs/snapshot/snapshot.js';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';

let database: FreshDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`create temp table kinds (a int2, b int4, c int8, d bool, e float8, f float8[], g int4[], h text)`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const COLUMNS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

it('every value of every kind comes back as it went in, NaN as null', async () => {
  const row = fc.record({
    a: fc.integer({ min: -32768, max: 32767 }), b: fc.integer(), c: fc.maxSafeInteger(), d: fc.boolean(),
    e: fc.double(), f: fc.array(fc.double({ noNaN: true }), { maxLength: 40 }), g: fc.array(fc.integer(), { maxLength: 40 }),
    h: fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\0', '')),
  });
  await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
    await client.query('truncate kinds');
    const copy = new BinaryCopy(client, 'kinds', COLUMNS);
    for (const { a, b, c, d, e, f, g, h } of rows) {
      copy.row(8);
      copy.int2(a);
      copy.int4(b);
      copy.int8(c);
      copy.boolean(d);
      copy.float8(e);
      copy.float8Array(Float64Array.from(f), 0, f.length);
      copy.int4Array(Int32Array.from(g), 0, g.length);
      copy.text(h);
    }
    await copy.end();
    const { rows: found } = await client.query(`select a, b, c::text, d, e, f, g, h from kinds`);
    expect(found).toEqual(rows.map((one) => ({ ...one, c: String(one.c), e: Number.isNaN(one.e) ? null : one.e })));
  }), { numRuns: 60 });
});

it('rows beyond a chunk, and a row longer than one, arrive whole', async () => {
  await client.query('truncate kinds');
  const wide = Float64Array.from({ length: 100_000 }, (_, k) => k / 7);
  const copy = new BinaryCopy(client, 'kinds', ['b', 'f']);
  for (let n = 0; n < 20; n++) {
    copy.row(2);
    copy.int4(n);
    copy.float8Array(wide, 0, n === 10 ? 100_000 : 9000);
    if (copy.isFull) await copy.flush();
  }
  await copy.end();
  const { rows } = await client.query(`select b, cardinality(f) as length, f[9000] as last from kinds order by b`);
  expect(rows).toEqual(Array.from({ length: 20 }, (_, n) => ({ b: n, length: n === 10 ? 100_000 : 9000, last: 8999 / 7 })));
});

it("what the server refuses is thrown, and the connection goes on", async () => {
  const copy = new BinaryCopy(client, 'kinds', ['b']);
  copy.row(2);
  copy.int4(1);
  copy.int4(2);
  await expect(copy.end()).rejects.toThrow(/row field count is 2, expected 1/);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

it('a snapshot of a project without votes is empty, and one of 70,000 votes has each of them', async () => {
  expect(await readSnapshot(client, 1, 0)).toMatchObject({ voteCount: 0 });
  await client.query(
    `insert into votes (project_id, seq, item_code, annotator_code, class_index, outcome)
     select 1, n, n * 7919 % 100003, n % 251, case when n % 10 = 0 then -1 else n % 9999 end, case when n % 10 = 0 then 1 else 0 end from generate_series(1, 70000) n`);
  const { voteCount, items, annotators, classes } = await readSnapshot(client, 1, 69_999);
  expect(voteCount).toBe(63_000);
  const seen = Array.from(items, (item, v) => `${item} ${annotators[v]} ${classes[v]}`).sort();
  const expected = Array.from({ length: 69_999 }, (_, i) => i + 1).filter((n) => n % 10 !== 0).map((n) => `${(n * 7919) % 100003} ${n % 251} ${n % 9999}`).sort();
  expect(seen).toEqual(expected);
});
