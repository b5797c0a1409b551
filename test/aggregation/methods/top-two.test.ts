import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { simulateCrowd, VoteTable } from '../../../src/aggregation/index.js';
import { describeItems } from '../../../src/aggregation/methods/top-two/describe.js';
import { CELLS, ItemPosterior, Q_GRID } from '../../../src/aggregation/methods/top-two/item-posterior.js';
import { compat } from '../../../src/aggregation/methods/top-two/spectral.js';
import { TopTwoEm } from '../../../src/aggregation/methods/top-two/em.js';
import { topTwo } from '../../../src/aggregation/methods/top-two/top-two.js';
import { runEm } from '../../../src/aggregation/numeric/em.js';
import { hasShared, rowsOf, run } from './golden.js';

const folder = new URL('../../../../shared/golden/toptwo/', import.meta.url);
const sets = hasShared ? readdirSync(folder).filter((name) => /^(real|synthetic)_/.test(name)) : [];

function load(set: string): VoteTable {
  const rows = rowsOf(`golden/toptwo/${set}/votes.csv`);
  const column = (name: string) => Int32Array.from(rows, (row) => Number(row[name]));
  const [items, annotators, classes] = [column('item'), column('worker'), column('label')];
  const count = (codes: Int32Array) => codes.reduce((most, code) => Math.max(most, code), 0) + 1;
  return new VoteTable({ items, annotators, classes, itemCount: count(items), annotatorCount: count(annotators), classCount: count(classes) });
}

/** The table last read, whose columns are asked for one after another. */
let table: { path: string; rows: Record<string, string>[] } | undefined;

function columnOf(path: string, name: string): number[] {
  if (table?.path !== path) table = { path, rows: rowsOf(path) };
  return table.rows.map((row) => (row[name] === '' || row[name] === undefined ? NaN : Number(row[name])));
}

/** Largest difference over the places where the reference has a number and `where` holds. */
function worst(actual: ArrayLike<number>, reference: number[], where: (i: number) => boolean = () => true): number {
  return reference.reduce((most, value, i) => (Number.isNaN(value) || !where(i) ? most : Math.max(most, Math.abs(actual[i]! - value))), 0);
}

describe.skipIf(!hasShared)('top-two em', () => {
  // The denser synthetic sets hold the same crowds with more votes, and take most of the time.
  const withReference = sets.filter((set) => existsSync(new URL(`${set}/reference_em_items.csv`, folder)) && !/s04|s10/.test(set));
  it.each(withReference)('gives the reference posteriors and parameters of %s after its 51 rounds', (set) => {
    const votes = load(set);
    const path = `golden/toptwo/${set}/reference_em`;
    const em = new TopTwoEm(votes);
    runEm(em, { tolerance: 0, maxIterations: 51, voteCount: votes.voteCount }, { seed: 0 });
    expect(worst(em.reliability, columnOf(`${path}_workers.csv`, 'p'))).toBeLessThan(1e-9);
    expect(worst(em.weights, columnOf(`${path}_qgrid.csv`, 'weight'))).toBeLessThan(1e-9);

    const K = votes.classCount;
    const posteriors = new Float64Array(votes.itemCount * K);
    const answers = describeItems(votes, em.posterior, posteriors, false);
    for (let k = 0; k < K; k++) {
      expect(worst(posteriors.filter((_, at) => at % K === k), columnOf(`${path}_items.csv`, `post_top1_${k}`))).toBeLessThan(1e-9);
    }
    const [best, runnerUp] = ['p_pair', 'p_pair_runner_up'].map((name) => columnOf(`${path}_items.csv`, name));
    expect(worst(answers.pairProbability, best!)).toBeLessThan(1e-9);
    expect(worst(answers.pairGap, best!.map((p, i) => p - runnerUp![i]!))).toBeLessThan(1e-9);
    expect(worst(answers.confusionProbability, columnOf(`${path}_items.csv`, 'q_marginal').map((q) => 1 - q))).toBeLessThan(1e-9);
    const clear = (item: number) => best![item]! - runnerUp![item]! > 1e-7;
    for (const [name, column] of [['first', 'top1'], ['second', 'top2']] as const) expect(worst(answers[name], columnOf(`${path}_items.csv`, column), clear)).toBe(0);
    best!.forEach((p, item) => expect(answers.tied[item] === 1).toBe(p - runnerUp![item]! < 1e-10));
  });
});

describe.skipIf(!hasShared)('top-two compat', () => {
  it.each(sets.filter((set) => set !== 'real_rte'))('repeats both stages of the published code on %s, the truth leak aside', (set) => {
    const votes = load(set);
    const K = votes.classCount;
    const [itemsPath, workersPath] = [`golden/toptwo/${set}/items.csv`, `golden/toptwo/${set}/workers.csv`];
    const fit = compat(votes, { tolerance: 1e-11, maxIterations: 20_000 });
    expect(fit.converged).toBe(true);
    for (let k = 1; k < K; k++) expect(worst(fit.vectors[k - 1]!, columnOf(workersPath, `u_${k}`))).toBeLessThan(1e-9);
    for (let k = 0; k < K; k++) expect(worst(fit.scores!.filter((_, at) => at % K === k), columnOf(itemsPath, `delta_${k}`))).toBeLessThan(1e-8);

    const [tie12, tie23] = ['tt1_tie12', 'tt1_tie23'].map((name) => columnOf(itemsPath, name));
    expect(worst(fit.stage1.top1, columnOf(itemsPath, 'tt1_top1'), (i) => tie12![i] === 0)).toBe(0);
    expect(worst(fit.stage1.top2, columnOf(itemsPath, 'tt1_top2'), (i) => tie12![i] === 0 && tie23![i] === 0)).toBe(0);
    // A tie for the second answer, settled by rounding there, changes reliabilities and all that follows from them.
    if (worst(fit.stage1.top2, columnOf(itemsPath, 'tt1_top2')) > 0 || worst(fit.stage1.top1, columnOf(itemsPath, 'tt1_top1')) > 0) return;
    expect(worst(fit.reliability, columnOf(workersPath, 'p_hat'))).toBeLessThan(1e-9);
    expect(worst(fit.q, columnOf(itemsPath, 'q_hat'))).toBeLessThan(1e-9);
    expect(worst(fit.objective, columnOf(itemsPath, 'tt2_objective'))).toBeLessThan(1e-7);
    const gap = columnOf(itemsPath, 'tt2_pair_gap');
    for (const [name, column] of [['first', 'top1'], ['second', 'top2']] as const) expect(worst(fit.answers[name], columnOf(itemsPath, `tt2_${column}`), (i) => gap[i]! > 1e-9)).toBe(0);
  });
});

/** The posterior of one item by going through every ordered pair and cell. */
function bruteForce(votes: VoteTable, item: number, reliability: Float64Array, weights: Float64Array) {
  const K = votes.classCount;
  const logs: { g: number; h: number; t: number; log: number }[] = [];
  for (let g = 0; g < K; g++) {
    for (let h = 0; h < K; h++) {
      for (let t = 0; g !== h && t < CELLS; t++) {
        let log = Math.log(weights[t]!);
        for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
          const p = reliability[votes.annotators[v]!]!;
          const chance = (1 - p) / K;
          const hit = votes.classes[v] === g ? p * Q_GRID[t]! : votes.classes[v] === h ? p * (1 - Q_GRID[t]!) : 0;
          log += Math.log((hit + chance) / chance);
        }
        logs.push({ g, h, t, log });
      }
    }
  }
  const most = Math.max(...logs.map(({ log }) => log));
  const total = logs.reduce((sum, { log }) => sum + Math.exp(log - most), 0);
  const share = (keep: (pair: (typeof logs)[number]) => boolean) => logs.reduce((sum, entry) => (keep(entry) ? sum + Math.exp(entry.log - most) / total : sum), 0);
  return { logTotal: most + Math.log(total), share };
}

describe('top-two em', () => {
  it.each([[3, 1, 3], [7, 2, 4], [12, 5, 5], [6, 2, 2], [250, 3, 4], [300, 5, 5], [260, 1, 6]])(
    'sums %i votes for %i of %i classes as going through every pair does',
    (count, voted, K) => {
      const annotators = Int32Array.from({ length: count }, (_, v) => v);
      const votes = new VoteTable({ items: new Int32Array(count), annotators, classes: annotators.map((v) => ((v * v) % 7) % voted), itemCount: 1, annotatorCount: count, classCount: K });
      const reliability = Float64Array.from(annotators, (v) => 0.001 + 0.998 * ((v * 37) % 101) / 100);
      const weights = Q_GRID.map((q) => (q * q) / Q_GRID.reduce((sum, x) => sum + x * x, 0));
      const posterior = new ItemPosterior(votes);
      posterior.setParameters(reliability, weights);
      const { logTotal, share } = bruteForce(votes, 0, reliability, weights);
      const seen = posterior.see(0);
      expect(Math.abs(seen - logTotal)).toBeLessThan(1e-9 * Math.max(1, logTotal));
      const own = [...posterior.classes.classes];
      own.forEach((label, slot) => {
        for (let t = 0; t < CELLS; t++) {
          expect(posterior.first[slot * CELLS + t]! * posterior.scale).toBeCloseTo(share((x) => x.g === label && x.t === t), 11);
          expect(posterior.second[slot * CELLS + t]! * posterior.scale).toBeCloseTo(share((x) => x.h === label && x.t === t), 11);
        }
        own.forEach((other, second) => {
          if (label !== other) expect(posterior.pairProbability(slot, second)).toBeCloseTo(share((x) => x.g === label && x.h === other), 11);
        });
      });
      const unvoted = Array.from({ length: K }, (_, k) => k).find((k) => !own.includes(k));
      for (let t = 0; unvoted !== undefined && t < CELLS; t++) {
        expect(posterior.unvotedFirst[t]! * posterior.scale).toBeCloseTo(share((x) => x.g === unvoted && x.t === t), 11);
        expect(posterior.unvotedSecond[t]! * posterior.scale).toBeCloseTo(share((x) => x.h === unvoted && x.t === t), 11);
      }
    },
  );

  const crowd = simulateCrowd({ model: 'top-two', items: 400, annotators: 40, classes: 5, votesPerItem: 12, skill: 0.8 }, 6);
  const votes = new VoteTable(crowd.columns);

  it('never lowers its objective, and reaches the same with and without acceleration', () => {
    const ends = ['none', 'squarem'].map((acceleration) => {
      const { trace } = run(topTwo, votes, { acceleration, tolerance: 1e-11, maxIterations: 5000 }).diagnostics;
      for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-8);
      return trace.at(-1)!;
    });
    expect(ends[1]).toBeCloseTo(ends[0]!, 4);
  });

  it('recovers the second answer and how often it is taken for the first', () => {
    const { findings } = run(topTwo, votes);
    const { second, clarity } = crowd.parameters;
    let pairs = 0;
    let error = 0;
    let inside = 0;
    for (let item = 0; item < 400; item++) {
      if (findings!.first![item] === crowd.truth[item] && findings!.second![item] === second![item]) pairs++;
      error += (1 - clarity![item]! - findings!.confusionProbability![item]!) ** 2 / 400;
      if (1 - clarity![item]! >= findings!.confusionLow![item]! - 0.025 && 1 - clarity![item]! <= findings!.confusionHigh![item]! + 0.025) inside++;
    }
    expect(pairs / 400).toBeGreaterThan(0.6);
    expect(error).toBeLessThan(0.015);
    expect(inside / 400).toBeGreaterThan(0.9);
  });

  it('withholds what is tied or has no votes', () => {
    // Unanimous: the first answer is clear, the second might be any other. Then one vote each for two classes. Then none.
    const votes = new VoteTable({ items: [0, 0, 0, 1, 1], annotators: [0, 1, 2, 0, 1], classes: [2, 2, 2, 0, 1], itemCount: 3, annotatorCount: 3, classCount: 4 });
    const { findings, posteriors } = run(topTwo, votes);
    expect([...findings!.first!]).toEqual([2, -1, -1]);
    expect([...findings!.second!]).toEqual([-1, -1, -1]);
    expect([...findings!.tied!]).toEqual([1, 1, 0]);
    expect([...posteriors.slice(8)]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('warns of two classes, of few votes and of crowds in parts', () => {
    const votes = new VoteTable({ items: [0, 0, 1, 1], annotators: [0, 1, 2, 3], classes: [0, 0, 1, 1], itemCount: 2, annotatorCount: 4, classCount: 2 });
    expect(run(topTwo, votes).diagnostics.warnings).toEqual([
      'with 2 classes every wrong answer is the second answer: one-coin or dawid-skene say as much with less',
      '2.0 votes an item: under 5 the second answer is mostly a guess',
      'the votes fall into 2 parts that share no item and no annotator: reliabilities are not comparable across them',
    ]);
  });
});

describe('top-two spectral', () => {
  const crowd = simulateCrowd({ model: 'top-two', items: 300, annotators: 30, classes: 5, votesPerItem: 10, skill: 0.8 }, 9);

  it('does not depend on the order of the classes, where compat does', () => {
    const turned = { ...crowd.columns, classes: crowd.columns.classes.map((k) => (k + 2) % 5) };
    const [before, after] = [crowd.columns, turned].map((columns) => run(topTwo, new VoteTable(columns), { variant: 'spectral', tolerance: 1e-12, maxIterations: 5000 }));
    for (let item = 0; item < 300; item++) {
      for (let k = 0; k < 5; k++) expect(after!.posteriors[item * 5 + ((k + 2) % 5)]).toBeCloseTo(before!.posteriors[item * 5 + k]!, 7);
    }
    const [one, other] = [crowd.columns, turned].map((columns) => run(topTwo, new VoteTable(columns), { variant: 'compat', tolerance: 1e-12, maxIterations: 5000 }));
    expect(one!.annotatorQuality!.some((p, a) => Math.abs(p - other!.annotatorQuality![a]!) > 1e-3)).toBe(true);
  });

  it('has most first answers right, and gives rows that sum to 1', () => {
    const { posteriors, findings } = run(topTwo, new VoteTable(crowd.columns), { variant: 'spectral' });
    expect([...crowd.truth].filter((label, item) => findings!.first![item] === label).length / 300).toBeGreaterThan(0.75);
    for (let item = 0; item < 300; item++) expect(posteriors.subarray(item * 5, item * 5 + 5).reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
  });

  it.each(['spectral', 'compat'])('refuses two classes (%s)', (variant) => {
    const votes = new VoteTable({ items: [0], annotators: [0], classes: [1], itemCount: 1, annotatorCount: 1, classCount: 2 });
    expect(() => run(topTwo, votes, { variant })).toThrow(/needs 3 classes or more/);
  });

  it.each(['spectral', 'compat'])('gives numbers for one vote, unvoted items and idle annotators (%s)', (variant) => {
    const votes = new VoteTable({ items: [1], annotators: [1], classes: [2], itemCount: 3, annotatorCount: 3, classCount: 3 });
    const { posteriors } = run(topTwo, votes, { variant });
    expect(posteriors.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(posteriors[5]).toBeGreaterThan(0.5);
  });
});
