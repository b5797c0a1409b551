import { describe, expect, it } from 'vitest';
import { aggregate, simulateCrowd, VoteTable, type AggregateRequest, type ConfusionMatrices, type CrowdOptions, type MethodResult, type VoteColumns } from '../../src/aggregation/index.js';
import { readableKernel } from '../../src/aggregation/kernels/collapsed/collapsed-pass.js';
import { RowPrior } from '../../src/aggregation/kernels/collapsed/row-prior.js';
import { SparseCollapsedPass } from '../../src/aggregation/kernels/collapsed/sparse-collapsed-pass.js';
import { confusionRows } from '../../src/aggregation/kernels/confusion-rows.js';
import { uniformSource } from '../../src/aggregation/numeric/sampling.js';
import { writeShares } from '../../src/aggregation/vote-shares.js';

const id = 'hierarchical-dawid-skene';

/** A simulated crowd with two items and an annotator more, who have no votes. */
function columnsOf(options: CrowdOptions, seed = 3): { columns: VoteColumns; truth: Int32Array } {
  const { columns, truth } = simulateCrowd(options, seed);
  return { columns: { ...columns, itemCount: columns.itemCount + 2, annotatorCount: columns.annotatorCount + 1 }, truth };
}

/** Every third vote is given once more, and every sixth annotator says something else as well. */
function withRepeats(columns: VoteColumns): VoteColumns {
  const [items, annotators, classes] = [Array.from(columns.items), Array.from(columns.annotators), Array.from(columns.classes)];
  for (let vote = 0, count = items.length; vote < count; vote += 3) {
    items.push(items[vote]!);
    annotators.push(annotators[vote]!);
    classes.push(annotators[vote]! % 6 === 0 ? (classes[vote]! + 1) % columns.classCount : classes[vote]!);
  }
  return { ...columns, items, annotators, classes };
}

function worst(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < got.length; i++) most = Math.max(most, Math.abs(got[i]! - expected[i]!));
  return most;
}

/** Mean over the items of half the sum of differences. */
function meanVariation(got: MethodResult, expected: MethodResult, K: number): number {
  let sum = 0;
  for (let at = 0; at < got.posteriors.length; at++) sum += Math.abs(got.posteriors[at]! - expected.posteriors[at]!);
  return sum / 2 / (got.posteriors.length / K);
}

/** `toEqual` takes seconds for a million numbers. */
function expectSameBits(got: MethodResult, expected: MethodResult): void {
  const bytes = ({ posteriors, annotatorQuality, confusion, classPriors }: MethodResult) =>
    Buffer.concat([posteriors, annotatorQuality!, confusion!.values, confusion!.evidence!, classPriors!].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
  expect(bytes(got).equals(bytes(expected))).toBe(true);
  expect(got.diagnostics).toEqual(expected.diagnostics);
}

function expectClose(votes: VoteTable, request: AggregateRequest, { probability, variation }: { probability: number; variation: number }): void {
  const run = (version: number) => aggregate(votes, id, { ...request, version, options: { maxIterations: 12, tolerance: 0, ...request.options } });
  const [sparse, full] = [run(2), run(1)];
  expect(worst(sparse.posteriors, full.posteriors)).toBeGreaterThan(0);
  expect(worst(sparse.posteriors, full.posteriors)).toBeLessThan(probability);
  expect(meanVariation(sparse, full, votes.classCount)).toBeLessThan(variation);
  expect(worst(sparse.confusion!.values, full.confusion!.values)).toBeLessThan(probability);
  expect(worst(sparse.confusion!.evidence!.map(Math.log), full.confusion!.evidence!.map(Math.log))).toBeLessThan(5 * probability);
  expect(worst(sparse.classPriors!, full.classPriors!)).toBeLessThan(probability / 10);
  expect(worst(sparse.annotatorQuality!.map((q) => q || 0), full.annotatorQuality!.map((q) => q || 0))).toBeLessThan(probability);
  expect(Math.abs(sparse.diagnostics.trace.at(-1)! / full.diagnostics.trace.at(-1)! - 1)).toBeLessThan(1e-4);
}

describe('hierarchical-dawid-skene in many classes is near what full rows give', () => {
  it.each([
    ['5 votes an item', { items: 400, annotators: 10, classes: 520, votesPerItem: 5, confusable: 5 }, 1e-4, 2e-7],
    ['5 votes, many annotators, a long tail', { items: 400, annotators: 150, classes: 520, votesPerItem: 5, confusable: 5, classSkew: 1 }, 1e-4, 2e-7],
    ['3 votes', { items: 600, annotators: 20, classes: 512, votesPerItem: 3, confusable: 10 }, 4e-4, 1e-5],
    ['2 votes', { items: 600, annotators: 20, classes: 600, votesPerItem: 2, confusable: 10, classSkew: 0.5 }, 4e-4, 3e-5],
    ['one vote', { items: 800, annotators: 30, classes: 520, votesPerItem: 1, confusable: 10 }, 1e-3, 2e-4],
    ['items of over 16 votes, and some without any', { items: 120, annotators: 60, classes: 520, votesPerItem: 8, itemTail: 1.5, classSkew: 1 }, 2e-3, 6e-4],
  ] as [string, CrowdOptions, number, number][])('%s', (_, options, probability, variation) => {
    expectClose(new VoteTable(columnsOf(options).columns), {}, { probability, variation });
  });

  const { columns, truth } = columnsOf({ items: 400, annotators: 20, classes: 520, votesPerItem: 3, confusable: 5, classSkew: 0.5 });
  const votes = new VoteTable(columns);
  const gold = Int32Array.from({ length: votes.itemCount }, (_, item) => (item % 5 === 0 ? truth[item]! : item === 401 ? 7 : -1));
  const near = { probability: 1e-3, variation: 2e-5 };

  it('with gold, on items with votes and without', () => expectClose(votes, { gold }, near));
  it('with even classes and a light prior', () => expectClose(votes, { options: { classPriors: 'even', priorWeight: 5 } }, near));
  it('with annotators who answer an item again and again', () => expectClose(new VoteTable(withRepeats(columns)), {}, near));
  it('from an earlier run', () => {
    const { confusion, classPriors } = aggregate(votes, id, { options: { maxIterations: 5 } });
    expectClose(votes, { warmStart: { confusion: confusion!, classPriors: classPriors! }, options: { maxIterations: 3 } }, near);
  });
  it('with what is known of annotators from elsewhere, by single classes and a little of all', () => {
    const { offsets, labels } = confusionRows(votes);
    const values = Float64Array.from({ length: labels.length * 520 }, (_, at) => (at % 520 === labels[Math.floor(at / 520)] ? 4 : at % 520 === 3 ? 1 : 1e-4));
    expectClose(votes, { priorCounts: { offsets, labels, values } satisfies ConfusionMatrices, gold }, { probability: 4e-3, variation: 1e-4 });
  });
});

describe('the sparse collapsed pass', () => {
  /** Annotators of differing skill, of whom one answers everything. */
  function crowd(seed: number, K: number, perItem: number): VoteTable {
    const random = uniformSource(seed);
    const [items, annotators, classes]: number[][] = [[], [], []];
    for (let item = 0; item < 60; item++) {
      const truth = Math.floor(random() * K);
      for (let n = 0; n < perItem; n++) {
        items!.push(item);
        annotators!.push(n === 0 ? 0 : 1 + ((item + 3 * n) % 8));
        classes!.push(random() < 0.6 ? truth : Math.floor(random() * K));
      }
    }
    return new VoteTable({ items: items!, annotators: annotators!, classes: classes!, itemCount: 61, annotatorCount: 10, classCount: K });
  }

  it.each([[2, 3], [3, 5], [8, 2], [30, 20], [30, 1]])('equals the readable kernel, pass by pass, in %d classes that all matter, with %d votes an item', (K, perItem) => {
    const votes = crowd(K, K, perItem);
    const rows = confusionRows(votes);
    const kernel = readableKernel({ votes, rows });
    const { counts, classCounts, terms, start } = kernel.state;
    kernel.begin((item, out, at) => writeShares(votes, item, undefined, out, at));
    const prior = new RowPrior(rows, K, 50);
    const sparse = new SparseCollapsedPass({ votes, rows }, 50, null);
    sparse.begin(null);
    for (let pass = 0; pass < 8; pass++) {
      if (pass >= 3) {
        prior.learn(counts);
        sparse.prior.learn(sparse.counts);
      }
      prior.writeTerms(counts, terms);
      const others = classCounts.reduce((sum, count) => sum + count, K - 1);
      start.set([...classCounts.map((count) => (1 + count) / others), 1 / others]);
      const expected = kernel.run();
      const got = sparse.run(false);
      expect(Math.abs(got.logLikelihood / expected.logLikelihood - 1)).toBeLessThan(1e-5);
      expect(Math.abs(got.moved - expected.moved)).toBeLessThan(1e-4);
      const posteriors = kernel.posteriors().slice();
      posteriors.fill(0, 60 * K);
      expect(worst(sparse.posteriorsInFull(), posteriors)).toBeLessThan(1e-4);
    }
  });

  it('lets no vote testify for the annotator who gave it: an item becomes what the others make of it, whatever it was taken for', () => {
    const { columns } = columnsOf({ items: 60, annotators: 6, classes: 520, votesPerItem: 3, confusable: 3 });
    for (const votes of [new VoteTable(columns), new VoteTable(withRepeats(columns))]) {
      const rows = confusionRows(votes);
      const firstAfter = (own: number): Float64Array => {
        const pass = new SparseCollapsedPass({ votes, rows }, 50, null);
        pass.begin((item, out) => {
          writeShares(votes, item, undefined, out, 0);
          if (item === 0) out.fill(0).set([own, 1 - own], 100);
        });
        pass.run(false);
        return pass.posteriorsInFull().slice(0, 520);
      };
      // Of classes that nobody on the item met the means of their groups hold its part.
      expect(worst(firstAfter(0.9), firstAfter(0.25))).toBeLessThan(1e-7);
    }
  });

  it('writes down what differs alone, where items have votes enough', () => {
    const votes = new VoteTable(columnsOf({ items: 600, annotators: 12, classes: 600, votesPerItem: 5, confusable: 5 }).columns);
    const pass = new SparseCollapsedPass({ votes, rows: confusionRows(votes) }, 50, null);
    pass.begin(null);
    for (let n = 0; n < 8; n++) {
      if (n >= 3) pass.prior.learn(pass.counts);
      pass.run(false);
    }
    expect(pass.size.differences).toBeLessThan(pass.size.entries / 100);
  });
});

describe('hierarchical-dawid-skene in many classes', () => {
  const { columns, truth } = columnsOf({ items: 300, annotators: 12, classes: 520, votesPerItem: 3, confusable: 5, classSkew: 0.5 });
  const votes = new VoteTable(columns);
  const gold = Int32Array.from({ length: votes.itemCount }, (_, item) => (item % 4 === 0 ? ((truth[item] ?? 0) + 1) % 520 : -1));
  const options = { maxIterations: 15 };

  it('gives rows that sum to 1, gold its answers, and items without votes the class priors', () => {
    const { posteriors, classPriors, confusion } = aggregate(votes, id, { gold, options });
    for (let item = 0; item < votes.itemCount; item++) {
      const row = posteriors.subarray(item * 520, (item + 1) * 520);
      expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
      expect(Math.abs(row.reduce((a, b) => a + b) - 1)).toBeLessThan(1e-12);
      if (gold[item]! >= 0) expect(row[gold[item]!]).toBe(1);
    }
    expect([...posteriors.subarray(301 * 520)]).toEqual([...classPriors!]);
    expect(classPriors!.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    // What the prior keeps for answers an annotator never gave is missing from the columns.
    for (let annotator = 0; annotator < 12; annotator++) {
      const column = new Float64Array(520);
      for (let row = confusion!.offsets[annotator]!; row < confusion!.offsets[annotator + 1]!; row++) for (let k = 0; k < 520; k++) column[k]! += confusion!.values[row * 520 + k]!;
      expect(column.every((sum) => sum > 0 && sum < 1)).toBe(true);
    }
    expect([...aggregate(votes, id, { options: { ...options, classPriors: 'even' } }).classPriors!.slice(0, 2)]).toEqual([1 / 520, 1 / 520]);
  });

  it('is the same whatever the order of votes and the numbers of items, annotators and classes', () => {
    const random = uniformSource(5);
    const shuffled = (n: number) => Array.from({ length: n }, (_, i) => [random(), i] as const).sort(([a], [b]) => a - b).map(([, i]) => i);
    const [item, annotator, label] = [shuffled(columns.itemCount), shuffled(columns.annotatorCount), shuffled(520)];
    const order = shuffled(columns.items.length);
    const other = new VoteTable({ ...columns, items: order.map((v) => item[columns.items[v]!]!), annotators: order.map((v) => annotator[columns.annotators[v]!]!), classes: order.map((v) => label[columns.classes[v]!]!) });
    const otherGold = new Int32Array(columns.itemCount);
    item.forEach((to, from) => (otherGold[to] = gold[from]! < 0 ? -1 : label[gold[from]!]!));
    const [one, two] = [aggregate(votes, id, { gold, options }), aggregate(other, id, { gold: otherGold, options })];
    expect(two.diagnostics.iterations).toBe(one.diagnostics.iterations);
    const back = new Float64Array(one.posteriors.length);
    for (let i = 0; i < columns.itemCount; i++) for (let k = 0; k < 520; k++) back[i * 520 + k] = two.posteriors[item[i]! * 520 + label[k]!]!;
    expect(worst(back, one.posteriors)).toBeLessThan(1e-7);
    expectSameBits(aggregate(new VoteTable({ ...columns, items: order.map((v) => columns.items[v]!), annotators: order.map((v) => columns.annotators[v]!), classes: order.map((v) => columns.classes[v]!) }), id, { gold, options }), one);
    expectSameBits(aggregate(votes, id, { gold, options, threads: 2 }), one);
  });

  it.each([['one annotator', 900, 1], ['one vote an annotator', 900, 900]])('is finite with %s in 1,000 classes', (_, voteCount, annotatorCount) => {
    const index = Array.from({ length: voteCount }, (_, v) => v);
    const items = index.map((v) => (annotatorCount === 1 ? v : v >> 1));
    const { posteriors, diagnostics, confusion } = aggregate(
      new VoteTable({ items, annotators: index.map((v) => v % annotatorCount), classes: items.map((item) => (item * 7) % 1000), itemCount: items.at(-1)! + 1, annotatorCount, classCount: 1000 }), id, { options: { maxIterations: 6 } },
    );
    expect(posteriors.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(confusion!.values.every((p) => p > 0 && p <= 1)).toBe(true);
    expect(diagnostics.trace.every(Number.isFinite)).toBe(true);
    expect(posteriors[1007]).toBeGreaterThan(0.2);
  });

  it('says that it converged where one pass more moves no probability by the tolerance, and not before', () => {
    const tolerance = 1e-4;
    const { diagnostics: { iterations, converged } } = aggregate(votes, id, { options: { tolerance, maxIterations: 200 } });
    expect(converged).toBe(true);
    const after = (maxIterations: number) => aggregate(votes, id, { options: { tolerance: 0, maxIterations } }).posteriors;
    expect(worst(after(iterations).subarray(0, 300 * 520), after(iterations - 1).subarray(0, 300 * 520))).toBeLessThan(tolerance);
    expect(worst(after(iterations - 1).subarray(0, 300 * 520), after(iterations - 2).subarray(0, 300 * 520))).toBeGreaterThanOrEqual(tolerance);
  });

  it('keeps full rows as version 1, and where there are candidate sets; below 512 classes both versions give the same bits', () => {
    const withSets = new VoteTable({ ...columns, candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) } });
    const one = aggregate(votes, id, { version: 1, gold, options });
    expectSameBits(aggregate(withSets, id, { gold, options }), one);
    expect(worst(aggregate(votes, id, { gold, options }).posteriors, one.posteriors)).toBeGreaterThan(0);
    const few = new VoteTable(columnsOf({ items: 50, annotators: 5, classes: 511, votesPerItem: 3 }).columns);
    expectSameBits(aggregate(few, id, { options }), aggregate(few, id, { version: 1, options }));
  });
});
