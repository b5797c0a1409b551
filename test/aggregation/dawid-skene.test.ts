import { describe, expect, it } from 'vitest';
import { aggregate, VoteTable, type ConfusionMatrices } from '../../src/aggregation/index.js';
import { calibration } from '../../src/aggregation/numeric/calibration.js';
import { expectColumn, expectRows, goldenCrowds, hasShared, loadCrowd, rowsOf, sixDecimals, type Crowd } from './methods/golden.js';

const exactly = (maxIterations: number) => ({ tolerance: 0, maxIterations });

function expectConfusion(path: string, { annotators, classes }: Crowd, confusion: ConfusionMatrices): void {
  const K = classes.length;
  const found = new Map<string, number>();
  for (let annotator = 0; annotator < annotators.length; annotator++) {
    for (let row = confusion.offsets[annotator]!; row < confusion.offsets[annotator + 1]!; row++) {
      for (let k = 0; k < K; k++) found.set(JSON.stringify([annotators[annotator], classes[k], classes[confusion.labels[row]!]]), confusion.values[row * K + k]!);
    }
  }
  const rows = rowsOf(path);
  expect(found.size).toBe(rows.length);
  for (const row of rows) {
    const difference = Math.abs(found.get(JSON.stringify([row.annotator, row.true, row.observed]))! - Number(row.p));
    expect(difference, `${path} ${JSON.stringify(row)}`).toBeLessThanOrEqual(sixDecimals);
  }
}

describe.skipIf(!hasShared)('dawid-skene against the references', () => {
  it.each(goldenCrowds)('gives the reference posteriors and priors on %s after 1 and 10 iterations, and the confusion after 10', (name) => {
    const crowd = loadCrowd(name);
    for (const n of [1, 10]) {
      const result = aggregate({ table: crowd.votes }, 'dawid-skene', { options: exactly(n) });
      expect(result.diagnostics).toMatchObject({ iterations: n, converged: false });
      expectRows(`golden/${name}/ds_n${n}_posterior.csv`, 'item', crowd.items, crowd.classes, result.posteriors, sixDecimals);
      expectColumn(`golden/${name}/ds_n${n}_prior.csv`, 'label', crowd.classes, 'prior', result.classPriors!, sixDecimals);
      if (n === 10) expectConfusion(`golden/${name}/ds_n10_confusion.csv`, crowd, result.confusion!);
    }
  });

  it.each(goldenCrowds.filter((name) => name !== 'anesthesia' && name !== 'labelme'))('obeys every fifth gold answer of %s as the reference does', (name) => {
    const crowd = loadCrowd(name);
    const known = crowd.items.map((_, item) => item).filter((item) => crowd.gold[item]! >= 0);
    const gold = new Int32Array(crowd.items.length).fill(-1);
    known.forEach((item, place) => {
      if (place % 5 === 0) gold[item] = crowd.gold[item]!;
    });
    const iterations = Number(rowsOf('golden/reference-runs.csv').find((row) => row.set === name && row.run!.startsWith('ds_fifthgold'))!.iterations);
    const result = aggregate(crowd.votes, 'dawid-skene', { gold, options: exactly(iterations) });
    expectRows(`golden/${name}/ds_fifthgold_posterior.csv`, 'item', crowd.items, crowd.classes, result.posteriors, sixDecimals);
    expectConfusion(`golden/${name}/ds_fifthgold_confusion.csv`, crowd, result.confusion!);
  });

  const converged = hasShared ? rowsOf('golden/reference-accuracy.csv').map((row) => row.set!).filter((set) => set !== 'cifar10n' && set !== 'facteval') : [];
  it.each(converged)('climbs to the converged log-likelihood and accuracy on %s by default', (name) => {
    const crowd = loadCrowd(name);
    const reference = rowsOf('golden/reference-accuracy.csv').find((row) => row.set === name)!;
    const { posteriors, diagnostics } = aggregate(crowd.votes, 'dawid-skene');
    expect(diagnostics.converged).toBe(true);
    expect(Math.abs(diagnostics.trace.at(-1)! / Number(reference.loglik) - 1)).toBeLessThan(1e-6);
    for (let i = 1; i < diagnostics.trace.length; i++) expect(diagnostics.trace[i]!).toBeGreaterThanOrEqual(diagnostics.trace[i - 1]! - 1e-7);
    if (crowd.gold.some((answer) => answer >= 0)) {
      expect(Math.abs(calibration(posteriors, crowd.classes.length, crowd.gold).accuracy - Number(reference.DS_converged))).toBeLessThan(0.003);
    }
  });

  it.each(['anesthesia', 'bluebird', 'face', 'dog', 'labelme', 'product'])('reaches the same fixed point on %s with SQUAREM, in no more iterations', (name) => {
    const { votes } = loadCrowd(name);
    const plain = aggregate(votes, 'dawid-skene', { options: { tolerance: 1e-11, maxIterations: 20_000 } });
    const squared = aggregate(votes, 'dawid-skene', { options: { tolerance: 1e-11, maxIterations: 20_000, acceleration: 'squarem' } });
    expect(squared.diagnostics.converged).toBe(true);
    expect(squared.diagnostics.iterations).toBeLessThanOrEqual(plain.diagnostics.iterations);
    expect(Math.abs(squared.diagnostics.trace.at(-1)! / plain.diagnostics.trace.at(-1)! - 1)).toBeLessThan(1e-7);
    let worst = 0;
    squared.posteriors.forEach((p, at) => (worst = Math.max(worst, Math.abs(p - plain.posteriors[at]!))));
    expect(worst).toBeLessThan(0.005);
  });

  it('starts from an earlier run, and needs fewer than half the iterations after 1% new votes', () => {
    const { votes } = loadCrowd('web');
    const old = [...votes.items.keys()].filter((vote) => vote % 100 !== 50);
    const before = new VoteTable({ ...votes, items: old.map((v) => votes.items[v]!), annotators: old.map((v) => votes.annotators[v]!), classes: old.map((v) => votes.classes[v]!) });
    const { confusion, classPriors } = aggregate(before, 'dawid-skene');
    const cold = aggregate(votes, 'dawid-skene');
    const warm = aggregate(votes, 'dawid-skene', { warmStart: { confusion: confusion!, classPriors: classPriors! } });
    expect(warm.diagnostics.iterations).toBeLessThan(cold.diagnostics.iterations / 2);
    // Another start may end in another optimum, but not in a much worse one.
    expect(warm.diagnostics.trace.at(-1)!).toBeGreaterThan(cold.diagnostics.trace.at(-1)! * 1.0005);
  });
});

/** Three annotators on each of n items: two good ones, and one who always says class 0. */
function crowd(n: number, extraItems = 0, annotatorCount = 3): VoteTable {
  const items: number[] = [];
  const annotators: number[] = [];
  const classes: number[] = [];
  for (let item = 0; item < n; item++) {
    for (let annotator = 0; annotator < 3; annotator++) {
      items.push(item);
      annotators.push(annotator);
      classes.push(annotator === 2 ? 0 : item % 7 === annotator ? (item + 1) % 3 : item % 3);
    }
  }
  return new VoteTable({ items, annotators, classes, itemCount: n + extraItems, annotatorCount, classCount: 3 });
}

describe('dawid-skene', () => {
  it('gives an item without votes the class priors and changes nothing else for it', () => {
    const without = aggregate(crowd(60), 'dawid-skene');
    const result = aggregate(crowd(60, 4, 5), 'dawid-skene');
    expect(result.posteriors.slice(0, 180)).toEqual(without.posteriors);
    for (let k = 0; k < 3; k++) expect(result.posteriors[183 + k]).toBeCloseTo(result.classPriors![k]!, 4);
    expect(result.annotatorQuality!.slice(3)).toEqual(Float64Array.of(NaN, NaN));
  });

  it('takes an earlier run in which an annotator had no votes, or had not used a class, yet', () => {
    const earlier = aggregate(new VoteTable({ items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 0, 1, 1], itemCount: 2, annotatorCount: 3, classCount: 3 }), 'dawid-skene');
    const warm = aggregate(crowd(60), 'dawid-skene', { warmStart: { confusion: earlier.confusion!, classPriors: earlier.classPriors! } });
    expect(warm.posteriors.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(Number.isFinite(warm.diagnostics.trace[0])).toBe(true);
  });

  it('believes what is known of an annotator from elsewhere', () => {
    // Two annotators disagree on every item; a long history says that the first is right.
    const items = Array.from({ length: 40 }, (_, v) => v >> 1);
    const votes = new VoteTable({ items, annotators: items.map((_, v) => v & 1), classes: items.map((item, v) => (item + (v & 1)) % 2), itemCount: 20, annotatorCount: 2, classCount: 2 });
    const right = [900, 100, 100, 900];
    const wrong = [500, 500, 500, 500];
    const priorCounts = { offsets: Int32Array.of(0, 2, 4), labels: Int32Array.of(0, 1, 0, 1), values: Float64Array.of(...right, ...wrong) };
    const { posteriors } = aggregate(votes, 'dawid-skene', { priorCounts });
    for (let item = 0; item < 20; item++) expect(posteriors[item * 2 + (item % 2)]).toBeGreaterThan(0.8);
  });

  it('shrinks towards the uniform matrix as smoothing grows', () => {
    const { confusion } = aggregate(crowd(60), 'dawid-skene', { options: { smoothing: 1e6 } });
    confusion!.values.forEach((value, at) => expect(value).toBeCloseTo(confusion!.labels[Math.floor(at / 3)] === 0 && at >= 18 ? 1 : 1 / 3, 3));
  });

  it('takes a set of one class for a vote, and a set of all classes for no information', () => {
    const votes = crowd(60);
    const single = new VoteTable({ ...votes, classes: votes.classes.map((label, v) => (v % 5 === 0 && label === 0 ? 3 : label)), candidateSets: { offsets: Int32Array.of(0, 1), classes: Int32Array.of(0) } });
    const plain = aggregate(votes, 'dawid-skene', { options: exactly(20) });
    aggregate(single, 'dawid-skene', { options: exactly(20) }).posteriors.forEach((p, at) => expect(p).toBeCloseTo(plain.posteriors[at]!, 12));

    // The third annotator's answers become "any of the three": the other two decide alone.
    const open = { offsets: Int32Array.of(0, 3), classes: Int32Array.of(0, 1, 2) };
    const vague = aggregate(new VoteTable({ ...votes, classes: votes.classes.map((label, v) => (votes.annotators[v] === 2 ? 3 : label)), candidateSets: open }), 'dawid-skene', { options: exactly(500) });
    const keep = [...votes.annotators.keys()].filter((v) => votes.annotators[v]! < 2);
    const pair = new VoteTable({ ...votes, items: keep.map((v) => votes.items[v]!), annotators: keep.map((v) => votes.annotators[v]!), classes: keep.map((v) => votes.classes[v]!) });
    const alone = aggregate(pair, 'dawid-skene', { options: exactly(500) });
    expect(vague.diagnostics.trace.at(-1)!).toBeCloseTo(alone.diagnostics.trace.at(-1)!, 6);
    alone.posteriors.forEach((p, at) => expect(vague.posteriors[at]).toBeCloseTo(p, 6));
  });

  it('says so when the cap ends the run', () => {
    expect(aggregate(crowd(60), 'dawid-skene', { options: exactly(3) }).diagnostics).toMatchObject({ converged: false, iterations: 3 });
  });

  it('refuses matrices that would not fit, with the memory they would take', () => {
    const n = 70_000;
    const column = Array.from({ length: n }, (_, v) => v);
    const votes = new VoteTable({ items: column, annotators: column.map((v) => v % 100), classes: column.map((v) => v % 10_000), itemCount: n, annotatorCount: 100, classCount: 10_000 });
    const wide = new VoteTable({ ...votes, annotators: column.map((v) => v % 99), annotatorCount: 99 });
    expect(() => aggregate(wide, 'dawid-skene')).toThrow(/would take about \d+\.\d GiB, more than 4/);
  });

  it('reports every iteration, and ends when the listener throws', () => {
    const seen: number[] = [];
    expect(() =>
      aggregate(crowd(60), 'dawid-skene', {
        onProgress: ({ iteration, objective }) => {
          seen.push(iteration);
          expect(objective).toBeLessThan(0);
          if (iteration === 2) throw new Error('cancelled');
        },
      }),
    ).toThrow('cancelled');
    expect(seen).toEqual([1, 2]);
  });
});
