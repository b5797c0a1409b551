import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixOf, packedOf, packMatrix } from '../../src/results/packed-matrix.js';

const probability = fc.double({ min: 0, max: 1, noNaN: true });
const matrices = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 })).chain(([K, rows]) => fc.record({
  K: fc.constant(K), rows: fc.constant(rows),
  values: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(1e-9) }, { weight: 1, arbitrary: probability }), { minLength: K * rows, maxLength: K * rows }).map((array) => Float64Array.from(array)),
}));

describe('a packed matrix', () => {
  it('gives back its numbers to the bit, whether it was kept so or as plain numbers', () => {
    fc.assert(fc.property(matrices, ({ K, rows, values }) => {
      const { starts, bytes } = packMatrix(values, 0, rows, K);
      const kept = { values: null, starts: Array.from(starts), bytes: Buffer.from(bytes) };
      expect(matrixOf(kept, K)).toEqual(values);
      const plain = { values: Array.from(values), starts: null, bytes: null };
      expect(matrixOf(plain, K)).toEqual(values);
      const packed = packedOf(plain, K)!;
      expect([Array.from(packed.starts), Buffer.from(packed.bytes)]).toEqual([kept.starts, kept.bytes]);
    }), { numRuns: 300 });
  });

  it('of a thousand classes takes what is not the same in a row', () => {
    const values = new Float64Array(60 * 1000).fill(1e-7);
    for (let row = 0; row < 60; row++) values[row * 1000 + row] = 0.9;
    expect(packMatrix(values, 0, 60, 1000).bytes.length).toBe(60 * (1 + 8 + 10));
  });

  it('is null where there is none', () => {
    expect(matrixOf({ values: null, starts: null, bytes: null }, 3)).toBeNull();
    expect(packedOf({ values: null, starts: null, bytes: null }, 3)).toBeNull();
  });
});
