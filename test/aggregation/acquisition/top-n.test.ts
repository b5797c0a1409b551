import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topN } from '../../../src/aggregation/index.js';

const scores = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.constant(NaN)), { maxLength: 60 }).map((values) => Float64Array.from(values));

describe('topN', () => {
  it('is the head of a stable sort, without what is not a number', () => {
    fc.assert(fc.property(scores, fc.nat(70), fc.constantFrom('lowest', 'highest'), (values, n, first) => {
      const sign = first === 'lowest' ? 1 : -1;
      const sorted = Array.from(values.keys())
        .filter((item) => !Number.isNaN(values[item]!))
        .sort((a, b) => (values[a]! === values[b]! ? a - b : sign * (values[a]! < values[b]! ? -1 : 1)));
      expect(Array.from(topN(values, n, first))).toEqual(sorted.slice(0, n));
    }), { numRuns: 2000 });
  });

  it('leaves the scores as they were', () => {
    const values = Float64Array.of(3, 1, 2);
    topN(values, 2, 'highest');
    expect(Array.from(values)).toEqual([3, 1, 2]);
  });

  it.each([-1, 1.5, NaN])('refuses n = %d', (n) => {
    expect(() => topN(Float64Array.of(1), n, 'lowest')).toThrow(RangeError);
  });
});
