import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  adviceVersion, advisedMethods, aggregate, majorityVoteCertificate, methodAdvice, methods, planAdvice, runCost, simulateCrowd, VoteTable, votes as votesOf, type AdviceOptions, type CrowdOptions, type MethodAdvice,
  type VoteColumns, type VoteRow,
} from '../../../src/aggregation/index.js';
import { agreementOf, consensusOf, hitOf } from '../../../src/aggregation/choice/consensus.js';
import { LeftOutVotes } from '../../../src/aggregation/choice/left-out-votes.js';
import { uniformSource } from '../../../src/aggregation/numeric/sampling.js';
import { meanOf } from '../../../src/aggregation/numeric/bounded-mean.js';
import { anaesthesiaVotes } from '../../../src/samples/anaesthesia.js';
import { hasShared, shared } from '../../setup/shared.js';

type Columns = VoteColumns & { items: Int32Array; annotators: Int32Array; classes: Int32Array };

function crowd(options: CrowdOptions, seed = 1): { columns: Columns; gold: Int32Array } {
  const { columns, truth } = simulateCrowd(options, seed);
  return { columns: { ...columns, items: Int32Array.from(columns.items), annotators: Int32Array.from(columns.annotators), classes: Int32Array.from(columns.classes) }, gold: Int32Array.from(truth) };
}

const adviceOf = (columns: VoteColumns, options: AdviceOptions = {}) => methodAdvice(new VoteTable(columns), { draws: 2, ...options });
const few = ['majority-vote', 'label-aggregation', 'dawid-skene', 'soft-label-mean'];

/** Every number to nine places: sums over items in another order differ in their last bits. */
const rounded = (value: unknown) => JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'number' ? Number(one.toFixed(9)) : one))) as unknown;

/** The same crowd with its items, annotators and classes numbered from the other end. */
function renamed({ columns, gold }: { columns: Columns; gold: Int32Array }): { columns: Columns; gold: Int32Array } {
  const { itemCount: N, annotatorCount: M, classCount: K } = columns;
  return {
    columns: { ...columns, items: columns.items.map((i) => N - 1 - i), annotators: columns.annotators.map((a) => M - 1 - a), classes: columns.classes.map((k) => K - 1 - k) },
    gold: gold.map((k) => (k < 0 ? k : K - 1 - k)).reverse(),
  };
}

describe('advice on methods', () => {
  const { columns, gold } = crowd({ items: 300, annotators: 25, classes: 3, votesPerItem: 4, skill: 0.6, spammers: 0.3 });
  const someGold = gold.map((answer, item) => (item % 3 === 0 ? answer : -1));

  it('has of each method what the library says of it: agreement, cost, scores on gold, and the certificate', () => {
    const table = new VoteTable(columns);
    const advice = methodAdvice(table, { gold: someGold, methods: few, draws: 1, seed: 3 });
    expect(advice.methods.map(({ method }) => method)).toEqual(few);
    expect(advice).toMatchObject({ items: 300, annotators: 25, votes: 1200, classes: 3, goldItems: 100, leftOut: [] });
    const best = few.map((id) => {
      const { posteriors } = aggregate(table, id, { seed: 3 });
      return Array.from({ length: 300 }, (_, item) => {
        const row = [...posteriors.subarray(item * 3, item * 3 + 3)];
        return row.flatMap((p, k) => (p >= Math.max(...row) * (1 - 1e-9) ? [k] : []));
      });
    });
    const same = (a: number[], b: number[]) => a.filter((k) => b.includes(k)).length / new Set([...a, ...b]).size;
    for (const { first, second, share } of advice.agreement) {
      expect(share).toBeCloseTo(best[few.indexOf(first)]!.reduce((sum, one, item) => sum + same(one, best[few.indexOf(second)]![item]!), 0) / 300, 12);
    }
    expect(advice.agreement).toHaveLength(6);
    const size = { items: 300, annotators: 25, classes: 3, votes: 1200, models: 0 };
    advice.methods.forEach((row, m) => {
      const method = methods.find(({ id }) => id === row.method)!;
      expect(row.cost).toEqual(runCost(method, size, planAdvice(size, { methods: [method.id] }).candidates[0]!.options));
      expect(row.agreement).toBeCloseTo(advice.agreement.filter(({ first, second }) => [first, second].includes(row.method)).reduce((sum, { share }) => sum + share, 0) / 3, 12);
      const { posteriors } = aggregate(table, row.method, { seed: 3 });
      const known = [...someGold.keys()].filter((item) => someGold[item]! >= 0);
      const loss = known.reduce((sum, item) => sum - Math.log(0.99 * posteriors[item * 3 + someGold[item]!]! + 0.01 / 3), 0) / known.length;
      expect(row.gold!.logLoss.value).toBeCloseTo(loss, 12);
      const right = known.reduce((sum, item) => sum + (best[m]![item]!.includes(someGold[item]!) ? 1 / best[m]![item]!.length : 0), 0);
      expect(row.gold!.accuracy.value).toBeCloseTo(right / 100, 12);
      expect(row.gold!.accuracy.low).toBeLessThan(right / 100);
      expect(row.gold!.accuracy.high).toBeGreaterThan(right / 100);
      expect(row.measuredSeconds).toBeNaN();
    });
    const base = advice.methods.find(({ method }) => method === 'soft-label-mean')!;
    for (const { method, gain, gold: scores } of advice.methods) {
      if (method === 'soft-label-mean') expect(gain).toBeNull();
      else expect(gain!.value).toBeCloseTo(base.gold!.logLoss.value - scores!.logLoss.value, 12);
    }
    expect(advice.certificate).toEqual(majorityVoteCertificate({ votes: table }, { seed: 3 }));
  });

  it('shows no method a gold answer: all that is not scores is as without', () => {
    const without = adviceOf(columns, { methods: few });
    const withGold = adviceOf(columns, { methods: few, gold: someGold });
    expect(without.methods.every(({ gold: scores, gain }) => scores === null && gain === null)).toBe(true);
    expect(without.goldItems).toBe(0);
    expect(withGold.methods.map((row) => ({ ...row, gold: null, gain: null }))).toEqual(without.methods);
    expect([withGold.agreement, withGold.certificate]).toEqual([without.agreement, without.certificate]);
    expect(adviceOf(columns, { methods: few, gold: gold.map(() => -1) })).toEqual(without);
  });

  it('is the same for the same seed, the order of votes whatever, and on two threads', () => {
    const once = adviceOf(columns, { gold: someGold, seed: 5 });
    const order = Array.from(columns.items.keys()).reverse();
    const shuffled = { ...columns, items: order.map((v) => columns.items[v]!), annotators: order.map((v) => columns.annotators[v]!), classes: order.map((v) => columns.classes[v]!) };
    expect(adviceOf(shuffled, { gold: someGold, seed: 5, threads: 2 })).toEqual(once);
    expect(adviceOf(columns, { gold: someGold, seed: 6 }).methods.map(({ stability }) => stability)).not.toEqual(once.methods.map(({ stability }) => stability));
  });

  it.each([
    ['a sparse crowd', crowd({ items: 120, annotators: 30, classes: 3, votesPerItem: 3, skill: 0.6 })],
    // Many items have the same votes of the same people.
    ['a few annotators who judge all', crowd({ items: 80, annotators: 3, classes: 2, votesPerItem: 3, skill: 0.8 })],
  ])('is the same whatever items, annotators and classes are called: %s', (_, one) => {
    const other = renamed(one);
    const options = { methods: ['majority-vote', 'label-aggregation', 'dawid-skene', 'hierarchical-dawid-skene'], seed: 2 };
    const here = adviceOf(one.columns, { ...options, gold: one.gold });
    const there = adviceOf(other.columns, { ...options, gold: other.gold });
    // The certificate draws by index.
    const comparable = ({ certificate, ...rest }: MethodAdvice) => ({ ...rest, recommendation: { ...rest.recommendation, reasons: rest.recommendation.reasons.filter((reason) => !reason.includes('certificate')) }, verdict: certificate!.verdict });
    expect(rounded(comparable(there))).toEqual(rounded(comparable(here)));
  });

  it('leaves a tenth of the votes out, another one each time, and counts what that changes', () => {
    const table = new VoteTable(columns);
    const leftOut = new LeftOutVotes(table, 4);
    const [one, other] = [leftOut.without(0)!, leftOut.without(1)!];
    expect([one.voteCount, other.voteCount]).toEqual([1080, 1080]);
    const keys = ({ items, annotators }: VoteTable) => Array.from(items, (item, v) => `${item} ${annotators[v]}`);
    const all = new Set(keys(table));
    const gone = [one, other].map((part) => [...all].filter((key) => !new Set(keys(part)).has(key)));
    expect(gone[0]).toHaveLength(120);
    // Of 120 of 1,200 about 12 are drawn twice.
    expect(gone[0]!.filter((key) => gone[1]!.includes(key)).length).toBeLessThan(40);
    const advice = methodAdvice(table, { methods: ['dawid-skene'], draws: 2, seed: 4 });
    const labels = [table, one, other].map((part) => aggregate(part, 'dawid-skene', { seed: 4 }).posteriors);
    const kept = (part: VoteTable) => [...new Set(part.items)];
    const changed = [one, other].map((part, d) => 1 - agreementOf(consensusOf(labels[0]!, 3, kept(part)), consensusOf(labels[d + 1]!, 3, kept(part))));
    expect(advice.methods[0]!.stability).toMatchObject({ draws: 2 });
    expect(advice.methods[0]!.stability!.changed).toBeCloseTo((changed[0]! + changed[1]!) / 2, 12);
    expect(advice.methods[0]!.stability!.moved).toBeGreaterThan(0);
  });

  it('changes more where votes are few than where they are many', () => {
    const changedBy = (votesPerItem: number) => adviceOf(crowd({ items: 400, annotators: 30, classes: 3, votesPerItem, skill: 0.7 }).columns, { methods: ['majority-vote'] }).methods[0]!.stability!.changed;
    expect(changedBy(2)).toBeGreaterThan(2 * changedBy(11));
  });

  it('takes ties for what they are', () => {
    const tied = consensusOf(Float64Array.of(0.5, 0.5, 0, 0.4, 0.4, 0.2), 3, [0, 1]);
    const clear = consensusOf(Float64Array.of(0.9, 0.1, 0, 0, 0, 1), 3, [0, 1]);
    expect(agreementOf(tied, tied)).toBe(1);
    expect(agreementOf(tied, clear)).toBe(0.25);
    expect([hitOf(tied, 0, 1), hitOf(tied, 0, 2), hitOf(clear, 1, 2)]).toEqual([0.5, 0, 1]);
  });

  it('gives a mean of n numbers the interval of Student\'s t', () => {
    // Quantile 0.975 at 4 degrees: 2.7764451.
    const { value, low, high } = meanOf(Float64Array.of(1, 2, 3, 4, 5));
    expect(value).toBe(3);
    expect([low, high].map((end) => Number(end.toFixed(6)))).toEqual([3 - 1.963243, 3 + 1.963243].map((end) => Number(end.toFixed(6))));
    expect(meanOf(Float64Array.of(2))).toEqual({ value: 2, low: NaN, high: NaN });
  });
});

describe('the recommendation', () => {
  it('is the best on known crowds where gold does not tell, and says why and what would', () => {
    const { columns } = crowd({ items: 300, annotators: 25, classes: 3, votesPerItem: 4, skill: 0.6, spammers: 0.3 });
    const { recommendation } = adviceOf(columns);
    expect(recommendation).toMatchObject({ method: 'soft-label-mean', basis: 'BENCHMARKS' });
    expect(recommendation.reasons[0]).toBe('Without gold nothing tells which method is right here; on crowds whose truth is known soft-label-mean has the least log loss of these methods.');
    expect(recommendation.moreVotes).toMatch(/^More votes would move labels: without 120 votes, a tenth, soft-label-mean changes its consensus on \d+\.\d% of the items\.$/);
    expect(recommendation.moreGold).toMatch(/^soft-label-mean and [a-z-]+ differ on \d+ items \(\d+\.\d%\)\. Gold for 30 of these, or \d+ answers drawn from all items, would show/);
    expect(recommendation.goldAnswers).toBeGreaterThan(30);
    expect(adviceOf(columns, { methods: ['dawid-skene', 'label-aggregation'] }).recommendation.method).toBe('label-aggregation');
  });

  it('is what is surely better on gold, and not what may be better by chance', () => {
    // Half of the annotators answer at random: shares of votes are far too unsure, and weights know better.
    const { columns, gold } = crowd({ items: 600, annotators: 30, classes: 2, votesPerItem: 7, skill: 0.9, spammers: 0.5, model: 'one-coin' });
    const named = ['majority-vote', 'dawid-skene'];
    const told = adviceOf(columns, { methods: named, gold }).recommendation;
    expect(told).toMatchObject({ method: 'dawid-skene', basis: 'GOLD', goldAnswers: null });
    expect(told.reasons[0]).toMatch(/^On 600 gold answers dawid-skene has 0\.\d{3} less log loss than majority-vote \(0\.\d{3} to 0\.\d{3}, for all methods that were compared\)\.$/);
    expect(adviceOf(columns, { methods: named, gold: gold.map((answer, item) => (item < 10 ? answer : -1)) }).recommendation).toMatchObject({ method: 'majority-vote', basis: 'BENCHMARKS', reasons: expect.arrayContaining([expect.stringMatching(/^10 gold answers are too few to choose by \(20 are needed\)/)]) });
    expect(adviceOf(columns, { methods: named }).recommendation.method).toBe('majority-vote');
  });

  it('hardly ever prefers by gold what is not better: answers drawn from the soft labels of the method that is taken without', () => {
    let chosen = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { columns } = crowd({ items: 60, annotators: 8, classes: 3, votesPerItem: 3, skill: 0.6 }, seed);
      const { posteriors } = aggregate(new VoteTable(columns), 'soft-label-mean');
      const random = uniformSource(seed);
      const gold = Int32Array.from({ length: 60 }, (_, item) => {
        const u = random();
        const [first, second] = posteriors.subarray(item * 3);
        return u < first! ? 0 : u < first! + second! ? 1 : 2;
      });
      chosen += Number(adviceOf(columns, { methods: ['soft-label-mean', 'majority-vote', 'zero-based-skill', 'label-aggregation'], gold, draws: 0 }).recommendation.basis === 'GOLD');
    }
    expect(chosen).toBeLessThanOrEqual(3);
  });

  it('warns of Dawid-Skene where annotators have few votes, and names items with a single one', () => {
    const thin = crowd({ items: 100, annotators: 40, classes: 4, votesPerItem: 3, skill: 0.7 });
    expect(adviceOf(thin.columns).recommendation.reasons.join(' ')).toMatch(/annotators have \d+ votes or fewer for 4 classes: dawid-skene, which has no prior, overfits such short histories; take smoothing/);
    const { recommendation } = methodAdvice(votesOf([['1', 'a', 'x'], ['2', 'a', 'y'], ['3', 'a', 'y'], ['3', 'b', 'y']]), { methods: ['majority-vote', 'wawa'] });
    expect(recommendation.moreVotes).toMatch(/66\.7% of the items have a single vote, which nothing can check: give these a second one first\./);
  });
});

describe('advice at its ends', () => {
  const rows: VoteRow[] = [['1', 'a', 'x'], ['1', 'b', 'y'], ['2', 'a', 'x'], ['2', 'b', 'x']];

  it('of one class is that it does not matter', () => {
    const advice = methodAdvice(votesOf([['1', 'a', 'x'], ['1', 'b', 'x'], ['2', 'a', 'x']]), { gold: Int32Array.of(0, 0) });
    expect(advice).toMatchObject({ classes: 1, certificate: null, goldItems: 0, recommendation: { method: 'soft-label-mean', basis: 'ONLY', goldAnswers: null } });
    expect(advice.agreement.every(({ share }) => share === 1)).toBe(true);
    expect(advice.methods.every(({ stability, gold }) => stability === null && gold === null)).toBe(true);
  });

  it('of one method compares nothing', () => {
    const advice = methodAdvice(votesOf(rows), { methods: ['kos'] });
    expect(advice).toMatchObject({ agreement: [], recommendation: { method: 'kos', basis: 'ONLY' } });
    expect(advice.methods[0]!.agreement).toBeNaN();
  });

  it('of one vote, of items without votes and of a class without votes is finite', () => {
    const one = methodAdvice(votesOf([['1', 'a', 'x']], { classes: ['x', 'y'] }));
    expect(one.methods.every(({ stability }) => stability === null)).toBe(true);
    expect(one.recommendation.moreVotes).toMatch(/not measured/);
    const gaps = adviceOf({ items: [1, 1, 3], annotators: [0, 2, 2], classes: [0, 3, 3], itemCount: 6, annotatorCount: 4, classCount: 5 }, { gold: Int32Array.of(1, 0, 1, 3, 1, -1) });
    expect(gaps).toMatchObject({ items: 2, annotators: 2, votes: 3, goldItems: 2 });
    expect(JSON.stringify(gaps.methods.map(({ gold }) => gold))).not.toContain('null');
  });

  it('counts every vote of a repeated pair, and passes candidate sets to those that read them', () => {
    const { table } = votesOf(anaesthesiaVotes.map((vote) => [vote.item, vote.annotator, vote.class]));
    expect(methodAdvice(table, { methods: ['dawid-skene'], draws: 1 }).votes).toBe(315);
    const sets = { items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 3, 1, 2], itemCount: 2, annotatorCount: 2, classCount: 3, candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) } };
    const advice = adviceOf(sets);
    expect(advice.leftOut).toEqual([{ method: 'glad', reason: 'it does not read candidate sets' }, { method: 'mace', reason: 'it does not read candidate sets' }]);
    expect(advice.certificate).toBeNull();
    expect(() => adviceOf(sets, { methods: ['glad'] })).toThrow('glad cannot be compared on these votes: it does not read candidate sets');
  });

  it('refuses what it cannot do, with the value and what is allowed', () => {
    const table = votesOf(rows);
    expect(() => methodAdvice(table, { methods: ['nope'] })).toThrow(/there is no method "nope"; there are: majority-vote/);
    expect(() => methodAdvice(table, { methods: [] })).toThrow('methods is empty; name one at least, or leave it out');
    expect(() => methodAdvice(table, { methods: ['wawa', 'wawa'] })).toThrow('methods names "wawa" twice');
    expect(() => methodAdvice(table, { methods: Array.from({ length: 100_000 }, (_, m) => `m${m}`) })).toThrow(`methods names 100000; there are ${methods.length}`);
    expect(() => methodAdvice(table, { methods: ['crowdlab'] })).toThrow('crowdlab cannot be compared on these votes: it reads predictions');
    expect(() => methodAdvice(votesOf([...rows, ['3', 'a', 'z']]), { methods: ['kos'] })).toThrow('kos cannot be compared on these votes: it tells at most 2 classes apart, and there are 3');
    expect(() => methodAdvice(table, { draws: 101 })).toThrow('draws is 101; it must be a whole number from 0 to 100');
    expect(() => methodAdvice(table, { seed: -1 })).toThrow('seed is -1; it must be a whole number from 0');
    expect(() => methodAdvice(table, { threads: 0 })).toThrow('threads is 0');
    expect(() => methodAdvice(table, { gold: Int32Array.of(0) })).toThrow('gold has 1 entries; it must have one an item, 2');
    expect(() => methodAdvice(table, { gold: Int32Array.of(0, 2) })).toThrow('gold of item 1 is 2');
    expect(() => methodAdvice(table, { sed: 1 } as AdviceOptions)).toThrow('the options has "sed", which means nothing');
    expect(() => methodAdvice(new VoteTable({ items: [], annotators: [], classes: [], itemCount: 2, annotatorCount: 0, classCount: 2 }), { gold: Int32Array.of(0, 1) })).toThrow('there are no votes to compare methods on');
    expect(() => methodAdvice({} as { table: VoteTable })).toThrow('the votes must be a VoteTable');
  });

  it('leaves out draws first and then the dearest methods where runs would take too many steps, and refuses named ones', () => {
    const size = { items: 1000, annotators: 50, classes: 5, votes: 5000, models: 0 };
    const all = planAdvice(size, {});
    expect(all.candidates.map(({ method }) => method.id)).toEqual(advisedMethods);
    const total = all.candidates.reduce((sum, { cost }) => sum + cost.operations, 0);
    expect([all.draws, planAdvice(size, { bounds: { operations: 3.5 * total, bytes: Infinity } }).draws]).toEqual([5, 2]);
    const tight = planAdvice(size, { bounds: { operations: 0.5 * total, bytes: Infinity } });
    expect(tight.draws).toBe(1);
    expect(tight.candidates.length + tight.leftOut.length).toBe(advisedMethods.length);
    expect(tight.candidates.reduce((sum, { cost }) => sum + 2 * cost.operations, 0)).toBeLessThanOrEqual(0.5 * total);
    expect(tight.leftOut.every(({ reason }) => /^it would take about \d+ s a run$/.test(reason))).toBe(true);
    expect(() => planAdvice(size, { methods: ['ebcc'], bounds: { operations: 1000, bytes: Infinity } })).toThrow(/^ebcc would take .* steps in 2 runs each, more than 1000; name fewer or cheaper methods$/);
    expect(() => planAdvice(size, { bounds: { operations: 10, bytes: Infinity } })).toThrow('no method can be compared on 5000 votes within 10 steps');
    expect(planAdvice(size, { bounds: { operations: Infinity, bytes: 50_000 } }).leftOut[0]!.reason).toMatch(/^it would take \d+ MB of memory, and 0 are given$/);
  });

  it('measures by the clock that it is given, and tells how far it is', () => {
    let now = 0;
    const told: { phase: string; run: number; runs: number }[] = [];
    const advice = methodAdvice(votesOf(rows), { methods: ['majority-vote', 'wawa'], draws: 1, clock: () => (now += 500), onProgress: ({ phase, run, runs }) => told.push({ phase, run, runs }) });
    expect(advice.methods.map(({ measuredSeconds }) => measuredSeconds)).toEqual([0.5, 0.5]);
    expect(told[0]).toEqual({ phase: 'majority-vote', run: 1, runs: 4 });
    expect(told.at(-1)!.phase).toBe('certificate');
    expect(() => methodAdvice(votesOf(rows), { onProgress: () => { throw new Error('enough'); } })).toThrow('enough');
    expect(adviceVersion).toBe(1);
  });
});

describe.skipIf(!hasShared)('advice on crowds whose truth is known', () => {
  it.each([['bluebird', 'soft-label-mean', 'BENCHMARKS'], ['web', 'mace', 'GOLD']])('%s with gold: %s', (name, method, basis) => {
    const read = (file: string) => readFileSync(shared('datasets', name, file), 'utf8').trimEnd().split('\n').slice(1).map((row) => row.split(','));
    const { table, items, classes } = votesOf(read('votes.csv') as unknown as VoteRow[]);
    const known = new Map(read('gold.csv').map(([item, answer]) => [item, classes.indexOf(answer!)]));
    const advice = methodAdvice(table, { gold: Int32Array.from(items, (item) => known.get(item) ?? -1), draws: 1 });
    expect(advice.recommendation).toMatchObject({ method, basis });
  });
});
