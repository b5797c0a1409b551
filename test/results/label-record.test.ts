import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostRecordBytes, readRecord, writeRecord } from '../../src/results/label-record.js';

function written(votes: number, row: Float64Array): Uint8Array {
  const bytes = new Uint8Array(mostRecordBytes(row.length));
  return bytes.subarray(0, writeRecord(new DataView(bytes.buffer), 0, votes, row, 0, row.length));
}

function read(bytes: Uint8Array, K: number): { votes: number; row: Float64Array } {
  const row = new Float64Array(K).fill(NaN);
  return { votes: readRecord(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length, row, 0, K), row };
}

const probability = fc.double({ min: 0, max: 1, noNaN: true });
/** Rows of any kind: all different, and few that differ from the rest. */
const rows = fc.oneof(
  fc.array(probability, { minLength: 1, maxLength: 40 }),
  fc.tuple(fc.integer({ min: 1, max: 2000 }), probability, fc.array(fc.tuple(fc.nat(), probability), { maxLength: 12 })).map(([K, background, others]) => {
    const row = new Array<number>(K).fill(background);
    for (const [k, p] of others) row[k % K] = p;
    return row;
  }),
).map((row) => Float64Array.from(row));

describe('a record', () => {
  it('gives back its votes and its probabilities to the bit', () => {
    fc.assert(fc.property(rows, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (row, votes) => {
      const bytes = written(votes, row);
      expect(bytes.length).toBeLessThanOrEqual(mostRecordBytes(row.length));
      const back = read(bytes, row.length);
      expect(back.votes).toBe(votes);
      expect(new Uint8Array(back.row.buffer)).toEqual(new Uint8Array(row.buffer));
    }), { numRuns: 500 });
  });

  it('of a thousand classes takes what is not like the rest', () => {
    const row = new Float64Array(1000);
    row.set([0.7, 0.2, 0.1], 500);
    expect(written(3, row).length).toBe(5 + 8 + 3 * 10);
    row.fill(1e-6).set([0.7, 0.2, 0.1], 997);
    expect(written(3, row).length).toBe(5 + 8 + 3 * 10);
  });

  it('of other classes than its own is refused, not misread', () => {
    const dense = written(1, Float64Array.of(0.25, 0.25, 0.5));
    expect(() => read(dense, 2)).toThrow(/25 bytes is none of 2 classes/);
    expect(() => read(dense, 4)).toThrow(/25 bytes is none of 4 classes/);
    const row = new Float64Array(100);
    row[99] = 1;
    expect(() => read(written(1, row), 50)).toThrow(/none of 50 classes/);
  });
});
