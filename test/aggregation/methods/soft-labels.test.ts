import { describe, expect, it } from 'vitest';
import { calibration } from '../../../src/aggregation/numeric/calibration.js';
import { softmax } from '../../../src/aggregation/methods/softmax.js';
import { voteShare } from '../../../src/aggregation/methods/vote-share.js';
import { wawa } from '../../../src/aggregation/methods/wawa.js';
import { zeroBasedSkill } from '../../../src/aggregation/methods/zero-based-skill.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { crowdOf, hasShared, rowsOf, run, sixDecimals } from './golden.js';

const cases = ['binary', 'multi'].flatMap((set) => [
  { set, name: 'standard', method: voteShare, options: {} },
  { set, name: 'softmax', method: softmax, options: {} },
  { set, name: 'wawa', method: wawa, options: { ties: 'lowest-class' } },
  { set, name: 'zbs', method: zeroBasedSkill, options: { ties: 'lowest-class' } },
]);

describe.skipIf(!hasShared)('soft labels of the simulated crowds', () => {
  it.each(cases)('$name on $set are the reference ones, and so are their scores', ({ set, name, method, options }) => {
    const folder = `golden/soft-labels/${set}/`;
    const truth = rowsOf(`${folder}truth.csv`).map((row) => ({ item: row.item!, label: (row.label ?? row.truth)! }));
    const { votes, items, classes, gold } = crowdOf(rowsOf(`${folder}votes.csv`), 'worker', truth);
    const result = run(method, votes, options);
    const rows = rowsOf(`${folder}soft_labels.csv`).filter((row) => row.method === name);
    expect(rows).toHaveLength(items.length);
    for (const row of rows) {
      classes.forEach((_, k) => expect(result.posteriors[items.indexOf(row.item!) * classes.length + k]).toBeCloseTo(Number(row[`p${k}`]), 9));
    }
    const reference = rowsOf('golden/soft-labels/metrics.csv').find((row) => row.method === name && Object.values(row).includes(set))!;
    const found = calibration(result.posteriors, classes.length, gold);
    for (const [score, column] of [['accuracy', 'accuracy'], ['nll', 'nll_eps001'], ['brier', 'brier']] as const) {
      expect(Math.abs(found[score] - Number(reference[column])), score).toBeLessThan(sixDecimals);
    }
  });
});

describe('vote shares and softmax', () => {
  const votes = new VoteTable({
    items: [0, 0, 0, 1], annotators: [0, 1, 2, 0], classes: [0, 0, 3, 2], itemCount: 3, annotatorCount: 4, classCount: 3,
    candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 2) },
  });

  it('count a candidate set of two classes as half a vote for each and give the uniform row without votes', () => {
    const shares = [...run(voteShare, votes).posteriors];
    [2.5 / 3, 0, 0.5 / 3, 0, 0, 1, 1 / 3, 1 / 3, 1 / 3].forEach((share, at) => expect(shares[at]).toBeCloseTo(share, 12));
    const soft = [...run(softmax, votes).posteriors];
    const total = Math.exp(2.5) + 1 + Math.exp(0.5);
    [Math.exp(2.5) / total, 1 / total, Math.exp(0.5) / total].forEach((p, at) => expect(soft[at]).toBeCloseTo(p, 12));
    expect(soft.slice(6)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('survive a thousand votes on one item', () => {
    const many = new VoteTable({ items: Array<number>(1000).fill(0), annotators: Array.from({ length: 1000 }, (_, a) => a), classes: Array<number>(1000).fill(1), itemCount: 1, annotatorCount: 1000, classCount: 2 });
    expect([...run(softmax, many).posteriors]).toEqual([0, 1]);
    expect([...run(voteShare, many).posteriors][1]).toBeCloseTo(1, 12);
  });
});
