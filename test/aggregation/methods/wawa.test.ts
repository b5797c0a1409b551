import { describe, expect, it } from 'vitest';
import { wawa } from '../../../src/aggregation/methods/wawa.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { expectColumn, expectRows, goldenCrowds, hasShared, loadCrowd, run, sixDecimals } from './golden.js';

describe.skipIf(!hasShared)('wawa', () => {
  it.each(goldenCrowds)('gives the reference shares and skills on %s when ties go to the lowest class', (name) => {
    const { votes, items, annotators, classes } = loadCrowd(name);
    const result = run(wawa, votes, { ties: 'lowest-class' });
    expectRows(`golden/${name}/wawa_share.csv`, 'item', items, classes, result.posteriors, sixDecimals);
    expectColumn(`golden/${name}/wawa_skill.csv`, 'annotator', annotators, 'skill', result.annotatorQuality!, sixDecimals);
  });
});

describe('wawa', () => {
  it('splits a tied plurality so that renumbering the classes changes nothing', () => {
    const table = (flip: boolean) => new VoteTable({ items: [0, 0, 1, 1], annotators: [0, 1, 0, 2], classes: (flip ? [1, 0, 1, 1] : [0, 1, 0, 0]), itemCount: 2, annotatorCount: 3, classCount: 2 });
    expect([...run(wawa, table(false)).annotatorQuality!]).toEqual([0.75, 0.5, 1]);
    expect([...run(wawa, table(true)).annotatorQuality!]).toEqual([0.75, 0.5, 1]);
  });

  it('counts an answer given twice to one item once in the skill and twice in the share', () => {
    const votes = new VoteTable({ items: [0, 0, 0, 1, 1, 1], annotators: [0, 0, 1, 0, 1, 2], classes: [0, 0, 1, 1, 0, 0], itemCount: 2, annotatorCount: 3, classCount: 2 });
    const result = run(wawa, votes);
    expect([...result.annotatorQuality!]).toEqual([0.5, 0.5, 1]);
    expect(result.posteriors[0]).toBeCloseTo(2 / 3, 12);
  });

  it('falls back to plain shares where nobody on the item ever agreed', () => {
    const votes = new VoteTable({ items: [0, 0, 0, 1], annotators: [0, 1, 2, 2], classes: [0, 0, 1, 1], itemCount: 3, annotatorCount: 4, classCount: 3, });
    const result = run(wawa, votes);
    expect(result.annotatorQuality![3]).toBeNaN();
    expect([...result.posteriors.slice(6)]).toEqual([1 / 3, 1 / 3, 1 / 3]);
    const alone = new VoteTable({ items: [0, 0, 0], annotators: [0, 1, 2], classes: [0, 0, 1], itemCount: 1, annotatorCount: 3, classCount: 2 });
    expect([...run(wawa, alone).posteriors]).toEqual([1, 0]);
  });

  it('counts a candidate set of two classes as half a vote for each', () => {
    const votes = new VoteTable({
      items: [0, 0, 0], annotators: [0, 1, 2], classes: [0, 0, 3], itemCount: 1, annotatorCount: 3, classCount: 3,
      candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 2) },
    });
    const result = run(wawa, votes);
    expect([...result.annotatorQuality!]).toEqual([1, 1, 0.5]);
    expect(result.posteriors[2]).toBeCloseTo(0.25 / 2.5, 12);
  });
});
