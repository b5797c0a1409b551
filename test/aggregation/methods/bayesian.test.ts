import { describe, expect, it } from 'vitest';
import { calibration } from '../../../src/aggregation/numeric/calibration.js';
import type { AggregationMethod } from '../../../src/aggregation/method.js';
import { ebcc } from '../../../src/aggregation/methods/ebcc.js';
import { fastDawidSkene } from '../../../src/aggregation/methods/fast-dawid-skene.js';
import { ibcc } from '../../../src/aggregation/methods/ibcc.js';
import { resolveOptions } from '../../../src/aggregation/options.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { hasShared, loadCrowd, run, type Crowd } from './golden.js';

/** Items of three classes, five annotators: two right, one off by a class, one always saying 0, one right on odd items only. */
function crowd(itemCount: number, candidateSets?: { offsets: Int32Array; classes: Int32Array }, replace?: (label: number) => number) {
  const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
  const truth = (item: number) => (item * 7 + (item >> 2)) % 3;
  for (let item = 0; item < itemCount; item++) {
    [truth(item), truth(item), (truth(item) + 1) % 3, 0, item % 2 ? truth(item) : (item >> 1) % 3].forEach((label, annotator) => {
      columns.items.push(item);
      columns.annotators.push(annotator);
      columns.classes.push(replace ? replace(label) : label);
    });
  }
  return { truth, votes: new VoteTable({ ...columns, itemCount: itemCount + 1, annotatorCount: 6, classCount: 3, candidateSets }) };
}

const three: [string, AggregationMethod][] = [['fast-dawid-skene', fastDawidSkene], ['ibcc', ibcc], ['ebcc', ebcc]];

describe.each(three)('%s', (_, method) => {
  it('finds the truth behind an annotator who is always off by a class and one who always says the same', () => {
    const { votes, truth } = crowd(40);
    const { posteriors, confusion, classPriors, annotatorQuality, diagnostics } = run(method, votes);
    expect(diagnostics.converged).toBe(true);
    for (let item = 0; item < 40; item++) expect(posteriors[item * 3 + truth(item)]).toBeGreaterThan(0.99);
    expect(annotatorQuality![0]).toBeGreaterThan(0.99);
    expect(annotatorQuality![2]).toBeLessThan(0.01);
    expect(annotatorQuality![5]).toBeNaN();
    // Annotator 2 calls class 0 class 1.
    const row = confusion!.labels.indexOf(1, confusion!.offsets[2]);
    expect(confusion!.values[row * 3]).toBeGreaterThan(0.6);
    for (let annotator = 0; annotator < 5; annotator++) {
      for (let k = 0; k < 3; k++) {
        let column = 0;
        for (let r = confusion!.offsets[annotator]!; r < confusion!.offsets[annotator + 1]!; r++) column += confusion!.values[r * 3 + k]!;
        expect(column).toBeCloseTo(1, 10);
      }
    }
    [...posteriors.subarray(120)].forEach((p, k) => expect(p, 'an item without votes has the class priors').toBeCloseTo(classPriors![k]!, 12));
  });

  it('takes a set of one class for a vote, and learns nothing from a set of all classes', () => {
    const plain = run(method, crowd(30).votes);
    const single = run(method, crowd(30, { offsets: Int32Array.of(0, 1), classes: Int32Array.of(2) }, (label) => (label === 2 ? 3 : label)).votes);
    single.posteriors.forEach((p, at) => expect(p).toBeCloseTo(plain.posteriors[at]!, method === ebcc ? 2 : 9));
    const open = { offsets: Int32Array.of(0, 3), classes: Int32Array.of(0, 1, 2) };
    const { votes, truth } = crowd(30, open);
    const vague = new VoteTable({
      items: [...votes.items, ...votes.items.filter((_, v) => v % 5 === 0)], annotators: [...votes.annotators, ...Array<number>(30).fill(5)],
      classes: [...votes.classes, ...Array<number>(30).fill(3)], itemCount: 31, annotatorCount: 6, classCount: 3, candidateSets: open,
    });
    const { posteriors } = run(method, vague);
    for (let item = 0; item < 30; item++) expect(posteriors[item * 3 + truth(item)]).toBeGreaterThan(0.98);
  });

  it('turns round when gold says the majority is wrong', () => {
    const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
    for (let vote = 0; vote < 120; vote++) {
      columns.items.push(Math.floor(vote / 3));
      columns.annotators.push(vote % 3);
      columns.classes.push(vote % 3 === 0 ? Math.floor(vote / 3) % 2 : 1 - (Math.floor(vote / 3) % 2));
    }
    const votes = new VoteTable({ ...columns, itemCount: 40, annotatorCount: 3, classCount: 2 });
    const gold = Int32Array.from({ length: 40 }, (_, item) => (item < 20 ? item % 2 : -1));
    const { posteriors } = method.run({ votes, gold }, resolveOptions(method), { seed: 0 });
    for (let item = 0; item < 40; item++) expect(posteriors[item * 2 + (item % 2)]).toBeGreaterThan(0.9);
  });
});

describe('ibcc and ebcc', () => {
  it.each(three.slice(1))('%s: the evidence bound never falls', (_, method) => {
    const { votes } = crowd(50);
    const noisy = new VoteTable({ ...votes, classes: votes.classes.map((label, v) => ((v * 2654435761) >>> 0) % 10 < 3 ? (label + 1) % 3 : label), candidateSets: undefined });
    const { trace } = run(method, noisy, { tolerance: 1e-9 }).diagnostics;
    expect(trace.length).toBeGreaterThan(5);
    for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-6);
  });

  it('ebcc: a seed gives the same bits, another seed another start, and more seeds are their mean', () => {
    const { votes } = crowd(20);
    const harder = new VoteTable({ ...votes, classes: votes.classes.map((label, v) => (v % 3 ? (label + v) % 3 : label)), candidateSets: undefined });
    const once = run(ebcc, harder, { maxIterations: 3 }, 5);
    expect(run(ebcc, harder, { maxIterations: 3 }, 5)).toEqual(once);
    expect(run(ebcc, harder, { maxIterations: 3 }, 6).posteriors).not.toEqual(once.posteriors);
    expect(once.diagnostics).toMatchObject({ iterations: 9, converged: false });
  });

  it('refuse what would not fit, saying what it would take', () => {
    const votes = new VoteTable({ items: [0], annotators: [0], classes: [1], itemCount: 100_000, annotatorCount: 1, classCount: 1000 });
    expect(() => run(ebcc, votes)).toThrow('100000 items, 1000 classes of 10 subtypes and 1 pairs of annotator and class used would take about 7.5 GiB, more than 4');
  });
});

describe.skipIf(!hasShared)('on real crowds', () => {
  const accuracy = ({ votes, gold }: Crowd, method: AggregationMethod) => 100 * calibration(run(method, votes).posteriors, votes.classCount, gold).accuracy;
  const bluebird = hasShared ? loadCrowd('bluebird') : null;
  const product = hasShared ? loadCrowd('product') : null;

  it('fast-dawid-skene, ibcc and ebcc are as accurate as published', () => {
    expect(accuracy(bluebird!, fastDawidSkene)).toBeCloseTo(88.0, 0);
    expect(accuracy(bluebird!, ibcc)).toBeCloseTo(88.9, 0);
    expect(accuracy(product!, fastDawidSkene)).toBeCloseTo(93.5, 0);
    expect(accuracy(product!, ibcc)).toBeCloseTo(93.8, 0);
    expect(accuracy(product!, ebcc)).toBeCloseTo(93.8, 0);
  });
});
