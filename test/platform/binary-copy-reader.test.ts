import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCopy, sqlInteger } from '../../src/platform/database/binary-copy-reader.js';
import { BinaryCopy } from '../../src/platform/database/binary-copy.js';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';

let database: FreshDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`create temp table kinds (n int4, a int2, b int4, c int8, d bool, e float8, f float8[])`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

it('reads every value of every kind as it was written, and nulls where they are', async () => {
  const row = fc.record({
    a: fc.option(fc.integer({ min: -32768, max: 32767 })), b: fc.option(fc.integer()), c: fc.option(fc.maxSafeInteger()), d: fc.option(fc.boolean()),
    e: fc.double(), f: fc.option(fc.array(fc.double(), { maxLength: 40 })),
  });
  await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (given) => {
    await client.query('truncate kinds');
    const copy = new BinaryCopy(client, 'kinds', ['n', 'a', 'b', 'c', 'd', 'e', 'f']);
    given.forEach(({ a, b, c, d, e, f }, n) => {
      copy.row(7);
      copy.int4(n);
      if (a == null) copy.null(); else copy.int2(a);
      if (b == null) copy.null(); else copy.int4(b);
      if (c == null) copy.null(); else copy.int8(c);
      if (d == null) copy.null(); else copy.boolean(d);
      copy.float8(e);
      if (f == null) copy.null(); else copy.float8Array(Float64Array.from(f), 0, f.length);
    });
    await copy.end();
    const found: unknown[] = [];
    const numbers = new Float64Array(50);
    for await (const rows of readCopy(client, 'select a, b, c, d, e, f from kinds order by n')) {
      while (rows.next()) {
        found.push({
          a: rows.isNull() ? null : rows.int2(), b: rows.isNull() ? null : rows.int4(), c: rows.isNull() ? null : rows.int8(), d: rows.isNull() ? null : rows.boolean(),
          e: rows.float8(), f: rows.isNull() ? null : Array.from(numbers.subarray(7, 7 + rows.float8Array(numbers, 7))),
        });
      }
    }
    expect(found).toEqual(given);
  }), { numRuns: 60 });
});

it('reads rows that lie across chunks, and rows longer than one', async () => {
  await client.query('truncate kinds');
  await client.query(`insert into kinds (n, f) select n, array(select k / 7.0 from generate_series(1, case when n = 10 then 50000 else 900 end) k) from generate_series(0, 199) n`);
  const numbers = new Float64Array(50_000);
  const lengths: number[] = [];
  for await (const rows of readCopy(client, 'select n, f from kinds order by n')) {
    while (rows.next()) {
      expect(rows.int4()).toBe(lengths.length);
      lengths.push(rows.float8Array(numbers, 0));
      expect(numbers[899]).toBeCloseTo(900 / 7, 10);
    }
  }
  expect(lengths).toEqual(Array.from({ length: 200 }, (_, n) => (n === 10 ? 50_000 : 900)));
});

it('passes over fields that nobody reads, and reads a query without rows', async () => {
  const found: number[] = [];
  for await (const rows of readCopy(client, `select n, 'some text', n + 1 from generate_series(1, 3) n`)) while (rows.next()) found.push(rows.int4());
  for await (const rows of readCopy(client, `select 1 where ${sqlInteger(1)} = 2`)) while (rows.next()) found.push(rows.int4());
  expect(found).toEqual([1, 2, 3]);
});

it.each([
  ['a field of another type', `select 1::int8`, /row 1 of the copy has a field of 8 bytes where a value of 4 bytes was expected/],
  ['a null that nobody asked for', `select null::int4`, /a field of -1 bytes/],
])('refuses %s', async (_, query, message) => {
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  const read = async () => { for await (const rows of readCopy(other, query)) while (rows.next()) rows.int4(); };
  await expect(read()).rejects.toThrow(message);
  await other.end();
});

it.each([
  ['numbers of another width', `select array[1.5]::float4[]`, /a float8\[\]/],
  ['a null among the numbers', `select array[1, null]::float8[]`, /without nulls/],
  ['two dimensions', `select array[[1, 2], [3, 4]]::float8[]`, /one dimension/],
  ['more numbers than there is room for', `select array[1, 2, 3, 4]::float8[]`, /4 numbers, and there is room for 3/],
])('refuses an array with %s', async (_, query, message) => {
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  const read = async () => { for await (const rows of readCopy(other, query)) while (rows.next()) rows.float8Array(new Float64Array(3), 0); };
  await expect(read()).rejects.toThrow(message);
  await other.end();
});

it('throws what the server refuses, and the connection goes on', async () => {
  const read = async () => { for await (const rows of readCopy(client, 'select n / 0 from kinds')) rows.next(); };
  await expect(read()).rejects.toThrow(/division by zero/);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect(() => sqlInteger(1.5)).toThrow(/1.5 is not a whole number/);
});
