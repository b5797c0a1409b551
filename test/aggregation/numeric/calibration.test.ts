import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibration, fitTemperature, withTemperature } from '../../../src/aggregation/numeric/calibration.js';

/** Rows of K probabilities, some with ties and zeros, and a gold answer each (sometimes unknown, never all). */
const crowds = fc.integer({ min: 2, max: 6 }).chain((K) =>
  fc.record({
    K: fc.constant(K),
    rows: fc.array(
      fc.record({ weights: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: K, maxLength: K }), gold: fc.integer({ min: -1, max: K - 1 }) }),
      { minLength: 1, maxLength: 40 },
    ),
  }),
);

function arrays({ K, rows }: { K: number; rows: { weights: number[]; gold: number }[] }) {
  const posteriors = Float64Array.from(
    rows.flatMap(({ weights }) => {
      const total = weights.reduce((a, b) => a + b, 0);
      return weights.map((w) => (total > 0 ? w / total : 1 / K));
    }),
  );
  const gold = Int32Array.from(rows, (row) => row.gold);
  if (gold.every((g) => g === -1)) gold[0] = 0;
  return { K, posteriors, gold };
}

describe('calibration', () => {
  it('keeps every score inside its range and the bins add up to the items', () => {
    fc.assert(
      fc.property(crowds, (crowd) => {
        const { K, posteriors, gold } = arrays(crowd);
        const found = calibration(posteriors, K, gold);
        expect(found.items).toBe(gold.filter((g) => g >= 0).length);
        expect(found.bins.reduce((sum, bin) => sum + bin.items, 0)).toBe(found.items);
        for (const score of [found.accuracy, found.ece, found.brier / 2]) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(found.nll).toBeGreaterThanOrEqual(0);
        expect(found.nll).toBeLessThanOrEqual(-Math.log(0.01 / K) + 1e-12);
      }),
    );
  });

  it('does not change when the classes are renumbered, ties included', () => {
    fc.assert(
      fc.property(crowds, (crowd) => {
        const { K, posteriors, gold } = arrays(crowd);
        const turned = posteriors.map((_, at) => posteriors[at - (at % K) + ((at % K) + 1) % K]!);
        const before = calibration(posteriors, K, gold);
        const after = calibration(turned, K, gold.map((g) => (g < 0 ? g : (g + K - 1) % K)));
        for (const score of ['accuracy', 'nll', 'brier', 'ece', 'calibratedNll'] as const) expect(after[score]).toBeCloseTo(before[score], 9);
      }),
    );
  });

  it('finds a temperature that no other beats, and the loss at it is never above the loss untouched', () => {
    fc.assert(
      fc.property(crowds, fc.double({ min: 0.02, max: 50, noNaN: true }), (crowd, other) => {
        const { K, posteriors, gold } = arrays(crowd);
        const loss = (t: number) => {
          const p = withTemperature(posteriors, K, t);
          let sum = 0;
          gold.forEach((g, item) => (sum -= g < 0 ? 0 : Math.log(Math.max(p[item * K + g]!, 1e-300))));
          return sum;
        };
        const best = loss(fitTemperature(posteriors, K, gold));
        expect(best).toBeLessThanOrEqual(loss(other) + 1e-6);
        expect(best).toBeLessThanOrEqual(loss(1) + 1e-6);
      }),
    );
  });

  it('counts a two-way tie half and a class beside the best not at all', () => {
    const found = calibration(Float64Array.of(0.5, 0.5, 0, 0.5, 0.5, 0, 0.6, 0.4, 0), 3, Int32Array.of(0, 2, 0));
    expect(found.accuracy).toBeCloseTo((0.5 + 0 + 1) / 3, 12);
  });

  it('gives the textbook figures for one sure right and one sure wrong answer', () => {
    const found = calibration(Float64Array.of(1, 0, 1, 0), 2, Int32Array.of(0, 1));
    expect(found.brier).toBeCloseTo(1, 12);
    expect(found.ece).toBeCloseTo(0.5, 12);
    expect(found.nll).toBeCloseTo((-Math.log(0.995) - Math.log(0.005)) / 2, 12);
    expect(found.bins.at(-1)).toMatchObject({ items: 2, confidence: 1, accuracy: 0.5 });
  });

  it('softens soft labels that were too sure and leaves honest ones alone', () => {
    const sure = Float64Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? 0.99 : 0.01));
    const gold = Int32Array.from({ length: 200 }, (_, item) => (item % 4 === 0 ? 1 : 0));
    const temperature = fitTemperature(sure, 2, gold);
    expect(temperature).toBeGreaterThan(2);
    const mended = withTemperature(sure, 2, temperature);
    expect(mended[0]).toBeCloseTo(0.75, 6);
    expect(fitTemperature(mended, 2, gold, 1e-9)).toBeCloseTo(1, 4);
  });

  it('refuses what cannot be scored, naming the item, the value and the limit', () => {
    const two = Float64Array.of(0.5, 0.5);
    expect(() => calibration(two, 2, Int32Array.of(2))).toThrow('item 0: gold answer 2 is neither -1 nor a class index from 0 to 1');
    expect(() => calibration(two, 2, Int32Array.of(-1))).toThrow('no item has a gold answer');
    expect(() => calibration(two, 2, Int32Array.of(0, 1))).toThrow('posteriors has 2 entries; 2 gold answers and 2 classes need 4');
    expect(() => calibration(Float64Array.of(NaN, 0.5), 2, Int32Array.of(1))).toThrow('item 0: posterior of class 0 is NaN');
    expect(() => calibration(two, 2, Int32Array.of(0), { smoothing: 0 })).toThrow('smoothing is 0');
    expect(() => withTemperature(two, 2, 0)).toThrow('temperature is 0');
  });
});
