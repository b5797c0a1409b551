import { describe, expect, it } from 'vitest';
import { beta, binomial, dirichlet, gamma, normal, permutation, uniformIndex, uniformSource, weightedIndex } from '../../../src/aggregation/numeric/sampling.js';

const n = 40_000;

/** Mean and variance of n draws, and how far each is from what it should be, in standard errors taken from the draws. */
function moments(draw: () => number): { mean: number; variance: number; offMean: (mean: number) => number } {
  const values = Float64Array.from({ length: n }, draw);
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  return { mean, variance, offMean: (expected) => Math.abs(mean - expected) / Math.sqrt(variance / n) };
}

describe('a uniform source', () => {
  it('repeats with its seed and stream, differs with any other, and stays strictly between 0 and 1', () => {
    const first = (seed: number, stream: number) => Array.from({ length: 5 }, uniformSource(seed, stream));
    expect(first(1, 2)).toEqual(first(1, 2));
    const starts = [[0, 0], [1, 0], [0, 1], [2 ** 32, 0], [Number.MAX_SAFE_INTEGER, 7]].map(([seed, stream]) => first(seed!, stream!).join());
    expect(new Set(starts).size).toBe(starts.length);
    const random = uniformSource(3);
    for (let i = 0; i < n; i++) {
      const u = random();
      if (!(u > 0 && u < 1)) throw new Error(`${u} is outside`);
    }
  });

  it('fills ten bins evenly, and neighbouring seeds and streams are not correlated', () => {
    const random = uniformSource(5);
    const bins = new Float64Array(10);
    for (let i = 0; i < n; i++) bins[uniformIndex(random, 10)]!++;
    const chiSquare = bins.reduce((sum, seen) => sum + (seen - n / 10) ** 2 / (n / 10), 0);
    // 27.9 is the .999 quantile at nine degrees of freedom.
    expect(chiSquare).toBeLessThan(27.9);
    for (const [a, b] of [[uniformSource(8), uniformSource(9)], [uniformSource(8, 1), uniformSource(8, 2)]] as const) {
      expect(moments(() => (a() - 0.5) * (b() - 0.5)).offMean(0)).toBeLessThan(4);
    }
  });
});

describe('draws have the moments of their distribution', () => {
  it.each<[string, (random: () => number) => number, number, number]>([
    ['normal', normal, 0, 1],
    ['gamma 0.3', (random) => gamma(random, 0.3), 0.3, 0.3],
    ['gamma 1', (random) => gamma(random, 1), 1, 1],
    ['gamma 7.5', (random) => gamma(random, 7.5), 7.5, 7.5],
    ['beta 2, 5', (random) => beta(random, 2, 5), 2 / 7, 10 / (49 * 8)],
    ['beta .2, .1', (random) => beta(random, 0.2, 0.1), 2 / 3, 0.02 / (0.09 * 1.3)],
    ['binomial 10, .3', (random) => binomial(random, 10, 0.3), 3, 2.1],
    ['binomial 1000, .02', (random) => binomial(random, 1000, 0.02), 20, 19.6],
    ['binomial 100000, .7', (random) => binomial(random, 100_000, 0.7), 70_000, 21_000],
  ])('%s', (_, draw, mean, variance) => {
    const random = uniformSource(11);
    const drawn = moments(() => draw(random));
    expect(drawn.offMean(mean)).toBeLessThan(4);
    expect(Math.abs(drawn.variance / variance - 1)).toBeLessThan(0.05);
  });

  it('binomial 40, .25 has the probabilities of the distribution, not only its moments', () => {
    const random = uniformSource(12);
    const seen = new Float64Array(41);
    for (let i = 0; i < n; i++) seen[binomial(random, 40, 0.25)]!++;
    let probability = 0.75 ** 40;
    let chiSquare = 0;
    let cells = 0;
    for (let k = 0; k <= 40; k++) {
      if (n * probability > 20) {
        chiSquare += (seen[k]! - n * probability) ** 2 / (n * probability);
        cells++;
      }
      probability *= ((40 - k) / (k + 1)) * (0.25 / 0.75);
    }
    expect(cells).toBeGreaterThan(15);
    expect(chiSquare).toBeLessThan(cells + 4 * Math.sqrt(2 * cells));
  });

  it('binomial of no trials, of chance 0 and of chance 1', () => {
    const random = uniformSource(1);
    expect([binomial(random, 0, 0.5), binomial(random, 50, 0), binomial(random, 50, 1)]).toEqual([0, 0, 50]);
  });

  it('dirichlet rows sum to 1 and have the mean of their concentrations', () => {
    const random = uniformSource(13);
    const row = new Float64Array(4);
    const drawn = moments(() => {
      dirichlet(random, [1, 2, 5], row, 1);
      expect(row[0]).toBe(0);
      expect(Math.abs(row[1]! + row[2]! + row[3]! - 1)).toBeLessThan(1e-12);
      return row[3]!;
    });
    expect(drawn.offMean(5 / 8)).toBeLessThan(4);
  });
});

it('weighted draws follow the weights and never hit a weight of 0', () => {
  const random = uniformSource(14);
  const weights = [0, 3, 0.001, 0, 1, 6, 0];
  const draw = weightedIndex(weights);
  const seen = new Float64Array(weights.length);
  for (let i = 0; i < n; i++) seen[draw(random)]!++;
  weights.forEach((weight, i) => {
    const share = weight / 10.001;
    expect(Math.abs(seen[i]! - n * share)).toBeLessThanOrEqual(4 * Math.sqrt(n * share * (1 - share)));
  });
});

it('permutations of three come out equally often', () => {
  const random = uniformSource(15);
  const seen = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const order = permutation(random, 3).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210']);
  for (const count of seen.values()) expect(Math.abs(count - n / 6)).toBeLessThan(4 * Math.sqrt(n * (1 / 6) * (5 / 6)));
});
