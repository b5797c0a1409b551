import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Keyset, type PageArgs } from '../../src/platform/graphql/pagination.js';
import { bareDatabase, type FreshDatabase } from '../setup/database.js';

interface Row {
  score: number;
  name: string;
  id: number;
}

let database: FreshDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await bareDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('create table entries (score float8 not null, name text not null, id int4 primary key)');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});
beforeEach(() => client.query('truncate entries'));

const keysetOf = (descending: boolean) => new Keyset<Row>(
  [{ sql: 'score', type: 'float8', descending }, { sql: 'name', type: 'text', descending }, { sql: 'id', type: 'int4', descending }],
  (row) => [row.score, row.name, row.id],
);

async function insert(rows: Row[]): Promise<void> {
  await client.query('insert into entries select * from unnest($1::float8[], $2::text[], $3::int4[])', [
    rows.map((row) => row.score), rows.map((row) => row.name), rows.map((row) => row.id),
  ]);
}

async function readPage(keyset: Keyset<Row>, args: PageArgs) {
  const parameters: unknown[] = [];
  const { where, orderBy, limit } = keyset.page(args, parameters);
  const { rows } = await client.query<Row>(`select * from entries where ${where} order by ${orderBy} limit ${limit}`, parameters);
  return keyset.connection(args, rows, (row) => row);
}

/** All ids in the order of the pages, reading to the end; `between` runs after each page. */
async function walk(keyset: Keyset<Row>, size: number, backward: boolean, between: () => Promise<void> = async () => {}): Promise<number[]> {
  const ids: number[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 200; pages++) {
    const page = await readPage(keyset, backward ? { last: size, before: cursor } : { first: size, after: cursor });
    const found = page.nodes.map((row) => row.id);
    if (backward) ids.unshift(...found);
    else ids.push(...found);
    expect(found.length).toBeLessThanOrEqual(size);
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
    if (!(backward ? hasPreviousPage : hasNextPage)) return ids;
    expect(found.length).toBe(size);
    cursor = backward ? startCursor : endCursor;
    await between();
  }
  throw new Error('the pages do not end');
}

/** Many ties in the first columns, so that the last ones decide; names of any alphabet. */
const someRows = fc.uniqueArray(
  fc.record({
    score: fc.oneof(fc.constantFrom(0, 0.1, 1 / 3), fc.double({ noNaN: true, noDefaultInfinity: true })),
    name: fc.oneof(fc.constantFrom('', 'a', 'B'), fc.string({ unit: 'grapheme', maxLength: 5 })).map((name) => name.replaceAll('\0', '')),
    id: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  }),
  { selector: (row) => row.id, maxLength: 40 },
);

describe('pages of a keyset', () => {
  test('give every row once and in order, forward and backward, whatever their size', async () => {
    await fc.assert(fc.asyncProperty(someRows, fc.integer({ min: 1, max: 45 }), fc.boolean(), async (rows, size, descending) => {
      await client.query('truncate entries');
      await insert(rows);
      const way = descending ? 'desc' : 'asc';
      const { rows: ordered } = await client.query<Row>(`select id from entries order by score ${way}, name ${way}, id ${way}`);
      const expected = ordered.map((row) => row.id);
      expect(await walk(keysetOf(descending), size, false)).toEqual(expected);
      expect(await walk(keysetOf(descending), size, true)).toEqual(expected);
    }), { numRuns: 40, examples: [[[{ score: 0, name: '', id: 0 }, { score: 0, name: '', id: -(2 ** 31) }], 1, false]] });
  });

  test('give every row that was there from the start exactly once while others come and go', async () => {
    // Three rows come between two pages: pages of more are sure to end.
    await fc.assert(fc.asyncProperty(fc.integer({ min: 4, max: 9 }), fc.boolean(), fc.boolean(), fc.integer(), async (size, descending, backward, seed) => {
      await client.query('truncate entries');
      const draw = mulberry(seed);
      await insert(Array.from({ length: 40 }, (_, i) => ({ score: Math.floor(draw() * 4) / 4, name: 'first', id: i })));
      let next = 1000;
      const ids = await walk(keysetOf(descending), size, backward, async () => {
        await client.query('delete from entries where id = $1', [next - 1]);
        await insert([0, 1, 2].map(() => ({ score: Math.floor(draw() * 4) / 4, name: draw() < 0.5 ? 'a' : 'z', id: next++ })));
      });
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => id < 1000).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    }), { numRuns: 15 });
  });

  test('go on behind a row that has been deleted since', async () => {
    await insert([1, 2, 3].map((id) => ({ score: 0, name: '', id })));
    const { pageInfo } = await readPage(keysetOf(false), { first: 2 });
    await client.query('delete from entries where id = 2');
    expect((await readPage(keysetOf(false), { first: 2, after: pageInfo.endCursor })).nodes.map((row) => row.id)).toEqual([3]);
  });

  test('between two cursors are what lies between', async () => {
    await insert([1, 2, 3, 4, 5].map((id) => ({ score: 0, name: '', id })));
    const { edges } = await readPage(keysetOf(true), {});
    const between = await readPage(keysetOf(true), { after: edges[0]!.cursor, before: edges[4]!.cursor });
    expect(between.nodes.map((row) => row.id)).toEqual([4, 3, 2]);
  });

  test('of an empty table are empty and say so', async () => {
    expect((await readPage(keysetOf(false), {})).pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
  });
});

describe('a page is refused', () => {
  test.each([{ first: 0 }, { first: 1001 }, { last: -1 }, { last: 1001 }])('of %j edges', (args) => {
    expect(() => keysetOf(false).page(args, [])).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED', message: expect.stringMatching(/1 to 1,000/) as string }));
  });

  test('that asks for first and last', () => {
    expect(() => keysetOf(false).page({ first: 1, last: 1 }, [])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
  test.each([
    ['nonsense', 'nonsense'],
    ['nothing', ''],
    ['another order', cursor([1, 2])],
    ['a text for a number', cursor(['1; drop table entries', 'a', 1])],
    ['a number for a text', cursor([1, 2, 3])],
    ['a fraction for a whole number', cursor([1, 'a', 1.5])],
    ['a number past 32 bits', cursor([1, 'a', 2 ** 31])],
    ['NUL', cursor([1, 'a\0', 1])],
    ['half a surrogate pair', cursor([1, '\uD800', 1])],
    ['null', cursor([1, null, 1])],
    ['no list', cursor({ length: 3 })],
  ])('whose cursor holds %s', async (_what, after) => {
    await expect(readPage(keysetOf(false), { after })).rejects.toMatchObject({ code: 'INVALID_INPUT', details: { field: 'after' } });
  });
});

function mulberry(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
