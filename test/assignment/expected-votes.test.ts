import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedVotes } from '../../src/assignment/states/expected-votes.js';
import { quantilesOf, rankIn } from '../../src/assignment/scoring/rank-mixing.js';

describe('expected votes', () => {
  it('are all that is missing where nobody finishes early', () => {
    expect(expectedVotes({ open: [10, 5, 0, 0], finished: [0, 0, 0, 0] }, 3)).toBe(10 * 3 + 5 * 2);
    expect(expectedVotes({ open: [0, 0, 4, 0], finished: [0, 0, 0, 20] }, 3)).toBe(4);
  });

  it('are one for each open item where the next vote always finishes', () => {
    expect(expectedVotes({ open: [7, 0, 0, 0], finished: [0, 50, 0, 0] }, 3)).toBe(7);
  });

  it('follow the shares of items that finished at each vote', () => {
    // Half of those that got a second vote finished by it, and the others take the third.
    expect(expectedVotes({ open: [0, 8, 0, 0], finished: [0, 0, 10, 10] }, 3)).toBeCloseTo(8 * 1.5, 12);
  });

  it('never pass the maximum of every open item, nor fall below one vote each', () => {
    fc.assert(fc.property(fc.array(fc.nat(50), { minLength: 6, maxLength: 6 }), fc.array(fc.nat(50), { minLength: 6, maxLength: 6 }), (open, finished) => {
      const found = expectedVotes({ open, finished }, 5);
      const below = open.slice(0, 5);
      expect(found).toBeLessThanOrEqual(below.reduce((sum, items, votes) => sum + items * (5 - votes), 0) + 1e-9);
      expect(found).toBeGreaterThanOrEqual(below.reduce((sum, items) => sum + items, 0) - 1e-9);
    }));
  });
});

describe('ranks', () => {
  it('keep the order of the numbers and fill 0 to 1', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2000 }), (numbers) => {
      const quantiles = quantilesOf(Float64Array.from(numbers));
      const sorted = [...numbers].sort((a, b) => a - b);
      const ranks = sorted.map((number) => rankIn(quantiles, number));
      for (let i = 1; i < ranks.length; i++) expect(ranks[i]).toBeGreaterThanOrEqual(ranks[i - 1]! - 1e-12);
      expect(ranks[0]).toBe(0);
      expect(ranks.at(-1)!).toBeLessThanOrEqual(1);
    }), { examples: [[[2.0956323250114558e+293, -1.7976931348623137e+308]], [[-3.5e-323, -4e-323, 0, 0]]], numRuns: 2000 });
  });

  it('of two even scales fall together', () => {
    const [small, large] = [Float64Array.from({ length: 999 }, (_, i) => i), Float64Array.from({ length: 999 }, (_, i) => 1000 * i - 5)];
    for (const i of [0, 100, 500, 998]) expect(rankIn(quantilesOf(small), small[i]!)).toBeCloseTo(rankIn(quantilesOf(large), large[i]!), 2);
  });
});
