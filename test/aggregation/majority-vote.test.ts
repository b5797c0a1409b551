import { describe, expect, it } from 'vitest';
import { aggregate, VoteTable, votes, type VoteRow } from '../../src/aggregation/index.js';
import { calibration } from '../../src/aggregation/numeric/calibration.js';
import { expectRows, goldenCrowds, hasShared, loadCrowd, rowsOf, sixDecimals } from './methods/golden.js';

describe.skipIf(!hasShared)('majority-vote against the references', () => {
  it.each(goldenCrowds)('gives the reference shares on %s', (name) => {
    const { votes: table, items, classes } = loadCrowd(name);
    expectRows(`golden/${name}/mv_share.csv`, 'item', items, classes, aggregate(table, 'majority-vote').posteriors, sixDecimals);
  });

  it.each(['web', 'bluebird', 'rte', 'product'])('is as accurate on %s as a majority vote whose ties are broken at random', (name) => {
    const { votes: table, classes, gold } = loadCrowd(name);
    const reference = rowsOf('golden/reference-accuracy.csv').find((row) => row.set === name)!;
    const { accuracy } = calibration(aggregate(table, 'majority-vote').posteriors, classes.length, gold);
    expect(Math.abs(accuracy - Number(reference.mv_random_ties))).toBeLessThan(1e-4);
  });
});

describe('majority-vote', () => {
  const rows: VoteRow[] = [
    ['a', 'ann', 'cat'], ['a', 'bob', 'cat'], ['a', 'cyd', 'dog'],
    ['b', 'ann', 'dog'], ['b', 'bob', 'cat'],
  ];

  it('reports ties, and splits them where annotators are scored', () => {
    const { posteriors, annotatorQuality, diagnostics } = aggregate(votes(rows), 'majority-vote');
    expect([...posteriors]).toEqual([2 / 3, 1 / 3, 1 / 2, 1 / 2]);
    expect(diagnostics.ties).toBe(1);
    expect([...annotatorQuality!]).toEqual([0.75, 0.75, 0]);
  });

  it('counts a candidate set as a part of a vote for each member', () => {
    const table = new VoteTable({ items: [0, 0], annotators: [0, 1], classes: [3, 2], itemCount: 1, annotatorCount: 2, classCount: 3, candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(1, 2) } });
    const { posteriors, annotatorQuality } = aggregate(table, 'majority-vote');
    expect([...posteriors]).toEqual([0, 0.25, 0.75]);
    expect([...annotatorQuality!]).toEqual([0.5, 1]);
  });

  it('knows nothing of an item without votes, and counts it as a tie', () => {
    const table = new VoteTable({ items: [1], annotators: [0], classes: [0], itemCount: 2, annotatorCount: 1, classCount: 4 });
    const { posteriors, diagnostics } = aggregate(table, 'majority-vote');
    expect([...posteriors.slice(0, 4)]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(diagnostics.ties).toBe(1);
  });
});
