import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaQuantile, drawSample, sampledShare } from '../../../src/aggregation/index.js';
import { uniformSource } from '../../../src/aggregation/numeric/sampling.js';

const hits = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 });
const chances = (n: number) => fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: n, maxLength: n });

describe('a share estimated from a sample', () => {
  it('is within its hits, and its interval within 0 and 1', () => {
    fc.assert(fc.property(hits.chain((some) => fc.tuple(fc.constant(some), chances(some.length))), ([some, p]) => {
      const { value, low, high } = sampledShare(some, p);
      expect(value).toBeGreaterThanOrEqual(Math.min(...some) - 1e-12);
      expect(value).toBeLessThanOrEqual(Math.max(...some) + 1e-12);
      expect(0 <= low && low <= high && high <= 1).toBe(true);
    }));
  });

  it('is the plain mean with equal chances, and the interval that of n - 1 items, widened by what was not drawn', () => {
    const some = Array.from({ length: 40 }, (_, i) => Number(i % 5 > 0));
    const { value, low, high, effectiveSize } = sampledShare(some, some.map(() => 0.25));
    expect(value).toBeCloseTo(0.8, 12);
    // The variance of a simple random sample: (1 - n/N) p (1 - p) / (n - 1).
    expect(effectiveSize).toBeCloseTo(39 / 0.75, 9);
    expect(low).toBeCloseTo(betaQuantile(0.025, 1 + 0.8 * effectiveSize, 1 + 0.2 * effectiveSize), 12);
    expect(high).toBeCloseTo(betaQuantile(0.975, 1 + 0.8 * effectiveSize, 1 + 0.2 * effectiveSize), 12);
  });

  it('is the population itself when all of it was drawn', () => {
    expect(sampledShare([1, 0, 1, 1], [1, 1, 1, 1])).toEqual({ value: 0.75, low: 0.75, high: 0.75, effectiveSize: Infinity });
  });

  it('has an interval of some width where all are alike', () => {
    const all = sampledShare(new Array(1000).fill(1), new Array(1000).fill(0.01));
    expect(all).toMatchObject({ value: 1, effectiveSize: 1000 });
    expect(all.low).toBeCloseTo(betaQuantile(0.025, 1001, 1), 12);
    expect(sampledShare([1], [0.5])).toMatchObject({ value: 1, effectiveSize: 1 });
  });

  it.each([[[], [], 'no items'], [[1], [0], 'a chance of 0'], [[1], [1.5], 'a chance of 1.5'], [[1], [NaN], 'a chance of NaN']])('is refused for %j with %j', (some, p, message) => {
    expect(() => sampledShare(some, p)).toThrow(message);
  });

  /** A population whose uncertain items are wrong more often; samples of it, and how often the interval holds the truth. */
  function coverage(bySize: boolean, accuracyOfSure: number, count: number): { covered: number; bias: number; truth: number } {
    const N = 2000;
    const random = uniformSource(9, 9);
    const codes = Int32Array.from({ length: N }, (_, i) => i);
    const sizes = Float64Array.from(codes, () => 0.1 + random() ** 3);
    const right = Float64Array.from(sizes, (size) => Number(random() < accuracyOfSure - 0.4 * size));
    const truth = right.reduce((sum, hit) => sum + hit, 0) / N;
    const seeds = 600;
    let covered = 0;
    let total = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const sample = drawSample({ codes, ...(bySize && { sizes }) }, count, seed);
      const { value, low, high } = sampledShare(Float64Array.from(sample.codes, (code) => right[code]!), sample.probabilities);
      covered += Number(low <= truth && truth <= high);
      total += value;
    }
    return { covered: covered / seeds, bias: total / seeds - truth, truth };
  }

  it.each([
    [false, 0.95, 100], [true, 0.95, 100], [true, 0.95, 300], [true, 1, 200], [true, 1.1, 200], [false, 0.7, 50],
  ])('holds the truth in some 95 of 100 samples: by size %s, accuracy of the sure %d, %d items', (bySize, accuracyOfSure, count) => {
    const { covered, bias, truth } = coverage(bySize, accuracyOfSure, count);
    expect(covered).toBeGreaterThanOrEqual(0.925);
    // Three standard errors of the mean of 600 estimates.
    expect(Math.abs(bias)).toBeLessThan(3 * Math.sqrt((truth * (1 - truth)) / count / 600) * 1.5);
  });
});
