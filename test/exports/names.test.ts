import { describe, expect, it } from 'vitest';
import { Names } from '../../src/exports/reading/names.js';
import type { CopyRows, ReadRows } from '../../src/platform/database/binary-copy-reader.js';

/** Answers as the database would, from names by code; tells how many rows each statement went through. */
function dictionary(names: ReadonlyMap<number, string>) {
  const statements: { whole: boolean; rows: number }[] = [];
  const read: ReadRows = (query, take) => {
    const range = /code between (\d+) and (\d+)/.exec(query);
    const wanted = range ? null : new Set(/'\{([\d,]*)\}'/.exec(query)![1]!.split(',').map(Number));
    const rows = [...names].filter(([code]) => (range ? code >= Number(range[1]) && code <= Number(range[2]) : wanted!.has(code))).sort(([a], [b]) => a - b);
    statements.push({ whole: range != null, rows: rows.length });
    if (!range) for (const [code, name] of rows) take(fields(code, name));
    else take(fields(rows.length, rows.at(-1)?.[0] ?? null, rows.map(([, name]) => name).join('\u0001')));
    return Promise.resolve();
  };
  return { statements, read };
}

function fields(...values: (number | string | null)[]): CopyRows {
  return { int4: () => values.shift(), text: () => values.shift() } as unknown as CopyRows;
}

const dense = (count: number, name = (code: number) => `item ${code}`) => new Map(Array.from({ length: count }, (_, code) => [code, name(code)]));
const codesOf = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('the names of codes', () => {
  it('come as whole pages where most of them are wanted, and are asked for once', async () => {
    const all = dense(5000, (code) => (code % 7 === 0 ? '' : `Ω${'x'.repeat(code % 30)}${code}`));
    const { statements, read } = dictionary(all);
    const names = new Names();
    for (const [from, to] of [[0, 4000], [1000, 5000], [0, 5000]] as const) {
      const known = await names.of(1, 'items', [...codesOf(from, to), null], read);
      for (const code of codesOf(from, to)) expect(known.get(code)).toBe(all.get(code));
    }
    expect(statements).toEqual([{ whole: true, rows: 4096 }, { whole: true, rows: 904 }]);
  });

  it('come one by one where few of a page are wanted, and other projects and tables have their own', async () => {
    const { statements, read } = dictionary(dense(100_000));
    const names = new Names();
    expect((await names.of(1, 'items', [3, 99_999, 3, 50_000], read)).get(50_000)).toBe('item 50000');
    expect(statements).toEqual([{ whole: false, rows: 3 }]);
    const other = dictionary(new Map([[3, 'another']]));
    expect((await names.of(2, 'items', [3], other.read)).get(3)).toBe('another');
    expect((await names.of(1, 'annotators', [3], other.read)).get(3)).toBe('another');
    expect((await names.of(1, 'items', [3], other.read)).get(3)).toBe('item 3');
  });

  it('that are given later are found behind those that were there', async () => {
    const names = new Names();
    await names.of(1, 'items', codesOf(0, 1500), dictionary(dense(1500)).read);
    const { statements, read } = dictionary(dense(2500));
    const known = await names.of(1, 'items', codesOf(1400, 2500), read);
    for (const code of codesOf(0, 2500)) expect(known.get(code)).toBe(`item ${code}`);
    expect(statements).toEqual([{ whole: true, rows: 1476 }]);
  });

  it.each([
    ['a name has the character between them', new Map(dense(1024)).set(500, 'a\u0001b'), 500],
    ['as many names have it as are missing', new Map([...dense(1024)].filter(([code]) => code !== 7)).set(500, 'a\u0001b'), 500],
    ['one was taken away', new Map([...dense(1024)].filter(([code]) => code !== 500)), 500],
  ])('are right though %s', async (_, all, odd) => {
    const known = await new Names().of(1, 'items', codesOf(0, 1024), dictionary(all).read);
    for (const code of codesOf(0, 1024)) expect(known.get(code)).toBe(all.get(code));
    expect(known.get(odd)).toBe(all.get(odd));
  });
});
