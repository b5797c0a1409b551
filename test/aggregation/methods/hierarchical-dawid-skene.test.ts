import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregate, VoteTable, type AggregateRequest, type CandidateSets, type ConfusionMatrices } from '../../../src/aggregation/index.js';
import { readableKernel, type CollapsedKernel } from '../../../src/aggregation/kernels/collapsed/collapsed-pass.js';
import { RowPrior } from '../../../src/aggregation/kernels/collapsed/row-prior.js';
import { confusionRows } from '../../../src/aggregation/kernels/confusion-rows.js';
import { collapsedKernel } from '../../../src/aggregation/kernels/fast/collapsed-kernel.js';
import { uniformSource } from '../../../src/aggregation/numeric/sampling.js';
import { hasShared, loadLastVotes, rowsOf } from './golden.js';
import { hierarchicalByDefinition } from './hierarchical-by-definition.js';

const id = 'hierarchical-dawid-skene';

interface CrowdOptions {
  seed?: number;
  N?: number;
  M?: number;
  K?: number;
  perItem?: number;
  sets?: CandidateSets;
  repeats?: boolean;
}

/** Annotators of differing skill, one item and one annotator without votes; with `repeats` some answer an item more than once. */
function crowd({ seed = 1, N = 30, M = 8, K = 3, perItem = 4, sets, repeats = false }: CrowdOptions = {}): VoteTable {
  const random = uniformSource(seed);
  const [items, annotators, classes]: number[][] = [[], [], []];
  const codes = K + (sets ? sets.offsets.length - 1 : 0);
  for (let item = 0; item < N; item++) {
    const truth = Math.floor(random() * K);
    const pool = Array.from({ length: M }, (_, annotator) => annotator).sort(() => random() - 0.5);
    for (let v = 0; v < perItem; v++) {
      const annotator = pool[repeats ? v >> 1 : v]!;
      items!.push(item);
      annotators!.push(annotator);
      classes!.push(random() < 0.9 - 0.07 * annotator ? truth : Math.floor(random() * codes));
    }
  }
  return new VoteTable({ items: items!, annotators: annotators!, classes: classes!, itemCount: N + 1, annotatorCount: M + 1, classCount: K, candidateSets: sets });
}

const sets: CandidateSets = { offsets: Int32Array.of(0, 2, 5), classes: Int32Array.of(0, 2, 0, 1, 2) };
const gold = Int32Array.from({ length: 31 }, (_, item) => (item % 7 === 3 || item === 30 ? item % 3 : -1));

function priorCountsOf(votes: VoteTable): ConfusionMatrices {
  const K = votes.classCount;
  const offsets = Int32Array.from({ length: votes.annotatorCount + 1 }, (_, a) => Math.min(2 * a, 8));
  const labels = Int32Array.from({ length: 8 }, (_, row) => row % 2);
  return { offsets, labels, values: Float64Array.from({ length: 8 * K }, (_, at) => (at * 5) % 7) };
}

function expectByDefinition(votes: VoteTable, request: AggregateRequest, options: { priorWeight?: number; classPriors?: string; maxIterations?: number; tolerance?: number }): void {
  const { gold, priorCounts } = request;
  const result = aggregate(votes, id, { ...request, options });
  const expected = hierarchicalByDefinition(votes, {
    h: options.priorWeight ?? 50, even: options.classPriors === 'even', iterations: options.maxIterations ?? 60, tolerance: options.tolerance ?? 1e-3, gold, priorCounts,
  });
  expect(result.diagnostics).toMatchObject({ iterations: expected.iterations, converged: expected.converged });
  expect(worst(result.posteriors, expected.q.flat())).toBeLessThan(1e-9);
  expect(worst(result.classPriors!, expected.classPriors)).toBeLessThan(1e-9);
  const { offsets, labels, values } = result.confusion!;
  for (let annotator = 0; annotator < votes.annotatorCount; annotator++) {
    for (let row = offsets[annotator]!; row < offsets[annotator + 1]!; row++) {
      for (let k = 0; k < votes.classCount; k++) expect(Math.abs(values[row * votes.classCount + k]! - expected.confusion[annotator]![labels[row]!]![k]!)).toBeLessThan(1e-9);
    }
  }
}

function worst(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  return Array.from(got).reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i]!)), 0);
}

describe('hierarchical-dawid-skene, word for word to 1e-9', () => {
  it.each([['learned', 50], ['even', 5], ['learned', 0.5]] as const)('with %s class priors and a prior weight of %d', (classPriors, priorWeight) => {
    for (const K of [2, 3, 5]) expectByDefinition(crowd({ K, seed: K }), {}, { classPriors, priorWeight });
  });

  it.each([1, 2, 4, 5, 30])('after %d iterations', (maxIterations) => expectByDefinition(crowd(), {}, { maxIterations, tolerance: 0 }));

  it('with gold, on items with votes and without', () => expectByDefinition(crowd(), { gold }, {}));

  it('with candidate sets, shared by what the annotators did elsewhere', () => {
    expectByDefinition(crowd({ sets }), {}, { maxIterations: 12, tolerance: 0 });
    expectByDefinition(crowd({ sets, seed: 3 }), { gold }, { classPriors: 'even' });
  });

  it('with annotators who answer an item again and again', () => {
    expectByDefinition(crowd({ repeats: true }), {}, { maxIterations: 12, tolerance: 0 });
    expectByDefinition(crowd({ repeats: true, sets, seed: 5 }), { gold }, {});
  });

  it('with what is known of annotators from elsewhere', () => {
    const votes = crowd();
    expectByDefinition(votes, { priorCounts: priorCountsOf(votes) }, {});
    expectByDefinition(votes, { priorCounts: priorCountsOf(votes), gold }, { priorWeight: 5 });
  });

  it('with classes that nobody names', () => {
    const votes = crowd({ K: 3 });
    expectByDefinition(new VoteTable({ ...votes, classCount: 9, candidateSets: null }), {}, { priorWeight: 2 });
  });
});

describe('a vote does not testify for the annotator who gave it', () => {
  /** The first item's probabilities after one pass in which all others are as their votes and the first is as given. */
  const firstAfter = (make: (input: { votes: VoteTable; rows: ReturnType<typeof confusionRows> }) => CollapsedKernel | null, votes: VoteTable, own: readonly number[]): Float64Array => {
    const rows = confusionRows(votes);
    const kernel = make({ votes, rows })!;
    kernel.begin((item, out, at) => {
      if (item === 0) out.set(own, at);
      else for (let k = 0; k < 3; k++) out[at + k] = 0.2 + (k === item % 3 ? 0.4 : 0);
    });
    const { counts, classCounts, terms, start } = kernel.state;
    new RowPrior(rows, 3, 50).writeTerms(counts, terms);
    const others = classCounts.reduce((sum, count) => sum + count, 2);
    start.set([...classCounts.map((count) => (1 + count) / others), 1 / others]);
    kernel.run();
    return kernel.posteriors().slice(0, 3);
  };

  it.each([['readable', readableKernel], ['fast', collapsedKernel]] as const)('%s: an item becomes what the others make of it, whatever it was taken for before', (_, make) => {
    fc.assert(fc.property(fc.nat(1000), fc.boolean(), fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 3, maxLength: 3 }), (seed, repeats, weights) => {
      const votes = crowd({ seed, repeats });
      const sum = weights.reduce((a, b) => a + b);
      const even = firstAfter(make, votes, [1 / 3, 1 / 3, 1 / 3]);
      expect(worst(firstAfter(make, votes, weights.map((w) => w / sum)), even)).toBeLessThan(1e-12);
    }), { numRuns: 40 });
  });

  it('so an annotator of one vote counts for what the prior says, however often others agreed with it', () => {
    // Items 0 to 19: two known annotators agree. Item 20: a newcomer for class 0; item 21: two for class 0.
    const items = [...Array.from({ length: 40 }, (_, v) => v >> 1), 20, 21, 21];
    const annotators = [...Array.from({ length: 40 }, (_, v) => v & 1), 2, 3, 4];
    const classes = [...Array.from({ length: 40 }, (_, v) => (v >> 1) & 1), 0, 0, 0];
    const { posteriors } = aggregate(new VoteTable({ items, annotators, classes, itemCount: 22, annotatorCount: 5, classCount: 2 }), id, { options: { maxIterations: 3, classPriors: 'even' } });
    // The starting prior: 3 right to 1 wrong.
    expect(posteriors[40]).toBeCloseTo(3 / 4, 12);
    expect(posteriors[42]).toBeCloseTo(9 / 10, 12);
  });
});

describe('hierarchical-dawid-skene', () => {
  it('starts from an earlier run, and ends where a cold one does in fewer iterations', () => {
    const votes = crowd({ N: 400, M: 20, K: 4, perItem: 5 });
    const options = { tolerance: 1e-8, maxIterations: 5000 };
    const cold = aggregate(votes, id, { options });
    const warm = aggregate(votes, id, { options, warmStart: { confusion: cold.confusion!, classPriors: cold.classPriors! } });
    expect(worst(warm.posteriors, cold.posteriors)).toBeLessThan(1e-4);
    expect(warm.posteriors).not.toEqual(cold.posteriors);
    const few = { tolerance: 0, maxIterations: 3 };
    const distance = (request: AggregateRequest) => worst(aggregate(votes, id, { ...request, options: few }).posteriors, cold.posteriors);
    expect(distance({ warmStart: { confusion: cold.confusion!, classPriors: cold.classPriors! } })).toBeLessThan(distance({}) / 2);
  });

  it('publishes chances that leave the prior its part of classes an annotator never used', () => {
    const { confusion, classPriors } = aggregate(crowd({ N: 60, M: 40, perItem: 3 }), id);
    let least = 1;
    for (let annotator = 0; annotator < 40; annotator++) {
      for (let k = 0; k < 3; k++) {
        let column = 0;
        for (let row = confusion!.offsets[annotator]!; row < confusion!.offsets[annotator + 1]!; row++) column += confusion!.values[row * 3 + k]!;
        expect(column).toBeLessThan(1 + 1e-12);
        if (confusion!.offsets[annotator + 1]! - confusion!.offsets[annotator]! === 3) expect(column).toBeCloseTo(1, 12);
        least = Math.min(least, column);
      }
    }
    expect(least).toBeLessThan(1 - 1e-3);
    expect(classPriors!.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect([...aggregate(crowd(), id, { options: { classPriors: 'even' } }).classPriors!]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('gives items without votes the class priors, and what gold says where it does', () => {
    const { posteriors, classPriors } = aggregate(crowd(), id, { gold: gold.map((answer, item) => (item === 30 ? -1 : answer)) });
    expect([...posteriors.subarray(90)]).toEqual([...classPriors!]);
    expect([...aggregate(crowd(), id, { gold }).posteriors.subarray(90)]).toEqual([1, 0, 0]);
  });

  it.each([[2, 3000], [1000, 3000], [2, 12_000], [60, 12_000]])('is finite with %d classes, one vote an annotator and %d votes', (K, voteCount) => {
    const index = Array.from({ length: voteCount }, (_, v) => v);
    const columns = { items: index.map((v) => v >> 1), annotators: index, classes: index.map((v) => ((v >> 1) * 7 + (v % 5 === 0 ? 1 : 0)) % K), itemCount: voteCount / 2, annotatorCount: voteCount, classCount: K };
    const { posteriors, diagnostics, confusion } = aggregate(new VoteTable(columns), id, { options: { maxIterations: 6 } });
    expect(posteriors.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(confusion!.values.every((p) => p > 0 && p <= 1)).toBe(true);
    expect(diagnostics.trace.every(Number.isFinite)).toBe(true);
    // Votes 0 and 1 differ, votes 2 and 3 agree on class 7 % K.
    expect(posteriors[K + (7 % K)]).toBeGreaterThan(0.6);
  });

  it('reports a run that its cap ended, and refuses prior counts beyond all votes', () => {
    expect(aggregate(crowd(), id, { options: { maxIterations: 2 } }).diagnostics).toMatchObject({ iterations: 2, converged: false });
    const votes = crowd();
    const priorCounts = priorCountsOf(votes);
    priorCounts.values[4] = 1e13;
    expect(() => aggregate(votes, id, { priorCounts })).toThrow(/priorCounts: value 4 is 10000000000000; hierarchical-dawid-skene takes up to 1000000000000/);
  });
});

describe.skipIf(!hasShared)('on the shared crowds', () => {
  it('takes as many iterations as two other implementations, give or take one', () => {
    // The large ones take long and tell no more.
    const large = ['adult2', 'facteval', 'cifar10n', 'pos', 'color'];
    for (const row of rowsOf('golden/default-label/recipe-a.csv').filter(({ set }) => !large.includes(set!))) {
      const { votes } = loadLastVotes(row.set!);
      const iterations = (options: Record<string, unknown>) => aggregate(votes, id, { options }).diagnostics.iterations;
      expect(Math.abs(iterations({}) - Number(row.iterations_learned)), row.set).toBeLessThanOrEqual(1);
      expect(Math.abs(iterations({ priorWeight: 5, classPriors: 'even' }) - Number(row.iterations_uniform)), row.set).toBeLessThanOrEqual(1);
    }
  });
});
