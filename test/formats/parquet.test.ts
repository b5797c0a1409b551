import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { findReadableFormat, formatOfContentType } from '../../src/formats/formats.js';
import { parquet } from '../../src/formats/parquet/parquet.js';
import { readRuns } from '../../src/formats/parquet/runs.js';
import { mapped } from '../../src/formats/rows/table.js';
import { itemTable, predictionTable, voteTable } from '../../src/formats/rows/tables.js';
import { anyId, readBack } from './streams.js';

const abc = predictionTable(['a', 'b', 'c']);
const fixture = (name: string) => readFileSync(new URL(`parquet/${name}.parquet`, import.meta.url));
/** The numbers that the fixtures were written with. */
const numbers = (n: number) => {
  const weights = [0, 1, 2].map((k) => 1 + ((n * 31 + k * 17) % 97));
  return weights.map((weight) => weight / weights.reduce((a, b) => a + b, 0));
};
const rowsOf = (read: { rows: { item: string; probabilities: number[] }[] }) => read.rows.map(({ item, probabilities }) => [item, probabilities]);
const five = Array.from({ length: 5 }, (_, n) => [`item ${n} é🙂`, numbers(n)]);

describe('Parquet of other writers', () => {
  it.each([
    ['arrow-snappy', five],
    ['arrow-v2-zstd', five],
    ['arrow-float32-gzip', five.map(([item, row]) => [item, (row as number[]).map(Math.fround)])],
    ['duckdb-snappy', Array.from({ length: 40 }, (_, n) => [`item ${n}`, [0.5, 0.25, 0.25]])],
    ['duckdb-v2-zstd', Array.from({ length: 40 }, (_, n) => [`item ${n}`, [0.5, 0.25, 0.25]])],
    ['polars', [['x', [0.5, 0.25, 0.25]], ['y', [1, 0, 0]]]],
  ])('is read whatever the packing, encoding and size of its row groups: %s', async (name, expected) => {
    for (const batchSize of [1, 3, 10_000]) {
      const read = await readBack(parquet, abc, fixture(name), [700], batchSize);
      expect(read.fault).toBeNull();
      expect(read.rejects).toEqual([]);
      expect(rowsOf(read)).toEqual(expected);
      expect(read.rows.map((row) => row.line)).toEqual(expected.map((_, n) => n + 1));
      expect(Math.max(...read.batchSizes)).toBeLessThanOrEqual(batchSize);
    }
  });

  it('is read with a column for each number, in any order, and whole numbers as ids', async () => {
    expect(rowsOf(await readBack(parquet, abc, fixture('arrow-columns-brotli')))).toEqual(Array.from({ length: 5 }, (_, n) => [`${n}`, numbers(n)]));
  });

  it('is read by names in any case and with blanks around, those to the letter before others, and by names of a map', async () => {
    const halves = { a: 0.5, b: 0.25, c: 0.25 };
    const parts = Object.entries(halves).map(([name, value]) => ({ name: ` P_${name.toUpperCase()}`, data: [value] }));
    const read = await readBack(parquet, abc, file([...parts, { name: 'Item ', data: ['x'] }]));
    expect([rowsOf(read), read.fault, read.unread]).toEqual([[['x', [0.5, 0.25, 0.25]]], null, []]);
    const votes = [{ name: 'Item', data: ['1'] }, { name: 'item', data: ['2'] }, { name: 'WorkerId', data: ['w'] }, { name: 'LABEL', data: ['x'] }];
    const named = await readBack(parquet, mapped(voteTable, { annotator: 'WorkerId' }), file(votes));
    expect(named).toMatchObject({ rows: [{ item: '2', annotator: 'w', class: 'x' }], fault: null, unread: ['Item'] });
    expect((await readBack(parquet, voteTable, file(votes))).fault?.message)
      .toBe('the file has the columns Item, item, WorkerId, LABEL, and needs annotator or worker or performer; tell by --map annotator=NAME (in a request ?map=annotator=NAME) what the file calls it');
    expect((await readBack(parquet, voteTable, file([...votes.slice(2), { name: 'Item', data: ['1'] }, { name: 'TASK', data: ['2'] }]))).fault?.message).toContain('the file has the columns Item, TASK, all for item; keep one');
  });

  it('tells columns that nobody reads', async () => {
    expect((await readBack(parquet, abc, fixture('arrow-snappy'))).unread).toEqual(['fold']);
  });

  it('has rows with holes rejected, each by itself', async () => {
    const read = await readBack(parquet, abc, fixture('arrow-holes'));
    expect(rowsOf(read)).toEqual([['a', [0.5, 0.25, 0.25]], ['c', []], ['e', [1, NaN, 0]], ['f', [0, 0, 1]]]);
    expect(read.rejects).toEqual([
      { line: 2, code: 'MISSING', message: 'probabilities is missing; every prediction needs all 3 numbers' },
      { line: 4, code: 'MISSING', message: 'item is missing or empty; every prediction needs one' },
    ]);
  });

  it('is read as votes and items, with times, durations, dictionaries and nulls', async () => {
    const votes = await readBack(parquet, voteTable, fixture('arrow-votes'));
    expect(votes.fault).toBeNull();
    const none = { voteId: null, guidelineVersion: null };
    expect(votes.rows).toEqual([
      { line: 1, item: 'x', annotator: '7', class: 'ham', outcome: null, time: new Date('2026-01-31T12:00:00.123Z'), durationMs: 5, comment: 'é\n"', ...none },
      { line: 2, item: 'y', annotator: '8', class: null, outcome: 'SKIP', time: null, durationMs: null, comment: null, ...none },
      { line: 3, item: 'z', annotator: '9223372036854775807', class: 'spam', outcome: null, time: new Date(0), durationMs: 0, comment: null, ...none },
    ]);
    expect((await readBack(parquet, itemTable, fixture('arrow-items'))).rows).toEqual([{ line: 1, item: 'x', payload: { a: [1, 2] } }, { line: 2, item: 'y', payload: null }]);
  });
});

describe('any Parquet', () => {
  it('gives back every id and every bit of every number', async () => {
    const row = fc.record({ item: anyId, probabilities: fc.array(fc.double(), { minLength: 0, maxLength: 5 }) });
    await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 30 }), fc.constantFrom(64, 1 << 20), async (rows, rowGroupSize, batchSize, pageSize) => {
      const read = await readBack(parquet, abc, listFile(rows, { rowGroupSize, pageSize }), [1000], batchSize);
      expect(read.fault).toBeNull();
      expect(read.rejects).toEqual([]);
      expect(rowsOf(read)).toEqual(rows.map(({ item, probabilities }) => [item, probabilities]));
    }), { numRuns: 25 });
  });

  it('is read in pages, however many rows it has', async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => ({ item: `i${n}`, probabilities: numbers(n) }));
    const read = await readBack(parquet, abc, listFile(rows, { rowGroupSize: 1_000_000, pageSize: 4096 }), [1 << 16]);
    expect(read.batchSizes).toEqual([10_000, 10_000, 10_000]);
    expect(rowsOf(read)).toEqual(rows.map(({ item, probabilities }) => [item, probabilities]));
  });

  it('that is broken anywhere is refused or read, and harms nobody', async () => {
    const whole = fixture('arrow-snappy');
    const random = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(fc.asyncProperty(fc.array(random, { minLength: 1, maxLength: 8 }), async (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      const { fault } = await readBack(parquet, abc, bytes);
      if (fault) expect(fault.constructor.name).toBe('FormatError');
    }), { numRuns: 25 });
  });

  it('that does not say how many rows it has is refused, not read for ever', async () => {
    const bytes = Buffer.from(fixture('arrow-snappy'));
    [bytes[1033], bytes[1805]] = [97, 105];
    expect((await readBack(parquet, abc, bytes)).fault!.message).toBe('the Parquet file does not say how many rows it has; write it anew');
  });

  it('leaves no file behind', async () => {
    const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('assay-upload-'));
    const before = await left();
    await readBack(parquet, abc, fixture('arrow-snappy'));
    await readBack(parquet, abc, 'PAR1 and no more');
    for await (const batch of parquet.read(bytesOf(fixture('arrow-snappy')), abc, { batchSize: 2 })) if (batch.rows.length > 0) break;
    await expect(async () => { for await (const batch of parquet.read(failing(), abc)) expect(batch).toBeNull(); }).rejects.toThrow('the connection broke');
    expect((await left()).filter((name) => !before.includes(name))).toEqual([]);
  });

  it.each([
    ['is cut short', () => fixture('arrow-snappy').subarray(0, 2000), /does not end as one does/],
    ['is gzip', () => gzipSync(fixture('arrow-snappy')), /packed within, send it as it is/],
    ['is CSV', () => Buffer.from('item,p_a,p_b,p_c\nx,1,0,0\n'), /does not begin as Parquet does/],
    ['is empty', () => Buffer.alloc(0), /0 bytes, which is too short/],
    ['has no column of items', () => file([{ name: 'key', data: ['x'] }, { name: 'probabilities', data: [0.5] }]), /the file has the columns key, probabilities, and needs item or task/],
    ['lacks a class', () => file([{ name: 'item', data: ['x'] }, { name: 'p_a', data: [0.5] }, { name: 'p_c', data: [0.5] }]), /the file has the columns item, p_a, p_c, and needs probabilities, or p_a, p_b, p_c/],
    ['has lists and columns', () => file([{ name: 'item', data: ['x'] }, { name: 'probabilities', data: [0.5] }, { name: 'p_a', data: [0.5] }]), /has both probabilities and p_a; keep one/],
    ['has two columns of items', () => file([{ name: 'item', data: ['x'] }, { name: 'task', data: ['y'] }, { name: 'p_a', data: [0.5] }]), /has the columns item, task, all for item; keep one/],
    ['has text for numbers', () => file([{ name: 'item', data: ['x'] }, ...['a', 'b', 'c'].map((name) => ({ name: `p_${name}`, data: ['1'] }))]), /the column "p_a" is STRING|UTF8; write it as FLOAT or DOUBLE/],
    ['has one number for a list', () => file([{ name: 'item', data: ['x'] }, { name: 'probabilities', data: [0.5] }]), /the column "probabilities" is DOUBLE; write it as a list of FLOAT or DOUBLE/],
    ['has lists of text', () => fixture('arrow-list-of-text'), /the column "probabilities" is a list or group of STRING; write it as a list of FLOAT or DOUBLE/],
    ['has lists of lists', () => fixture('arrow-list-of-lists'), /the column "probabilities" is a list or group of DOUBLE; write it as a list of FLOAT or DOUBLE/],
    ['is packed as is not read', () => fixture('arrow-lz4'), /packed with LZ4_RAW; pack it with one of UNCOMPRESSED, SNAPPY, GZIP, BROTLI, ZSTD/],
  ])('that %s is refused, with what to do', async (_, bytes, message) => {
    const read = await readBack(parquet, abc, bytes());
    expect(read.rows).toEqual([]);
    expect(read.fault?.constructor.name).toBe('FormatError');
    expect(read.fault?.message).toMatch(message);
  });
});

describe('numbers in runs', () => {
  const read = (bytes: number[], width: number, count: number) => {
    const target = new Int32Array(count);
    readRuns(Uint8Array.from(bytes), 0, bytes.length, width, target);
    return Array.from(target);
  };

  it('are what a plain packing of their bits gives back', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 31 }), fc.array(fc.nat(), { minLength: 1, maxLength: 70 }), (width, given) => {
      const values = given.map((value) => value % 2 ** width);
      const groups = Math.ceil(values.length / 8);
      const bits = values.flatMap((value) => Array.from({ length: width }, (_, bit) => Math.floor(value / 2 ** bit) % 2));
      const packed = Array.from({ length: groups * width }, (_, byte) => Array.from({ length: 8 }, (__, bit) => (bits[8 * byte + bit] ?? 0) * 2 ** bit).reduce((a, b) => a + b, 0));
      expect(read([2 * groups + 1, ...packed], width, values.length)).toEqual(values);
    }));
  });

  it('stop where they are to, however long a run claims to be, and are refused where they end before', () => {
    const billion = [0x80, 0x80, 0x80, 0x80, 0x08, 5];
    expect(read(billion, 3, 4)).toEqual([5, 5, 5, 5]);
    expect(read([6, 5, 3, 0b10001000, 0b11000110, 0b11111010], 3, 8)).toEqual([5, 5, 5, 0, 1, 2, 3, 4]);
    expect(() => read([6, 5], 3, 4)).toThrow(/ends amid its numbers/);
    expect(() => read([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 3, 4)).toThrow(/ends amid its numbers/);
    expect(() => read([0, 0, 0, 0], 3, 4)).toThrow(/ends amid its numbers/);
    expect(() => read([0x81, 0x80, 0x80, 0x08, 1], 3, 40)).toThrow(/ends amid its numbers/);
  });
});

it('Parquet is found by its id and content types', () => {
  expect(findReadableFormat('parquet')).toBe(parquet);
  expect(formatOfContentType('application/vnd.apache.parquet')).toBe(parquet);
  expect(() => findReadableFormat('xls')).toThrow('there are: csv, ndjson, parquet');
});

function file(columnData: { name: string; data: unknown[] }[]): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData }));
}

function listFile(rows: { item: string; probabilities: number[] }[], options: { rowGroupSize: number; pageSize: number }): Buffer {
  return Buffer.from(parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 2 }, { name: 'item', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'probabilities', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'DOUBLE', repetition_type: 'REQUIRED' },
    ],
    columnData: [{ name: 'item', data: rows.map((row) => row.item) }, { name: 'probabilities', data: rows.map((row) => row.probabilities) }],
    ...options,
  }));
}

async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('PAR1');
  throw new Error('the connection broke');
}
