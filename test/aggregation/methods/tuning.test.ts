import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  aggregate, calibration, findMethod, leastGoldToTune, resolveOptions, simulateCrowd, tuneByGold, VoteTable, votes as votesOf, type CrowdOptions, type MethodResult, type TuningInput, type VoteColumns, type VoteRow,
} from '../../../src/aggregation/index.js';
import { five, runMembers } from '../../../src/aggregation/methods/soft-label-mean/members.js';
import { uniformSource } from '../../../src/aggregation/numeric/sampling.js';
import { hasShared, shared } from '../../setup/shared.js';

const options = resolveOptions(findMethod('soft-label-mean'));
const tuneByGoldOption = { tuneByGold: true };

function crowd(given: CrowdOptions, seed = 1): { columns: VoteColumns; table: VoteTable; truth: Int32Array } {
  const { columns, truth } = simulateCrowd(given, seed);
  return { columns, table: new VoteTable(columns), truth: Int32Array.from(truth) };
}

const firstOf = (gold: Int32Array, count: number) => gold.map((answer, item) => (item < count ? answer : -1));
const lossOn = (posteriors: Float64Array, K: number, gold: Int32Array) => calibration(posteriors, K, gold).nll;

/** What tuning starts from in a run. */
function inputOf(table: VoteTable, gold: Int32Array, more: Partial<TuningInput> = {}): TuningInput {
  const size = { items: table.itemCount, annotators: table.annotatorCount, classes: table.classCount, votes: table.voteCount, models: 0 };
  const found = runMembers(five(options, size), { votes: table }, { seed: 0 }, []);
  return {
    votes: table, gold, parts: found.map(({ result }) => result.posteriors), weights: found.map(({ member }) => member.weight), multiplies: found.map(({ member }) => member.multiplies),
    rho: 0.3, temperature: 1, floor: 0.02, seed: 0, ...more,
  };
}

/** Answers drawn from the labels of the default settings, of three classes: no others are better. */
function answersOf(table: VoteTable, seed: number): Int32Array {
  const { posteriors } = aggregate(table, 'soft-label-mean');
  const random = uniformSource(seed);
  return Int32Array.from({ length: table.itemCount }, (_, item) => {
    const u = random();
    return u < posteriors[item * 3]! ? 0 : u < posteriors[item * 3]! + posteriors[item * 3 + 1]! ? 1 : 2;
  });
}

/** What the run found of itself. */
function foundIn({ findings }: MethodResult): Record<string, number> {
  return Object.fromEntries(Object.entries(findings!).filter(([, numbers]) => numbers.length === 1).map(([name, numbers]) => [name, numbers[0]!]));
}

// Annotators err independently here, so that rho 0.3 makes labels of nine votes far too unsure.
const independent = crowd({ items: 900, annotators: 30, classes: 3, votesPerItem: 9, skill: 0.6 });

describe('settings chosen by gold', () => {
  it('lower the log loss of items whose answers were not given, by about what is told', () => {
    const gold = firstOf(independent.truth, 200);
    const rest = independent.truth.map((answer, item) => (item < 200 ? -1 : answer));
    const tuned = aggregate(independent.table, 'soft-label-mean', { gold, options: tuneByGoldOption });
    const found = foundIn(tuned);
    const gain = lossOn(aggregate(independent.table, 'soft-label-mean').posteriors, 3, rest) - lossOn(tuned.posteriors, 3, rest);
    expect(found).toMatchObject({ tunedByGold: 1, tuningAnswers: 200 });
    expect(found.tunedRho).toBeLessThan(0.3);
    expect(gain).toBeGreaterThan(0.02);
    expect(gain).toBeGreaterThan(found.tuningGainLow!);
    expect(gain).toBeLessThan(found.tuningGainHigh!);
    // Gold items are certain.
    for (let item = 0; item < 200; item++) expect(tuned.posteriors[item * 3 + gold[item]!]).toBe(1);
  });

  it('can be given as options: the labels are the same, so that no method saw an answer', () => {
    const gold = firstOf(independent.truth, 100);
    const tuned = aggregate(independent.table, 'soft-label-mean', { gold, options: tuneByGoldOption });
    const found = foundIn(tuned);
    const { posteriors } = aggregate(independent.table, 'soft-label-mean', { options: {
      rho: found.tunedRho, temperature: found.tunedTemperature, labelAggregation: found.weightOfLabelAggregation, hierarchical: found.weightOfHierarchical,
      hierarchicalEven: found.weightOfHierarchicalEven, dawidSkene: found.weightOfDawidSkene,
    } });
    for (let at = 300; at < posteriors.length; at++) expect(Math.abs(posteriors[at]! - tuned.posteriors[at]!)).toBeLessThan(1e-12);
    expect(found.weightOfLabelAggregation! + found.weightOfHierarchical! + found.weightOfHierarchicalEven! + found.weightOfDawidSkene!).toBeCloseTo(1, 12);
    expect(found.weightOfEbcc).toBeUndefined();
    const two = crowd({ items: 300, annotators: 20, classes: 2, votesPerItem: 9, skill: 0.7 });
    const ofTwo = foundIn(aggregate(two.table, 'soft-label-mean', { gold: firstOf(two.truth, 150), options: tuneByGoldOption }));
    expect(ofTwo.tunedByGold).toBe(1);
    expect(ofTwo.weightOfEbcc).toBeGreaterThan(0);
  });

  it('are judged by answers that had no part in the choice: where nothing is to be gained the told gain is not above 0', () => {
    let told = 0;
    let tuned = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { table } = crowd({ items: 120, annotators: 10, classes: 3, votesPerItem: 4, skill: 0.6 }, seed);
      const { gain, isTuned } = tuneByGold(inputOf(table, answersOf(table, seed)));
      told += gain.value / 40;
      tuned += Number(isTuned);
    }
    expect(told).toBeLessThan(0);
    // Above one standard error by chance: about one in six at most.
    expect(tuned).toBeLessThanOrEqual(7);
  });

  it('hang neither on the order of votes, nor on names, nor on threads', () => {
    const gold = firstOf(independent.truth, 120);
    const { columns } = independent;
    const of = (given: VoteColumns, answers: Int32Array, threads = 1) => aggregate(new VoteTable(given), 'soft-label-mean', { gold: answers, options: tuneByGoldOption, threads, seed: 3 });
    const once = of(columns, gold);
    const order = Array.from(columns.items, (_, v) => columns.items.length - 1 - v);
    const column = (values: ArrayLike<number>) => order.map((v) => values[v]!);
    expect(of({ ...columns, items: column(columns.items), annotators: column(columns.annotators), classes: column(columns.classes) }, gold, 2)).toEqual(once);
    const turned = (values: ArrayLike<number>, count: number) => Array.from(values, (value) => count - 1 - value);
    const renamed = of({ ...columns, items: turned(columns.items, 900), annotators: turned(columns.annotators, 30), classes: turned(columns.classes, 3) }, gold.map((k) => (k < 0 ? k : 2 - k)).reverse());
    const [here, there] = [foundIn(once), foundIn(renamed)];
    expect(Object.keys(there)).toEqual(Object.keys(here));
    for (const [name, value] of Object.entries(here)) expect(there[name], name).toBeCloseTo(value, 9);
  });

  it('are looked for from where the options are: rho and weights that are given, 0 among them', () => {
    const gold = firstOf(independent.truth, 200);
    const found = foundIn(aggregate(independent.table, 'soft-label-mean', { gold, options: { ...tuneByGoldOption, rho: 0.97, dawidSkene: 0, temperature: 1.5 } }));
    expect(found.tunedByGold).toBe(1);
    expect(found.weightOfDawidSkene).toBeUndefined();
    expect(found.tunedRho).toBeLessThan(0.97);
  });

  it('are of at most 2,000 answers, and fewer where classes are many', () => {
    const many = crowd({ items: 2500, annotators: 20, classes: 2, votesPerItem: 2, skill: 0.8 });
    const part = Float64Array.from({ length: 5000 }, (_, at) => (many.truth[at >> 1] === at % 2 ? 0.6 : 0.4));
    const one = { weights: [1], multiplies: [false] };
    const tuning = tuneByGold({ ...inputOf(independent.table, independent.truth), ...one, votes: many.table, parts: [part], gold: many.truth });
    expect(tuning).toMatchObject({ isTuned: true, answers: 2000, weights: [1], temperature: 0.6 });
    const wide = new VoteTable({ items: [...Array(300).keys()], annotators: Array<number>(300).fill(0), classes: Array<number>(300).fill(0), itemCount: 300, annotatorCount: 1, classCount: 1000 });
    expect(tuneByGold({ ...inputOf(independent.table, independent.truth), ...one, votes: wide, parts: [new Float64Array(300_000).fill(1 / 1000)], gold: new Int32Array(300) })).toMatchObject({ answers: 100, isTuned: false });
  });
});

describe('where gold does not show that it is worth it', () => {
  const bare = (result: MethodResult) => ({ ...result, findings: { disagreement: result.findings!.disagreement }, diagnostics: { ...result.diagnostics, warnings: result.diagnostics.warnings.filter((warning) => !warning.startsWith('tuneByGold')) } });

  it.each([
    ['too few answers', crowd({ items: 100, annotators: 10, classes: 3, votesPerItem: 4 }), (_: VoteTable, truth: Int32Array) => firstOf(truth, leastGoldToTune - 1), /^tuneByGold left weights, rho and temperature as they are: the run reads gold answers of 49 voted items, and 50 are needed$/],
    ['nothing to be gained', crowd({ items: 100, annotators: 10, classes: 3, votesPerItem: 4 }), (table: VoteTable) => answersOf(table, 1), /what four fifths of 100 gold answers chose lowered the log loss of the rest by -?\d\.\d{4} \(-?\d\.\d{4} to -?\d\.\d{4}\), which is not above its standard error$/],
    ['no confusion matrices', crowd({ items: 60, annotators: 40, classes: 200, votesPerItem: 2, skill: 0.9, confusable: 3 }), (_: VoteTable, truth: Int32Array) => truth, /without confusion matrices its methods are others$/],
  ])('the run is to the bit what it is without, and says why: %s', (_, { table, truth }, goldOf, why) => {
    const gold = goldOf(table, truth);
    const tuned = aggregate(table, 'soft-label-mean', { gold, options: tuneByGoldOption });
    expect(bare(tuned)).toEqual(bare(aggregate(table, 'soft-label-mean', { gold })));
    expect(tuned.diagnostics.warnings.at(-1)).toMatch(why);
    expect(foundIn(tuned)).toMatchObject({ tunedByGold: 0, tuningAnswers: gold.filter((answer) => answer >= 0).length });
    expect(foundIn(tuned).tunedRho).toBeUndefined();
  });

  it('without gold nothing is chosen, and of one class nothing is to choose', () => {
    const { table } = crowd({ items: 30, annotators: 5, classes: 2, votesPerItem: 3 });
    const none = aggregate(table, 'soft-label-mean', { options: tuneByGoldOption });
    expect(none.posteriors).toEqual(aggregate(table, 'soft-label-mean').posteriors);
    expect(none.diagnostics.warnings.at(-1)).toMatch(/: the run reads gold answers of 0 voted items, and 50 are needed$/);
    expect(aggregate(votesOf([['1', 'a', 'x']]), 'soft-label-mean', { options: tuneByGoldOption }).posteriors).toEqual(Float64Array.of(1));
  });

  it('refuses other methods and means, and input that is none', () => {
    const { table, truth } = independent;
    for (const other of [{ methods: 'six' }, { combine: 'conflation' }]) {
      expect(() => aggregate(table, 'soft-label-mean', { gold: truth, options: { ...tuneByGoldOption, ...other } })).toThrow('soft-label-mean: tuneByGold chooses weights of methods five under combine mean; leave both as they are by default');
    }
    expect(() => aggregate(table, 'soft-label-mean', { version: 1, options: tuneByGoldOption })).toThrow('soft-label-mean has no option "tuneByGold"');
    const input = inputOf(table, truth);
    expect(() => tuneByGold({ ...input, weights: [1] })).toThrow('there are 4 parts, 1 weights and 4 of multiplies');
    expect(() => tuneByGold({ ...input, parts: input.parts.map((part) => part.subarray(1)) })).toThrow('part 0 has 2699 entries; it must have 900 x 3');
    expect(() => tuneByGold({ ...input, gold: truth.subarray(1) })).toThrow('gold has 899 entries; it must have one an item, 900');
    expect(() => tuneByGold({ ...input, gold: truth.map((k, item) => (item === 7 ? 3 : k)) })).toThrow('gold of item 7 is 3; it must be a class from 0 to 2, or -1 where unknown');
    expect(() => tuneByGold({ ...input, weights: [1, 0, 1, 1] })).toThrow('weight 1 is 0; it must be a number above 0');
    expect(() => tuneByGold({ ...input, rho: 2 })).toThrow('rho is 2; it must be from 0 to 1');
    expect(() => tuneByGold({ ...input, temperature: NaN })).toThrow('temperature is NaN');
  });
});

describe.skipIf(!hasShared)('settings chosen by gold on a real crowd', () => {
  it('web: 200 answers save a tenth of a nat and more on the 2,453 others', () => {
    const read = (file: string) => readFileSync(shared('datasets', 'web', file), 'utf8').trimEnd().split('\n').slice(1).map((row) => row.split(','));
    const { table, items, classes } = votesOf(read('votes.csv') as unknown as VoteRow[]);
    const answers = new Map(read('gold.csv').map(([item, answer]) => [item, classes.indexOf(answer!)]));
    const gold = Int32Array.from(items, (item) => answers.get(item) ?? -1);
    const known = [...gold.keys()].filter((item) => gold[item]! >= 0);
    const given = new Set(known.filter((_, rank) => rank % 13 === 0).slice(0, 200));
    const tuned = aggregate(table, 'soft-label-mean', { gold: gold.map((k, item) => (given.has(item) ? k : -1)), options: tuneByGoldOption });
    const rest = gold.map((k, item) => (given.has(item) ? -1 : k));
    expect(lossOn(aggregate(table, 'soft-label-mean').posteriors, 5, rest) - lossOn(tuned.posteriors, 5, rest)).toBeGreaterThan(0.1);
    expect(foundIn(tuned)).toMatchObject({ tunedByGold: 1, tuningAnswers: 200 });
  });
});
