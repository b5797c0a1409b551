import { describe, expect, it } from 'vitest';
import { calibration } from '../../../src/aggregation/numeric/calibration.js';
import { labelAggregation } from '../../../src/aggregation/methods/label-aggregation.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { hasShared, loadCrowd, run } from './golden.js';

/** Annotators 0 and 1 always agree, 2 never does. */
const votes = new VoteTable({
  items: [0, 0, 0, 1, 1, 1, 2, 2, 2], annotators: [0, 1, 2, 0, 1, 2, 0, 1, 2], classes: [0, 0, 1, 1, 1, 0, 0, 0, 1],
  itemCount: 4, annotatorCount: 4, classCount: 2,
});

describe('label aggregation', () => {
  it('counts as the paper does: c/t from 1/2, t + 1 a vote and c + 1 an agreement', () => {
    const { annotatorQuality } = run(labelAggregation, votes, { order: 'index' });
    expect([...annotatorQuality!]).toEqual([4 / 5, 4 / 5, 1 / 5, NaN]);
  });

  it('votes in one pass with the accuracies so far, in two with the final ones by K c/t - 1', () => {
    const one = run(labelAggregation, votes, { passes: 1, order: 'index' }).posteriors;
    expect(one[0]).toBeCloseTo(2 / 3, 12);
    expect(one[3]).toBeCloseTo((2 * (2 / 3)) / (2 * (2 / 3) + 1 / 3), 12);
    expect(one[4]).toBeCloseTo((2 * (3 / 4)) / (2 * (3 / 4) + 1 / 4), 12);
    const two = run(labelAggregation, votes, { order: 'index' }).posteriors;
    // Annotator 2's weight is 2/5 - 1 = -3/5, so the other class has nothing left.
    expect([...two.subarray(0, 2)]).toEqual([1, 0]);
    expect([...two.subarray(6)]).toEqual([0.5, 0.5]);
  });

  it('keeps the one vote of an item whose annotator is no better than chance', () => {
    const columns = { items: [0, 0, 0, 1, 1, 1, 2], annotators: [0, 1, 2, 0, 1, 2, 2], classes: [0, 0, 1, 1, 1, 0, 1] };
    const { posteriors } = run(labelAggregation, new VoteTable({ ...columns, itemCount: 3, annotatorCount: 3, classCount: 2 }));
    expect([...posteriors.subarray(4)]).toEqual([0, 1]);
  });

  it('depends on how items are numbered only where that order is asked for', () => {
    const turned = new VoteTable({ ...votes, items: votes.items.map((item) => 2 - item), candidateSets: undefined });
    expect([...run(labelAggregation, turned).annotatorQuality!]).toEqual([...run(labelAggregation, votes).annotatorQuality!]);
    const late = { items: [0, 0, 1, 1, 1, 2, 2, 2], annotators: [0, 1, 0, 1, 2, 0, 1, 2], classes: [0, 1, 1, 0, 1, 0, 0, 1], itemCount: 3, annotatorCount: 3, classCount: 2 };
    const first = run(labelAggregation, new VoteTable(late), { order: 'index' }).annotatorQuality;
    const last = run(labelAggregation, new VoteTable({ ...late, items: late.items.map((item) => 2 - item) }), { order: 'index' }).annotatorQuality;
    expect(last).not.toEqual(first);
  });
});

describe.skipIf(!hasShared)('label aggregation on real crowds', () => {
  it.each([['product', 92.5], ['rte', 92.8], ['web', 83.6], ['face', 63.0]] as const)('is as accurate on %s as published, %d', (name, published) => {
    const { votes: table, gold } = loadCrowd(name);
    const { accuracy } = calibration(run(labelAggregation, table).posteriors, table.classCount, gold);
    expect(Math.abs(100 * accuracy - published)).toBeLessThan(0.8);
  });
});
