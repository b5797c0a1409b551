import { describe, expect, it } from 'vitest';
import { agreementMetrics, measureAgreement } from '../../../src/aggregation/agreement.js';
import { countClasses } from '../../../src/aggregation/agreement/class-counts.js';
import { resampledCounts } from '../../../src/aggregation/agreement/bootstrap.js';
import { uniformSource } from '../../../src/aggregation/numeric/sampling.js';
import { simulateCrowd } from '../../../src/aggregation/simulate.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';

const crowd = (options: Parameters<typeof simulateCrowd>[0], seed = 1) => new VoteTable(simulateCrowd(options, seed).columns);

describe.each(agreementMetrics.map((metric) => metric.id))('the interval of %s', (metric) => {
  it('holds the value, repeats with its seed, and moves with another', () => {
    const votes = crowd({ items: 300, annotators: 8 });
    const one = measureAgreement({ metric, votes, replicates: 100, seed: 4 });
    expect(one.interval!.low).toBeLessThan(one.value);
    expect(one.interval!.high).toBeGreaterThan(one.value);
    expect(measureAgreement({ metric, votes, replicates: 100, seed: 4 })).toEqual(one);
    expect(measureAgreement({ metric, votes, replicates: 100, seed: 5 }).interval).not.toEqual(one.interval);
  });

  it('is as wide as values vary between crowds drawn alike', () => {
    const values = Float64Array.from({ length: 60 }, (_, seed) => measureAgreement({ metric, votes: crowd({ items: 400, annotators: 6, skillDeviation: 0, model: 'one-coin' }, seed) }).value);
    const mean = values.reduce((sum, value) => sum + value, 0) / 60;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59);
    const { interval } = measureAgreement({ metric, votes: crowd({ items: 400, annotators: 6, skillDeviation: 0, model: 'one-coin' }), replicates: 400 });
    const width = interval!.high - interval!.low;
    expect(width / (2 * 1.96 * deviation)).toBeGreaterThan(0.7);
    expect(width / (2 * 1.96 * deviation)).toBeLessThan(1.4);
  });
});

it('a wider level gives a wider interval that holds the narrower one', () => {
  const votes = crowd({ items: 200 });
  const narrow = measureAgreement({ metric: 'fleiss-kappa', votes, replicates: 300, level: 0.5 }).interval!;
  const wide = measureAgreement({ metric: 'fleiss-kappa', votes, replicates: 300, level: 0.99 }).interval!;
  expect(wide.low).toBeLessThan(narrow.low);
  expect(wide.high).toBeGreaterThan(narrow.high);
});

it('replicates in which the metric is undefined are counted and left out', () => {
  const votes = new VoteTable({ items: [0, 0, 1, 1, 2, 2], annotators: [0, 1, 0, 1, 0, 1], classes: [0, 0, 0, 0, 0, 1], itemCount: 3, annotatorCount: 2, classCount: 2 });
  const { interval } = measureAgreement({ metric: 'krippendorff-alpha-nominal', votes, replicates: 2000 });
  // The third item is not drawn in (2/3)^3 of the replicates: all votes are then of one class.
  expect(interval!.undefinedReplicates / 2000).toBeCloseTo(8 / 27, 1);
  expect(interval!.high).toBeLessThanOrEqual(1);
});

it.each([['few distinct items, drawn by binomials', 5000, 2], ['many distinct items, drawn one by one', 300, 6]])('resampling %s: each count is binomial', (_, items, classes) => {
  const counts = countClasses(crowd({ items, classes, votesPerItem: 3 }), null);
  expect(counts.items.length * 40 < items).toBe(classes === 2);
  const resample = resampledCounts(counts, uniformSource(3));
  const replicates = 3000;
  const sum = new Float64Array(counts.items.length);
  const squares = new Float64Array(counts.items.length);
  for (let r = 0; r < replicates; r++) {
    const drawn = resample().items;
    expect(drawn.reduce((total, n) => total + n, 0)).toBe(items);
    drawn.forEach((n, p) => {
      sum[p]! += n;
      squares[p]! += n * n;
    });
  }
  for (let p = 0; p < sum.length; p++) {
    const mean = counts.items[p]!;
    const variance = mean * (1 - mean / items);
    const seen = sum[p]! / replicates;
    expect(Math.abs(seen - mean)).toBeLessThan(5 * Math.sqrt(variance / replicates));
    if (mean > 20) expect(Math.abs((squares[p]! / replicates - seen * seen) / variance - 1)).toBeLessThan(0.2);
  }
});
