import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascendingOrder } from '../../src/aggregation/index.js';

const byComparing = (values: Float64Array) => Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 }), fc.double({ min: 0, max: 1, noNaN: true }));

describe('ascendingOrder', () => {
  it.each([[0, 50], [4000, 4200]])('is the order by comparing, equal values by index, of %i to %i values', (minLength, maxLength) => {
    fc.assert(fc.property(fc.array(numbers, { minLength, maxLength, size: 'max' }), (array) => {
      const values = Float64Array.from(array);
      expect(Array.from(ascendingOrder(values))).toEqual(byComparing(values));
    }), { numRuns: 40 });
  });

  it('takes infinities, and 0 and -0 for one', () => {
    const values = Float64Array.from({ length: 5000 }, (_, i) => [0, -0, Infinity, -Infinity, 5e-324, -5e-324, 1.5, -1.5][(i * 5) % 8]!);
    const order = ascendingOrder(values);
    const expected = Array.from(values.keys()).sort((a, b) => (values[a] === values[b] ? a - b : values[a]! < values[b]! ? -1 : 1));
    expect(Array.from(order)).toEqual(expected);
  });
});
