import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreItemsFor, VoteTable } from '../../src/aggregation/index.js';
import { posteriorsOf, Ranking, type RankedEntry } from '../../src/assignment/queue/ranking.js';

const K = 3;
const matrix = (right: number) => Float64Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? right : (1 - right) / (K - 1)));
const matrices = (values: Float64Array) => ({ offsets: Int32Array.of(0, K), labels: Int32Array.of(0, 1, 2), values });
const parameters = { classPriors: Float64Array.of(0.5, 0.3, 0.2), pooled: matrices(matrix(0.7)), confusion: matrices(matrix(0.9)) };
const label = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: K, maxLength: K }).map((row) => Float64Array.from(row, (p) => p / row.reduce((a, b) => a + b)));

describe('the ranking of entries for one annotator', () => {
  const entries = fc.array(fc.record({
    strategy: fc.constantFrom('information-gain', 'activelab'), score: fc.double({ noNaN: true }), votes: fc.nat(5), leases: fc.nat(3), label: fc.option(label),
  }), { minLength: 1, maxLength: 40 }).map((rows) => rows.map((row, item) => ({ item, ...row })));

  it('has each kind in its own places, information gain by what this annotator tells, the others by who holds them', () => {
    fc.assert(fc.property(entries, (given) => {
      const own = given.filter((entry) => entry.strategy === 'information-gain');
      const posteriors = posteriorsOf(own.map((entry) => entry.label), parameters.classPriors);
      const gains = own.length === 0 ? [] : scoreItemsFor('information-gain', {
        votes: new VoteTable({ items: [], annotators: [], classes: [], itemCount: own.length, annotatorCount: 1, classCount: K }), posteriors, parameters, costs: Float64Array.of(2),
      }, 0);
      const choices = [...new Ranking(given, { parameters, posteriors, cost: 2 })];
      expect(choices.map((choice) => choice.strategy)).toEqual(given.map((entry) => entry.strategy));
      const worth = new Map(own.map((entry, i) => [entry.item, gains[i]!]));
      const ofKind = (strategy: string) => choices.filter((choice) => choice.strategy === strategy);
      expect(ofKind('information-gain').map((choice) => choice.score)).toEqual(ofKind('information-gain').map(({ item }) => worth.get(item)));
      const sortedOwn = own.map((entry, i) => ({ item: entry.item, left: gains[i]! / (1 + entry.leases) })).sort((a, b) => b.left - a.left);
      expect(ofKind('information-gain').map((choice) => choice.item)).toEqual(sortedOwn.map((entry) => entry.item));
      const sortedOthers = given.filter((entry) => entry.strategy === 'activelab').sort((a, b) => a.leases - b.leases);
      expect(ofKind('activelab').map(({ item, score }) => ({ item, score }))).toEqual(sortedOthers.map(({ item, score }) => ({ item, score: Number.isFinite(score) ? score : null })));
    }));
  });

  it('is by who holds them alone where nothing is known of annotators, and tells the first entries', () => {
    const given: RankedEntry[] = [2, 0, 1, 0].map((leases, item) => ({ item, leases, score: item, votes: 0, strategy: 'fewest-votes' }));
    const ranking = new Ranking(given, null);
    expect([...ranking].map((choice) => choice.item)).toEqual([1, 3, 2, 0]);
    expect(ranking.first(2)).toEqual([given[1], given[3]]);
    expect(ranking.length).toBe(4);
  });
});
