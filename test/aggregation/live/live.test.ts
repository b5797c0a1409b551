import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeLab, activeLabAgain, aggregate, livePosteriors, movePosteriors, runParameters, simulateCrowd, VoteTable, type RunParameters, type VoteColumns } from '../../../src/aggregation/index.js';

/** The votes of a few items, numbered 0 to T - 1, as a platform would read them back. */
function touched(votes: VoteTable, items: number[], extra: [item: number, annotator: number, k: number][] = []): VoteTable {
  const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
  const add = (item: number, annotator: number, k: number) => {
    columns.items.push(item);
    columns.annotators.push(annotator);
    columns.classes.push(k);
  };
  items.forEach((item, at) => {
    for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) add(at, votes.annotators[v]!, votes.classes[v]!);
    for (const [of, annotator, k] of extra) if (of === item) add(at, annotator, k);
  });
  const annotatorCount = Math.max(votes.annotatorCount, ...columns.annotators.map((a) => a + 1));
  return new VoteTable({ ...columns, itemCount: items.length, annotatorCount, classCount: votes.classCount, candidateSets: votes.candidateSets ?? undefined });
}

function crowd(shape: Partial<VoteColumns> & { votesPerItem?: number; seed: number }): VoteTable {
  const { itemCount = 60, annotatorCount = 9, classCount = 4, votesPerItem = 3, seed } = shape;
  return new VoteTable(simulateCrowd({ items: itemCount, annotators: annotatorCount, classes: classCount, votesPerItem }, seed).columns);
}

const rows = (matrix: Float64Array, items: number[], K: number) => Float64Array.from(items.flatMap((item) => Array.from(matrix.subarray(item * K, (item + 1) * K))));
const exactly = (maxIterations: number) => ({ tolerance: 0, maxIterations });

/** The same by definition, in logarithms: another road to the same numbers. */
function byDefinition(votes: VoteTable, { classPriors, confusion, pooled }: RunParameters): number[] {
  const K = votes.classCount;
  const rowOf = (matrix: RunParameters['confusion'], annotator: number, k: number) => {
    for (let r = matrix.offsets[annotator] ?? 0; r < (matrix.offsets[annotator + 1] ?? 0); r++) if (matrix.labels[r] === k) return matrix.values.subarray(r * K, (r + 1) * K);
    return null;
  };
  return Array.from({ length: votes.itemCount }, (_, item) => {
    const logs = Array.from(classPriors, (prior) => Math.log(Math.max(1e-10, prior)));
    for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
      const row = rowOf(confusion, votes.annotators[v]!, votes.classes[v]!) ?? rowOf(pooled, 0, votes.classes[v]!);
      if (row) row.forEach((p, k) => (logs[k]! += Math.log(p)));
    }
    const most = Math.max(...logs);
    const weights = logs.map((log) => Math.exp(log - most));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return weights.map((w) => w / total);
  }).flat();
}

describe('live posteriors', () => {
  it('are the next E step of the run, to 1e-12, on whichever items are asked for', () => {
    fc.assert(fc.property(fc.nat(1000), fc.integer({ min: 1, max: 6 }), fc.uniqueArray(fc.nat(59), { minLength: 1, maxLength: 10 }), (seed, iterations, items) => {
      const votes = crowd({ seed });
      const run = aggregate(votes, 'dawid-skene', { options: exactly(iterations) });
      const next = aggregate(votes, 'dawid-skene', { options: exactly(iterations + 1) });
      const live = livePosteriors(touched(votes, items), runParameters(votes, run));
      const expected = rows(next.posteriors, items, votes.classCount);
      live.forEach((p, i) => expect(Math.abs(p - expected[i]!)).toBeLessThan(1e-12));
    }), { numRuns: 40 });
  });

  it('stay as they are where a converged run is read again', () => {
    const votes = crowd({ seed: 5, votesPerItem: 5 });
    const run = aggregate(votes, 'dawid-skene', { options: { tolerance: 1e-15, maxIterations: 100_000 } });
    const items = Array.from({ length: votes.itemCount }, (_, item) => item);
    livePosteriors(touched(votes, items), runParameters(votes, run)).forEach((p, i) => expect(Math.abs(p - run.posteriors[i]!)).toBeLessThan(1e-5));
  });

  it('do not underflow with 500 votes on an item', () => {
    const votes = crowd({ seed: 2, itemCount: 3, annotatorCount: 600, votesPerItem: 500 });
    const run = aggregate(votes, 'dawid-skene', { options: exactly(2) });
    const next = aggregate(votes, 'dawid-skene', { options: exactly(3) });
    const live = livePosteriors(touched(votes, [0, 1, 2]), runParameters(votes, run));
    live.forEach((p, i) => expect(Math.abs(p - next.posteriors[i]!)).toBeLessThan(1e-12));
  });

  it('read new annotators, and classes an annotator had not used, through the pooled confusion', () => {
    fc.assert(fc.property(fc.nat(1000), fc.array(fc.tuple(fc.nat(4), fc.nat(30), fc.nat(3)), { maxLength: 8 }), (seed, given) => {
      const votes = crowd({ seed, itemCount: 12, annotatorCount: 8, votesPerItem: 2 });
      const parameters = runParameters(votes, aggregate(votes, 'dawid-skene'));
      const now = touched(votes, [0, 1, 2, 3, 4], given);
      const expected = byDefinition(now, parameters);
      livePosteriors(now, parameters).forEach((p, i) => expect(Math.abs(p - expected[i]!)).toBeLessThan(1e-12));
    }), { numRuns: 60 });
  });

  it('leave a vote aside whose class nobody had used in the run', () => {
    const votes = new VoteTable({ items: [0, 1], annotators: [0, 1], classes: [0, 1], itemCount: 2, annotatorCount: 2, classCount: 3 });
    const parameters = runParameters(votes, aggregate(votes, 'dawid-skene'));
    expect(livePosteriors(touched(votes, [0], [[0, 1, 2]]), parameters)).toEqual(livePosteriors(touched(votes, [0]), parameters));
  });

  it('are the class prior without votes, and certain of gold', () => {
    const votes = crowd({ seed: 3 });
    const parameters = runParameters(votes, aggregate(votes, 'dawid-skene'));
    const empty = new VoteTable({ items: [], annotators: [], classes: [], itemCount: 2, annotatorCount: 0, classCount: 4 });
    const live = livePosteriors(empty, parameters, Int32Array.of(-1, 2));
    parameters.classPriors.forEach((prior, k) => expect(live[k]).toBeCloseTo(prior, 9));
    expect(Array.from(live.subarray(4))).toEqual([0, 0, 1, 0]);
  });

  it('sum over the members of a candidate set as the run does', () => {
    const plain = crowd({ seed: 8, itemCount: 20 });
    const classes = Array.from(plain.classes, (k, v) => (v % 4 === 0 ? 4 + (k > 1 ? 1 : 0) : k));
    const candidateSets = { offsets: Int32Array.of(0, 2, 4), classes: Int32Array.of(0, 1, 2, 3) };
    const votes = new VoteTable({ items: plain.items, annotators: plain.annotators, classes, itemCount: 20, annotatorCount: 9, classCount: 4, candidateSets });
    const run = aggregate(votes, 'dawid-skene', { options: exactly(3) });
    const next = aggregate(votes, 'dawid-skene', { options: exactly(4) });
    const items = [3, 0, 17];
    livePosteriors(touched(votes, items), runParameters(votes, run)).forEach((p, i) => expect(Math.abs(p - rows(next.posteriors, items, 4)[i]!)).toBeLessThan(1e-12));
  });

  it('refuse parameters and gold that do not fit', () => {
    const votes = crowd({ seed: 1 });
    const parameters = runParameters(votes, aggregate(votes, 'dawid-skene'));
    const now = touched(votes, [0]);
    expect(() => livePosteriors(now, { ...parameters, classPriors: new Float64Array(3) })).toThrow(/classPriors has 3 numbers; it must have one a class, 4/);
    expect(() => livePosteriors(now, { ...parameters, pooled: parameters.confusion })).toThrow(/the pooled confusion covers 9 annotators; it must cover 1/);
    expect(() => livePosteriors(now, { ...parameters, confusion: { ...parameters.confusion, values: new Float64Array(3) } })).toThrow(/confusion has 3 values/);
    expect(() => livePosteriors(now, parameters, Int32Array.of(-1, -1))).toThrow(/gold has 2 entries; it must have one a touched item, 1/);
    expect(() => livePosteriors(now, parameters, Int32Array.of(4))).toThrow(/gold of touched item 0 is 4/);
  });
});

describe('the parameters of a run', () => {
  const columnSums = (values: Float64Array, first: number, last: number, K: number) =>
    Array.from({ length: K }, (_, k) => Array.from({ length: last - first }, (_, r) => values[(first + r) * K + k]!).reduce((sum, p) => sum + p, 0));

  it('pool all votes into one matrix whose columns sum to 1: the one annotator who gave them all', () => {
    fc.assert(fc.property(fc.nat(1000), (seed) => {
      const votes = crowd({ seed, itemCount: 15 });
      const { posteriors } = aggregate(votes, 'majority-vote');
      const { pooled } = runParameters(votes, { posteriors });
      const alone = new VoteTable({ items: votes.items, annotators: votes.annotators.map(() => 0), classes: votes.classes, itemCount: 15, annotatorCount: 1, classCount: 4 });
      const { confusion } = runParameters(alone, { posteriors });
      expect(Array.from(pooled.labels)).toEqual(Array.from(confusion.labels));
      pooled.values.forEach((p, i) => expect(Math.abs(p - confusion.values[i]!)).toBeLessThan(1e-9));
      for (const sum of columnSums(pooled.values, 0, pooled.labels.length, 4)) expect(sum).toBeCloseTo(1, 12);
    }), { numRuns: 30 });
  });

  it('are the ones a method returned, and for methods without any those its posteriors imply', () => {
    const votes = crowd({ seed: 4 });
    const run = aggregate(votes, 'dawid-skene');
    const own = runParameters(votes, run);
    expect(own.confusion).toBe(run.confusion);
    expect(own.classPriors).toBe(run.classPriors);
    const implied = runParameters(votes, { posteriors: run.posteriors });
    implied.confusion.values.forEach((p, i) => expect(Math.abs(p - run.confusion!.values[i]!)).toBeLessThan(1e-9));
    implied.classPriors.forEach((p, k) => expect(Math.abs(p - run.classPriors![k]!)).toBeLessThan(1e-9));
  });

  it('are uniform for a project without votes', () => {
    const votes = new VoteTable({ items: [], annotators: [], classes: [], itemCount: 0, annotatorCount: 0, classCount: 2 });
    const { classPriors, pooled } = runParameters(votes, { posteriors: new Float64Array(0) });
    expect(Array.from(classPriors)).toEqual([0.5, 0.5]);
    expect(pooled.labels).toHaveLength(0);
  });
});

describe('posteriors moved on from earlier ones', () => {
  it('from a posterior of the votes that went, by the votes that came, are the live posteriors of what stands', () => {
    fc.assert(fc.property(fc.nat(1000), fc.uniqueArray(fc.nat(59), { minLength: 1, maxLength: 10 }), (seed, items) => {
      const before = crowd({ seed });
      const after = crowd({ seed: seed + 1 });
      const parameters = runParameters(before, aggregate(before, 'dawid-skene'));
      const moved = movePosteriors(livePosteriors(touched(before, items), parameters), touched(after, items), touched(before, items), parameters);
      const expected = livePosteriors(touched(after, items), parameters);
      moved.forEach((p, i) => expect(Math.abs(p - expected[i]!)).toBeLessThan(1e-9));
    }), { numRuns: 40 });
  });

  it('stay where they were without news', () => {
    const votes = crowd({ seed: 4 });
    const parameters = runParameters(votes, aggregate(votes, 'majority-vote'));
    const none = touched(new VoteTable({ items: [], annotators: [], classes: [], itemCount: 60, annotatorCount: 9, classCount: 4 }), [3, 5]);
    const start = Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.7, 0.1, 0.1, 0.1);
    movePosteriors(start, none, none, parameters).forEach((p, i) => expect(p).toBeCloseTo(start[i]!, 14));
  });
});

describe('ActiveLab scored again with the weights of the pool', () => {
  it.each([1, 3])('gives the scores of the pool for whichever items are asked for, with %d models', (models) => {
    const votes = crowd({ seed: 12 });
    const predictions = Array.from({ length: models }, (_, m) => aggregate(crowd({ seed: 20 + m }), 'dawid-skene').posteriors);
    const { scores, weights } = activeLab(votes, predictions);
    const items = [2, 17, 40, 59];
    const again = activeLabAgain(touched(votes, items), predictions.map((matrix) => rows(matrix, items, 4)), JSON.parse(JSON.stringify({ ...weights, annotators: Array.from(weights.annotators) })));
    items.forEach((item, i) => expect(again[i]).toBeCloseTo(scores[item]!, 12));
  });
});
