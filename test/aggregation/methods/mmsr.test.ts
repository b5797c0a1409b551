import { describe, expect, it } from 'vitest';
import { calibration, simulateCrowd, VoteTable } from '../../../src/aggregation/index.js';
import { mmsr } from '../../../src/aggregation/methods/mmsr.js';
import { trimmedMean } from '../../../src/aggregation/numeric/trimmed-mean.js';
import { hasShared, loadCrowd, rowsOf, run } from './golden.js';

describe.skipIf(!hasShared)('mmsr', () => {
  const references = hasShared ? rowsOf('golden/reference-accuracy.csv').filter(({ MMSR }) => Number(MMSR) > 0) : [];
  it.each(references.map((row) => [row.set!, Number(row.MMSR)] as const))('is as accurate on %s as the reference, %f, or better, within half a point', (name, reference) => {
    const { votes, classes, gold } = loadCrowd(name);
    const { accuracy } = calibration(run(mmsr, votes).posteriors, classes.length, gold);
    expect(accuracy).toBeGreaterThanOrEqual(reference - 0.005);
  });
});

describe('mmsr', () => {
  it('finds the skills of a one-coin crowd', () => {
    const { columns, parameters } = simulateCrowd({ model: 'one-coin', items: 2000, annotators: 30, classes: 3, votesPerItem: 15, skill: 0.7 }, 4);
    const { annotatorQuality, diagnostics } = run(mmsr, new VoteTable(columns));
    expect(diagnostics.converged).toBe(true);
    annotatorQuality!.forEach((right, a) => expect(Math.abs(right - parameters.skill[a]!)).toBeLessThan(0.05));
  });

  it('turns the votes of adversaries round', () => {
    const truth = (item: number) => (item * 5) % 2;
    const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[], itemCount: 101, annotatorCount: 7, classCount: 2 };
    const cast = (item: number, annotator: number, label: number) => {
      columns.items.push(item);
      columns.annotators.push(annotator);
      columns.classes.push(label);
    };
    for (let item = 0; item < 100; item++) for (let annotator = 0; annotator < 7; annotator++) cast(item, annotator, annotator < 4 ? truth(item) : 1 - truth(item));
    // The last item is seen by adversaries alone.
    for (const annotator of [4, 5, 6]) cast(100, annotator, 0);
    const { posteriors, annotatorQuality } = run(mmsr, new VoteTable(columns));
    expect(annotatorQuality![5]).toBeLessThan(0.2);
    expect(posteriors[201]).toBeGreaterThan(0.9);
  });

  it('runs with 1,500 annotators', () => {
    const { columns, truth } = simulateCrowd({ model: 'one-coin', items: 3000, annotators: 1500, classes: 3, votesPerItem: 10, skill: 0.7 }, 1);
    const { posteriors } = run(mmsr, new VoteTable(columns), { maxIterations: 50 });
    expect(calibration(posteriors, 3, truth).accuracy).toBeGreaterThan(0.9);
  });

  it('refuses what would not fit into memory, naming the size', () => {
    const M = 15_000;
    const all = Int32Array.from({ length: M }, (_, a) => a);
    const votes = new VoteTable({ items: new Int32Array(M), annotators: all, classes: all.map((a) => a & 1), itemCount: 1, annotatorCount: M, classCount: 2 });
    expect(() => run(mmsr, votes)).toThrow(/224985000 pairs of annotators met on items; holding them would take 4\.2 GiB, more than 4/);
  });

  it('takes who met nobody for an average annotator', () => {
    const votes = new VoteTable({ items: [0, 0, 0, 1, 1, 1, 2], annotators: [0, 1, 2, 0, 1, 2, 3], classes: [0, 0, 0, 1, 1, 1, 1], itemCount: 3, annotatorCount: 4, classCount: 2 });
    const { posteriors, annotatorQuality } = run(mmsr, votes);
    expect(annotatorQuality![3]).toBeCloseTo(annotatorQuality![0]!, 12);
    expect(posteriors[5]).toBeGreaterThan(0.5);
  });
});

describe('trimmedMean', () => {
  it('leaves out as many extremes on each side of the own value as asked, or all there are', () => {
    const of = (values: number[], trim: number, own: number) => trimmedMean(Float64Array.from(values), values.length, trim, own);
    expect(of([5, 1, 9, 3, 7], 1, 5)).toBe(5);
    expect(of([5, 1, 9, 3, 8], 1, 5)).toBeCloseTo(16 / 3, 12);
    expect(of([5, 1, 9, 3, 8], 0, 5)).toBeCloseTo(5.2, 12);
    expect(of([10, 11, 12, 13], 2, 9)).toBe(10.5);
    expect(of([10, 11], 2, 9)).toBe(9);
    expect(of([2, 2, 2], 2, 2)).toBe(2);
  });

  it('agrees with sorting', () => {
    let state = 1;
    const random = () => ((state = (state * 16807) % 2147483647) / 2147483647);
    for (let round = 0; round < 300; round++) {
      const values = Array.from({ length: 1 + Math.floor(random() * 60) }, () => Math.floor(random() * 20));
      const own = Math.floor(random() * 20);
      const trim = Math.floor(random() * 25);
      const sorted = values.toSorted((a, b) => a - b);
      const below = Math.min(trim, sorted.filter((x) => x < own).length);
      const above = Math.min(trim, sorted.filter((x) => x > own).length);
      const kept = sorted.slice(below, sorted.length - above);
      const expected = kept.length > 0 ? kept.reduce((a, b) => a + b) / kept.length : own;
      expect(trimmedMean(Float64Array.from(values), values.length, trim, own)).toBeCloseTo(expected, 12);
    }
  });
});
