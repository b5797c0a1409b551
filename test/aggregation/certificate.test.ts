import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { majorityVoteCertificate } from '../../src/aggregation/diagnostics/majority-vote-certificate.js';
import { majorityErrors, majorityPriorBounds } from '../../src/aggregation/diagnostics/majority-vote/two-classes.js';
import { majorityOverCounts, oneCoinMargin } from '../../src/aggregation/diagnostics/majority-vote/vote-counts.js';
import { simulateCrowd } from '../../src/aggregation/simulate.js';
import { VoteTable } from '../../src/aggregation/vote-table.js';

const chance = fc.double({ min: 0.02, max: 0.98, noNaN: true });

/** Every pattern of votes over K classes, with the joint probability of each true class; confusion[j][k][l]. */
function patterns(confusion: number[][][], priors: number[]): { votes: number[]; joint: number[] }[] {
  let all: number[][] = [[]];
  for (let j = 0; j < confusion.length; j++) all = all.flatMap((votes) => priors.map((_, l) => [...votes, l]));
  return all.map((votes) => ({ votes, joint: priors.map((prior, k) => votes.reduce((p, l, j) => p * confusion[j]![k]![l]!, prior)) }));
}

function winnersOf(votes: number[], K: number): number[] {
  const counts = Array.from({ length: K }, (_, k) => votes.filter((vote) => vote === k).length);
  return counts.flatMap((count, k) => (count === Math.max(...counts) ? [k] : []));
}

/** The definition: majority vote against the most probable class on every pattern. `margin` is how clear the closest call is. */
function byEnumeration(confusion: number[][][], priors: number[]) {
  let holds = true;
  let majority = 0;
  let optimal = 0;
  let ties = 0;
  let margin = Infinity;
  for (const { votes, joint } of patterns(confusion, priors)) {
    const total = joint.reduce((sum, p) => sum + p, 0);
    const winners = winnersOf(votes, priors.length);
    const right = winners.reduce((sum, k) => sum + joint[k]!, 0) / winners.length;
    majority += total - right;
    optimal += total - Math.max(...joint);
    if (winners.length > 1) {
      ties += total;
      continue;
    }
    const rival = Math.max(...joint.filter((_, k) => k !== winners[0]));
    margin = Math.min(margin, Math.abs(Math.log(right / rival)));
    if (right < rival) holds = false;
  }
  return { holds, majority, optimal, ties, margin };
}

const twoClasses = (a: number, b: number) => [[b, 1 - b], [1 - a, a]];

describe('two classes with known annotators', () => {
  it.each([
    [3, 0.8, 0.8, 0.5, -1.386294, 1.386294, 0, true, 0.104, 0.104],
    [3, 0.8, 0.8, 0.85, -1.386294, 1.386294, 1.734601, false, 0.104, 0.08],
    [3, 0.7, 0.7, 0.69, -0.847298, 0.847298, 0.800119, true, 0.216, 0.216],
    [3, 0.7, 0.7, 0.71, -0.847298, 0.847298, 0.895384, false, 0.216, 0.2097],
    [5, 0.9, 0.6, 0.5, 1.150728, 3.753418, 0, false, 0.163, 0.08425],
    [5, 0.75, 0.65, 0.4, -0.375397, 1.342254, -0.405465, false, 0.182508, 0.179288],
    [5, 0.75, 0.65, 0.75, -0.375397, 1.342254, 1.098612, true, 0.136429, 0.136429],
    [7, 0.6, 0.6, 0.59, -0.405465, 0.405465, 0.363965, true, 0.289792, 0.289792],
    [9, 0.95, 0.55, 0.5, 5.855509, 9.000619, 0, false, 0.189306, 0.029067],
    [3, 0.55, 0.8, 0.5, -1.447838, 0.139127, 0, true, 0.264625, 0.264625],
  ])('%i votes, a %f, b %f, prior %f', (votes, a, b, prior, lower, upper, lambda, holds, majority, optimal) => {
    const bounds = majorityPriorBounds(Array<number>(votes).fill(a), Array<number>(votes).fill(b));
    const errors = majorityErrors(votes, a, b, prior);
    expect(bounds.lower).toBeCloseTo(lower, 6);
    expect(bounds.upper).toBeCloseTo(upper, 6);
    expect(Math.log(prior / (1 - prior))).toBeCloseTo(lambda, 6);
    expect(bounds.lower < lambda && lambda < bounds.upper).toBe(holds);
    expect(errors.majority).toBeCloseTo(majority, 6);
    expect(errors.optimal).toBeCloseTo(optimal, 6);
  });

  it('majority vote is optimal inside the bounds and not outside, whatever the annotators, also below chance and even in number', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(chance, chance), { minLength: 1, maxLength: 7 }), chance, (annotators, prior) => {
        const truth = byEnumeration(annotators.map(([a, b]) => twoClasses(a, b)), [1 - prior, prior]);
        fc.pre(truth.margin > 1e-9);
        const { lower, upper } = majorityPriorBounds(annotators.map(([a]) => a), annotators.map(([, b]) => b));
        const lambda = Math.log(prior / (1 - prior));
        expect(lower < lambda && lambda < upper).toBe(truth.holds);
      }),
      { numRuns: 2000 },
    );
  });

  it('one coin for all: optimal exactly when the coin beats the more frequent class', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.51, max: 0.98, noNaN: true }), chance, fc.integer({ min: 0, max: 6 }), (p, prior, m) => {
        fc.pre(Math.abs(p - Math.max(prior, 1 - prior)) > 1e-9);
        const alike = Array<number>(2 * m + 1).fill(p);
        const { lower, upper } = majorityPriorBounds(alike, alike);
        const lambda = Math.log(prior / (1 - prior));
        expect(lower < lambda && lambda < upper).toBe(p > Math.max(prior, 1 - prior));
      }),
    );
  });

  it('error rates are those of all patterns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), chance, chance, chance, (votes, a, b, prior) => {
        const truth = byEnumeration(Array<number[][]>(votes).fill(twoClasses(a, b)), [1 - prior, prior]);
        const errors = majorityErrors(votes, a, b, prior);
        for (const name of ['majority', 'optimal', 'ties'] as const) expect(errors[name]).toBeCloseTo(truth[name], 12);
      }),
    );
  });

  it('chances of 0 and 1 and empty lists are refused by name', () => {
    expect(() => majorityPriorBounds([0.5, 1], [0.5, 0.5])).toThrow('a[1] is 1; it must lie strictly between 0 and 1');
    expect(() => majorityPriorBounds([], [])).toThrow(/at least one/);
    expect(() => majorityErrors(0, 0.5, 0.5, 0.5)).toThrow('votes is 0; it must be a whole number from 1 to 1000');
    expect(() => majorityErrors(3, 0.5, 0.5, NaN)).toThrow('prior is NaN; it must lie strictly between 0 and 1');
  });
});

describe('more classes with annotators alike', () => {
  const crowd = fc.record({ K: fc.integer({ min: 2, max: 4 }), votes: fc.integer({ min: 1, max: 5 }), raw: fc.array(chance, { minLength: 20, maxLength: 20 }) });
  const rows = (raw: number[], K: number, count: number) => Array.from({ length: count }, (_, k) => {
    const row = raw.slice(k * K, k * K + K);
    const sum = row.reduce((s, p) => s + p, 0);
    return row.map((p) => p / sum);
  });

  it('going through counts equals going through patterns', () => {
    fc.assert(
      fc.property(crowd, ({ K, votes, raw }) => {
        const confusion = rows(raw, K, K);
        const priors = rows(raw.slice(16), K, 1)[0]!;
        const truth = byEnumeration(Array<number[][]>(votes).fill(confusion), priors);
        fc.pre(truth.margin > 1e-9);
        const over = majorityOverCounts(Float64Array.from(confusion.flat()), Float64Array.from(priors), votes);
        expect(over.holds).toBe(truth.holds);
        for (const name of ['majority', 'optimal', 'ties'] as const) expect(over[name]).toBeCloseTo(truth[name], 12);
      }),
    );
  });

  it('a positive one-coin margin is enough', () => {
    fc.assert(
      fc.property(crowd, fc.double({ min: 0.3, max: 0.95, noNaN: true }), ({ K, votes, raw }, p) => {
        const priors = rows(raw, K, 1)[0]!;
        fc.pre(oneCoinMargin(p, priors) > 1e-9);
        const confusion = Float64Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? p : (1 - p) / (K - 1)));
        expect(majorityOverCounts(confusion, Float64Array.from(priors), votes).holds).toBe(true);
      }),
    );
  });

  it('too many counts, and numbers that are no probabilities, are refused', () => {
    expect(() => majorityOverCounts(new Float64Array(400), new Float64Array(20), 30)).toThrow(/30 votes over 20 classes give 1.89e\+13 counts; at most 2000000/);
    expect(() => majorityOverCounts(Float64Array.of(0.5, 0.5, 2, 0), Float64Array.of(0.5, 0.5), 3)).toThrow('confusion[2] is 2; it must be from 0 to 1');
  });
});

describe('the certificate from votes', () => {
  const table = (options: Parameters<typeof simulateCrowd>[0], seed = 1) => new VoteTable(simulateCrowd(options, seed).columns);
  const alike = { model: 'one-coin', skill: 0.8, skillDeviation: 0, annotators: 10, items: 3000, votesPerItem: 3 } as const;

  it.each([2, 4])('calls majority vote optimal where all annotators are alike and classes equally frequent, K = %i', (classes) => {
    const certificate = majorityVoteCertificate({ votes: table({ ...alike, classes }) });
    expect(certificate.verdict).toBe('MV_OPTIMAL_UNDER_MODEL');
    expect(certificate.holds).toBeGreaterThan(0.97);
    expect(certificate.regret.high).toBeLessThan(0.02);
    expect(certificate.assumption).toMatch(/independent/);
  });

  it.each([2, 4])('calls it not optimal where some are experts and others guess, and its regret holds the true one, K = %i', (classes) => {
    const options = { model: 'one-coin', skill: 0.95, skillDeviation: 0, spammers: 0.6, annotators: 20, items: 3000, votesPerItem: 7, classes } as const;
    const crowd = simulateCrowd(options, 3);
    const votes = new VoteTable(crowd.columns);
    const certificate = majorityVoteCertificate({ votes });
    expect(certificate.verdict).toBe('MV_NOT_OPTIMAL_UNDER_MODEL');
    expect(certificate.advice).toMatch(/Confirm with gold/);
    expect(certificate.refuted).toBeGreaterThan(0.05);
    const regret = trueRegret(votes, classes, (a) => spammerOrCoin(crowd, a, classes));
    expect(certificate.regret.low).toBeLessThan(regret * 1.05);
    expect(certificate.regret.high).toBeGreaterThan(regret * 0.95);
    expect(certificate.regret.mean).toBeGreaterThan(0.03);
  });

  it('says that data do not suffice where annotators gave a handful of votes each, and where no item has two votes', () => {
    expect(majorityVoteCertificate({ votes: table({ ...alike, items: 12, annotators: 12, classes: 2, skill: 0.7 }) }).verdict).toBe('INSUFFICIENT_DATA');
    const single = majorityVoteCertificate({ votes: table({ ...alike, votesPerItem: 1 }) });
    expect(single.verdict).toBe('INSUFFICIENT_DATA');
    expect(single.advice).toMatch(/more votes an item/);
  });

  it('reports the rate of ties', () => {
    const votes = new VoteTable({ items: [0, 0, 1, 1, 2, 2, 4], annotators: [0, 1, 0, 1, 0, 1, 0], classes: [0, 1, 1, 1, 0, 0, 1], itemCount: 5, annotatorCount: 2, classCount: 2 });
    const certificate = majorityVoteCertificate({ votes }, { draws: 5 });
    expect(certificate.tieRate).toBe(0.25);
    expect(certificate.votedItems).toBe(4);
  });

  it('repeats with its seed, does not depend on the order of votes, and samples items beyond its limit', () => {
    const { columns } = simulateCrowd({ ...alike, items: 400 }, 2);
    const back = { ...columns, items: columns.items.toReversed(), annotators: columns.annotators.toReversed(), classes: columns.classes.toReversed() };
    const options = { draws: 20, seed: 7, maxItems: 100 };
    const certificate = majorityVoteCertificate({ votes: new VoteTable(columns) }, options);
    expect(majorityVoteCertificate({ votes: new VoteTable(back) }, options)).toEqual(certificate);
    expect(certificate.evaluatedItems).toBe(100);
    expect(majorityVoteCertificate({ votes: new VoteTable(columns) }, { ...options, seed: 8 }).holds).not.toEqual(certificate.holds);
  });

  it('passes over votes for candidate sets, which name no one class', () => {
    const { columns } = simulateCrowd({ ...alike, items: 300 }, 4);
    const sets = { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) };
    const classes = columns.classes.map((k, v) => (v % 5 === 0 ? columns.classCount : k));
    const votes = new VoteTable({ ...columns, classes, candidateSets: sets });
    const kept = columns.items.filter((_, v) => v % 5 !== 0);
    const certificate = majorityVoteCertificate({ votes }, { draws: 20 });
    expect(certificate.votedItems).toBe(new Set(kept).size);
    expect(certificate.holds).toBeGreaterThan(0.8);
  });

  it('bad gold, and draws that would take hours, are refused', () => {
    expect(() => majorityVoteCertificate({ votes: table(alike), gold: Int32Array.of(1) })).toThrow('gold has 1 entries; it must have one an item, 3000');
    const wide = table({ items: 10_000, annotators: 200, classes: 1000, confusable: 8, votesPerItem: 3 });
    expect(() => majorityVoteCertificate({ votes: wide }, { draws: 1000, maxItems: 10_000 })).toThrow(/30000 votes over 1000 classes take 3\.0e\+10 numbers, more than 5000000000; make at most 166 draws, or look at fewer items/);
  });

  it('bad options are refused', () => {
    expect(() => majorityVoteCertificate({ votes: table(alike) }, { draws: 0 })).toThrow('draws is 0; it must be a whole number from 1 to 100000');
    expect(() => majorityVoteCertificate({ votes: table(alike) }, { seed: -1 })).toThrow(/seed is -1/);
  });
});

/** P(vote = l | true = k) of an annotator of a simulated one-coin crowd with spammers. */
function spammerOrCoin(crowd: ReturnType<typeof simulateCrowd>, annotator: number, K: number): (k: number, l: number) => number {
  if (crowd.parameters.behaviour[annotator] !== 'spammer') {
    const matrix = crowd.parameters.confusionOf!(annotator);
    return (k, l) => matrix[k * K + l]!;
  }
  const constant = crowd.parameters.constantAnswer[annotator]!;
  return (_, l) => (constant < 0 ? 1 / K : Number(l === constant));
}

function trueRegret(votes: VoteTable, K: number, confusionOf: (annotator: number) => (k: number, l: number) => number): number {
  const confusions = Array.from({ length: votes.annotatorCount }, (_, a) => confusionOf(a));
  let regret = 0;
  for (let item = 0; item < votes.itemCount; item++) {
    const posterior = Array<number>(K).fill(1);
    const labels: number[] = [];
    for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
      labels.push(votes.classes[v]!);
      for (let k = 0; k < K; k++) posterior[k]! *= confusions[votes.annotators[v]!]!(k, votes.classes[v]!);
    }
    const total = posterior.reduce((sum, p) => sum + p, 0);
    const winners = winnersOf(labels, K);
    regret += (Math.max(...posterior) - winners.reduce((sum, k) => sum + posterior[k]!, 0) / winners.length) / total;
  }
  return regret / votes.itemCount;
}
