import { describe, expect, it } from 'vitest';
import { aggregate, simulateCrowd, VoteTable, type CrowdOptions } from '../../src/aggregation/index.js';
import { confusionRows } from '../../src/aggregation/kernels/confusion-rows.js';
import { maximization } from '../../src/aggregation/kernels/maximization.js';
import { addCounts, referenceKernel } from '../../src/aggregation/kernels/pass.js';
import { sparsePass } from '../../src/aggregation/kernels/sparse-pass.js';
import { writeShares } from '../../src/aggregation/vote-shares.js';

const crowds: Record<string, CrowdOptions> = {
  'few annotators of many classes each': { items: 150, annotators: 10, classes: 520, votesPerItem: 4, confusable: 5 },
  'many annotators of few classes each, where every entry is above the least': { items: 50, annotators: 40, classes: 520, votesPerItem: 2, classSkew: 1 },
  'items of over 16 votes, and some without any': { items: 60, annotators: 40, classes: 520, votesPerItem: 8, itemTail: 1.5, classSkew: 1 },
};

function table(options: CrowdOptions): { votes: VoteTable; truth: Int32Array } {
  const { columns, truth } = simulateCrowd(options, 3);
  return { votes: new VoteTable({ ...columns, itemCount: columns.itemCount + 2, annotatorCount: columns.annotatorCount + 1 }), truth };
}

/** Passes of the readable kernel, from the shares of the votes. */
function reference(votes: VoteTable, gold: Int32Array | undefined) {
  const rows = confusionRows(votes);
  const kernel = referenceKernel({ votes, rows, gold });
  const K = votes.classCount;
  const mStep = maximization(kernel.state, rows, K, null);
  const shares = new Float64Array(K);
  for (let item = 0; item < votes.itemCount; item++) {
    const [first, last] = [votes.itemOffsets[item]!, votes.itemOffsets[item + 1]!];
    if (first === last && !(gold && gold[item]! >= 0)) continue;
    writeShares(votes, item, gold, shares, 0);
    shares.forEach((share, k) => (kernel.state.classCounts[k]! += share));
    addCounts(rows, kernel.state.confusion, first, last, shares, 0, K, kernel.state.counts);
  }
  mStep.update();
  return { kernel, mStep, rows };
}

function expectClose(got: Float64Array, expected: Float64Array, within: number): void {
  expect(got.length).toBe(expected.length);
  let worst = 0;
  got.forEach((value, at) => (worst = Math.max(worst, Math.abs(value - expected[at]!))));
  expect(worst).toBeLessThan(within);
}

describe('the pass over many classes', () => {
  it.each(Object.keys(crowds))('equals the readable kernel, pass by pass, for %s', (name) => {
    const { votes, truth } = table(crowds[name]!);
    for (const gold of [undefined, Int32Array.from({ length: votes.itemCount }, (_, item) => (item % 5 === 0 ? truth[item] ?? 7 : -1))]) {
      const { kernel, mStep, rows } = reference(votes, gold);
      const sparse = sparsePass({ votes, rows, gold });
      for (let pass = 1; pass <= 12; pass++) {
        const expected = kernel.run();
        mStep.update();
        expect(Math.abs(sparse.run() / expected - 1)).toBeLessThan(1e-12);
        expectClose(sparse.posteriors, kernel.posteriors(), 1e-9);
        expectClose(sparse.classPriors, kernel.state.classPriors, 1e-9);
      }
      expectClose(sparse.confusion.inFull(), kernel.state.confusion, 1e-9);
    }
  });

  it('is what dawid-skene runs from 512 classes on, to the same end as with full matrices', () => {
    const { votes } = table(crowds['few annotators of many classes each']!);
    const options = { tolerance: 0, maxIterations: 20 };
    const sparse = aggregate(votes, 'dawid-skene', { options });
    // A warm start keeps full matrices: from the first parameters of all, one iteration later.
    const first = aggregate(votes, 'dawid-skene', { options: { ...options, maxIterations: 1 } });
    const full = aggregate(votes, 'dawid-skene', { options: { ...options, maxIterations: 19 }, warmStart: { confusion: first.confusion!, classPriors: first.classPriors! } });
    expect(sparse.diagnostics.trace.length).toBe(20);
    expect(Math.abs(sparse.diagnostics.trace.at(-1)! / full.diagnostics.trace.at(-1)! - 1)).toBeLessThan(1e-10);
    expectClose(sparse.posteriors, full.posteriors, 1e-7);
    expectClose(sparse.confusion!.values, full.confusion!.values, 1e-7);
  });

  it('needs memory for what is there alone: entries above the least count', () => {
    const { votes } = table({ items: 400, annotators: 10, classes: 600, votesPerItem: 5, confusable: 5 });
    const rows = confusionRows(votes);
    const sparse = sparsePass({ votes, rows });
    for (let pass = 0; pass < 5; pass++) sparse.run();
    expect(sparse.confusion.entryCount).toBeLessThan(rows.labels.length * 10);
  });
});
