import { describe, expect, it } from 'vitest';
import { zeroBasedSkill } from '../../../src/aggregation/methods/zero-based-skill.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { expectColumn, expectRows, goldenCrowds, hasShared, loadCrowd, run, sixDecimals } from './golden.js';

describe.skipIf(!hasShared)('zero-based skill', () => {
  it.each(goldenCrowds)('gives the reference shares and skills on %s when ties go to the lowest class', (name) => {
    const { votes, items, annotators, classes } = loadCrowd(name);
    const result = run(zeroBasedSkill, votes, { ties: 'lowest-class' });
    expectRows(`golden/${name}/zbs_share.csv`, 'item', items, classes, result.posteriors, sixDecimals);
    expectColumn(`golden/${name}/zbs_skill.csv`, 'annotator', annotators, 'skill', result.annotatorQuality!, sixDecimals);
  });
});

describe('zero-based skill', () => {
  it('drives an annotator who always dissents to no weight and leaves the others their votes', () => {
    const items = Array.from({ length: 30 }, (_, v) => Math.floor(v / 3));
    const votes = new VoteTable({ items, annotators: items.map((_, v) => v % 3), classes: items.map((i, v) => (v % 3 === 2 ? 1 - (i % 2) : i % 2)), itemCount: 10, annotatorCount: 3, classCount: 2 });
    const result = run(zeroBasedSkill, votes);
    expect(result.annotatorQuality![0]).toBeCloseTo(1, 6);
    expect(result.annotatorQuality![2]).toBeCloseTo(0, 6);
    expect(result.posteriors[0]).toBeCloseTo(1, 6);
  });

  it('reports each round', () => {
    const rounds: number[] = [];
    const votes = new VoteTable({ items: [0], annotators: [0], classes: [1], itemCount: 1, annotatorCount: 1, classCount: 2 });
    zeroBasedSkill.run({ votes }, { rounds: 3, learningRate: 1, halvingRounds: 20, ties: 'split' }, { seed: 0, onProgress: ({ iteration }) => rounds.push(iteration) });
    expect(rounds).toEqual([1, 2, 3]);
  });
});
