import { describe, expect, it } from 'vitest';
import { oneCoin } from '../../../src/aggregation/methods/one-coin.js';
import { resolveOptions } from '../../../src/aggregation/options.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { expectColumn, expectRows, goldenCrowds, hasShared, loadCrowd, rowsOf, run, sixDecimals } from './golden.js';

describe.skipIf(!hasShared)('one-coin', () => {
  it.each(goldenCrowds)('gives the reference posteriors, prior and skills on %s after as many iterations', (name) => {
    const { votes, items, annotators, classes } = loadCrowd(name);
    const iterations = Number(rowsOf('golden/reference-runs.csv').find((row) => row.set === name && row.run === 'onecoin')!.iterations);
    const result = run(oneCoin, votes, { tolerance: 0, maxIterations: iterations });
    expect(result.diagnostics).toMatchObject({ iterations, converged: false });
    expectRows(`golden/${name}/onecoin_posterior.csv`, 'item', items, classes, result.posteriors, sixDecimals);
    expectColumn(`golden/${name}/onecoin_prior.csv`, 'label', classes, 'prior', result.classPriors!, sixDecimals);
    expectColumn(`golden/${name}/onecoin_skill.csv`, 'annotator', annotators, 'skill', result.annotatorQuality!, sixDecimals);
  });

  it.each(goldenCrowds)('converges on %s with a likelihood that never falls', (name) => {
    const { converged, trace } = run(oneCoin, loadCrowd(name).votes).diagnostics;
    expect(converged).toBe(true);
    for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-8 * Math.abs(trace[i]!));
  });
});

describe('one-coin', () => {
  const crowd = (classes: number[], candidateSets?: VoteTable['candidateSets']) =>
    new VoteTable({
      items: classes.map((_, v) => Math.floor(v / 3)), annotators: classes.map((_, v) => v % 3), classes,
      itemCount: classes.length / 3 + 1, annotatorCount: 4, classCount: 3, candidateSets: candidateSets ?? undefined,
    });

  it('gives an item without votes the class prior, and an annotator without votes no skill', () => {
    const result = run(oneCoin, crowd([0, 0, 1, 0, 0, 0, 2, 2, 2, 2, 1, 2]));
    [...result.posteriors.slice(-3)].forEach((p, k) => expect(p).toBeCloseTo(result.classPriors![k]!, 6));
    expect(result.annotatorQuality![3]).toBeNaN();
    expect(result.classPriors!.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it('obeys gold answers and learns from them', () => {
    const votes = crowd([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]);
    const free = run(oneCoin, votes);
    const told = oneCoin.run({ votes, gold: Int32Array.of(1, 1, 1, -1, -1) }, resolveOptions(oneCoin), { seed: 0 });
    expect(free.posteriors[9]).toBeGreaterThan(0.9);
    expect([...told.posteriors.slice(0, 3)]).toEqual([0, 1, 0]);
    expect(told.posteriors[10]).toBeGreaterThan(0.9);
    expect(told.annotatorQuality![2]).toBeGreaterThan(0.9);
  });

  it('takes a set of one class for a vote, and a set of all classes for no information', () => {
    const plain = run(oneCoin, crowd([0, 0, 1, 0, 0, 0, 2, 2, 2, 2, 1, 2]));
    const single = run(oneCoin, crowd([3, 0, 1, 0, 3, 0, 2, 2, 2, 2, 1, 2], { offsets: Int32Array.of(0, 1), classes: Int32Array.of(0) }));
    single.posteriors.forEach((p, at) => expect(p).toBeCloseTo(plain.posteriors[at]!, 12));
    const open = { offsets: Int32Array.of(0, 3), classes: Int32Array.of(0, 1, 2) };
    const vague = run(oneCoin, crowd([0, 0, 3, 0, 0, 3, 2, 2, 3, 2, 1, 3], open));
    for (let i = 0; i < 3; i++) expect(vague.posteriors[i * 3 + [0, 0, 2][i]!]).toBeGreaterThan(0.9);
    const { trace } = vague.diagnostics;
    for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-9);
  });

  it('keeps rows that sum to 1 with five hundred votes on one item', () => {
    const n = 500;
    const votes = new VoteTable({ items: Array<number>(n).fill(0), annotators: Array.from({ length: n }, (_, a) => a), classes: Array.from({ length: n }, (_, a) => Number(a % 5 === 0)), itemCount: 1, annotatorCount: n, classCount: 1000 });
    const { posteriors } = run(oneCoin, votes);
    expect(posteriors.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(posteriors[0]).toBeGreaterThan(0.99);
  });
});
