import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aggregate, binomialTail, drift, informedness, leaveOneOut, livePosteriors, runParameters, simulateCrowd, voteEvidence, VoteTable, type CrowdOptions, type VoteSequence,
} from '../../../src/aggregation/index.js';

/** Votes annotator by annotator, in the order in which they were cast. */
function sequenceOf({ items, annotators, classes, itemCount, annotatorCount, classCount }: ReturnType<typeof simulateCrowd>['columns']): VoteSequence {
  const order = Array.from(annotators.keys()).sort((a, b) => annotators[a]! - annotators[b]! || a - b);
  const offsets = new Int32Array(annotatorCount + 1);
  for (const annotator of annotators) offsets[annotator + 1]!++;
  for (let a = 0; a < annotatorCount; a++) offsets[a + 1]! += offsets[a]!;
  return { itemCount, annotatorCount, classCount, offsets, items: Int32Array.from(order, (v) => items[v]!), classes: Int32Array.from(order, (v) => classes[v]!) };
}

function crowdOf(options: CrowdOptions, seed: number) {
  const crowd = simulateCrowd(options, seed);
  const table = new VoteTable(crowd.columns);
  return { crowd, table, votes: sequenceOf(crowd.columns), parameters: runParameters(table, aggregate(table, 'dawid-skene', { options: {}, seed: 0 })) };
}

describe('what all others say of an item', () => {
  it('is the live posterior of the item without the annotator, for any crowd, with gold and for annotators the run did not know', () => {
    fc.assert(fc.property(
      fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.boolean(),
      (seed, classes, annotators, someUnknown) => {
        const { votes, parameters, crowd } = crowdOf({ items: 8, annotators, classes, votesPerItem: Math.min(annotators, 3) }, seed);
        if (someUnknown) parameters.confusion.offsets = parameters.confusion.offsets.slice(0, -1);
        if (someUnknown) trim(parameters.confusion, classes);
        const gold = Int32Array.from(crowd.truth, (label, item) => (item % 3 === 0 ? label : -1));
        const annotatorOf = (vote: number) => votes.offsets.findIndex((offset) => offset > vote) - 1;
        leaveOneOut(votes, parameters, gold, (vote, others) => {
          const item = votes.items[vote]!;
          const rest = Array.from(votes.items.keys()).filter((other) => annotatorOf(other) !== annotatorOf(vote) && votes.items[other] === item);
          const table = new VoteTable({
            items: rest.map(() => 0), annotators: rest.map(annotatorOf), classes: rest.map((other) => votes.classes[other]!), itemCount: 1, annotatorCount: annotators, classCount: classes,
          });
          const expected = livePosteriors(table, parameters, Int32Array.of(gold[item]!));
          for (let k = 0; k < classes; k++) expect(others[k]).toBeCloseTo(expected[k]!, 9);
        });
      },
    ), { numRuns: 60 });
  });

  it('leaves out all votes of the annotator on the item, where they may repeat themselves', () => {
    const { parameters } = crowdOf({ items: 30, annotators: 3, classes: 2, votesPerItem: 3 }, 4);
    const votes: VoteSequence = { itemCount: 1, annotatorCount: 3, classCount: 2, offsets: Int32Array.of(0, 3, 4, 4), items: new Int32Array(4), classes: Int32Array.of(1, 1, 0, 0) };
    const seen: number[][] = [];
    leaveOneOut(votes, parameters, undefined, (vote, others) => (seen[vote] = [...others]));
    const alone = (annotator: number, classes: number[]) => livePosteriors(
      new VoteTable({ items: classes.map(() => 0), annotators: classes.map(() => annotator), classes, itemCount: 1, annotatorCount: 3, classCount: 2 }), parameters);
    for (const vote of [0, 1, 2]) expect(seen[vote]![0]).toBeCloseTo(alone(1, [0])[0]!, 12);
    expect(seen[3]![0]).toBeCloseTo(alone(0, [1, 1, 0])[0]!, 12);
  });

  it('is the class prior where nobody else voted', () => {
    const { votes, parameters } = crowdOf({ items: 30, annotators: 4, classes: 3, votesPerItem: 1 }, 2);
    leaveOneOut(votes, parameters, undefined, (_, others) => others.forEach((p, k) => expect(p).toBeCloseTo(parameters.classPriors[k]!, 12)));
  });
});

/** Drops the rows behind the last annotator that is left. */
function trim(confusion: { offsets: Int32Array; labels: Int32Array; values: Float64Array }, K: number): void {
  const rows = confusion.offsets.at(-1)!;
  confusion.labels = confusion.labels.slice(0, rows);
  confusion.values = confusion.values.slice(0, rows * K);
}

describe('informedness', () => {
  it('is 1 for who agrees with gold always, 0 for who always says the same, and -1/(K - 1) for who is always wrong in turn', () => {
    const K = 4;
    const truth = Int32Array.from({ length: 40 }, (_, item) => item % K);
    const answers = [truth, truth.map(() => 2), truth.map((label) => (label + 1) % K)];
    const votes: VoteSequence = {
      itemCount: 40, annotatorCount: 3, classCount: K, offsets: Int32Array.of(0, 40, 80, 120),
      items: Int32Array.from({ length: 120 }, (_, vote) => vote % 40), classes: Int32Array.from(answers.flatMap((some) => [...some])),
    };
    const table = new VoteTable({ items: votes.items, annotators: Array.from({ length: 120 }, (_, vote) => Math.floor(vote / 40)), classes: votes.classes, itemCount: 40, annotatorCount: 3, classCount: K });
    const evidence = voteEvidence(votes, runParameters(table, aggregate(table, 'majority-vote', { options: {}, seed: 0 })), truth);
    const found = [0, 1, 2].map((annotator) => informedness(evidence, annotator * 40, (annotator + 1) * 40).value);
    expect(found[0]).toBeCloseTo(1, 12);
    expect(found[1]).toBeCloseTo(0, 12);
    expect(found[2]).toBeCloseTo(-1 / (K - 1), 12);
    expect(Array.from(evidence.chance)).toEqual([0.25, 0.25, 0.25].map((share) => expect.closeTo(share, 12)));
  });

  it('stands for the share of right answers within 5 points on average, where the mean probability of the answers is off by more', () => {
    for (const seed of [1, 2, 3]) {
      const { crowd, votes, parameters } = crowdOf({ items: 1000, annotators: 50, classes: 4, votesPerItem: 5, spammers: 0.3 }, seed);
      const evidence = voteEvidence(votes, parameters);
      const errors = Array.from({ length: 50 }, (_, a) => {
        const [from, to] = [votes.offsets[a]!, votes.offsets[a + 1]!];
        let right = 0;
        let agreement = 0;
        let squares = 0;
        for (let vote = from; vote < to; vote++) {
          right += Number(crowd.truth[votes.items[vote]!] === votes.classes[vote]);
          agreement += evidence.agreement[vote]!;
        }
        for (let k = 0; k < 4; k++) squares += evidence.classShares[a * 4 + k]! ** 2;
        const accuracy = evidence.chance[a]! + informedness(evidence, from, to).value * (1 - squares);
        return { estimated: accuracy - right / (to - from), plain: (agreement - right) / (to - from) };
      });
      const rms = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
      expect(rms(errors.map((error) => error.estimated))).toBeLessThan(0.05);
      expect(rms(errors.map((error) => error.plain))).toBeGreaterThan(rms(errors.map((error) => error.estimated)));
    }
  });
});

describe('drift', () => {
  const told = (values: number[]) => ({ told: Float64Array.from(values), knowable: new Float64Array(values.length).fill(0.75) });

  it('is found from the vote on where answers become worse, and there is none where they become better', () => {
    const worse = told(Array.from({ length: 100 }, (_, vote) => (vote < 70 ? 0.7 : 0.1) + 0.2 * (vote % 2)));
    const found = drift(worse, 0, 100)!;
    expect(found.since).toBe(70);
    expect(found.statistic).toBeGreaterThan(3.29);
    expect(found.before).toBeCloseTo(0.8 / 0.75, 6);
    expect(found.after).toBeCloseTo(0.2 / 0.75, 6);
    const better = { told: worse.told.slice().reverse(), knowable: worse.knowable };
    expect(drift(better, 0, 100)).toBeNull();
  });

  it('is standard normal while nothing changes: 5% of 2,000 annotators pass 1.645, 1 or so passes 3.29', () => {
    let state = 12345;
    const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const statistics = Array.from({ length: 2000 }, () => drift(told(Array.from({ length: 200 }, () => (uniform() < 0.7 ? 0.75 : -0.25))), 0, 200)?.statistic ?? 0);
    const passing = (limit: number) => statistics.filter((statistic) => statistic > limit).length;
    expect(passing(1.645)).toBeGreaterThan(70);
    expect(passing(1.645)).toBeLessThan(130);
    expect(passing(3.29)).toBeLessThan(6);
  });

  it('does not take it for a fall that the newest items have few votes yet', () => {
    const knowable = Float64Array.from({ length: 200 }, (_, vote) => (vote < 150 ? 0.75 : 0.05));
    const found = drift({ told: knowable.map((most, vote) => most * (vote % 4 === 0 ? 0 : 0.8)), knowable }, 0, 200)!;
    expect(Math.abs(found.statistic)).toBeLessThan(1);
  });
});

describe('binomialTail', () => {
  it('is the sum of the binomial probabilities', () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    for (const [hits, trials, share] of [[0, 5, 0.3], [3, 5, 0.3], [5, 5, 0.3], [20, 20, 0.5], [6, 5, 0.9]] as const) {
      let sum = 0;
      for (let k = hits; k <= trials; k++) sum += choose(trials, k) * share ** k * (1 - share) ** (trials - k);
      expect(binomialTail(hits, trials, share)).toBeCloseTo(sum, 12);
    }
  });
});
