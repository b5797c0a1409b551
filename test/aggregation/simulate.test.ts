import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerModels, crowdGold, crowdOptions, crowdVotes, simulateCrowd, type CrowdOptions, type SimulatedCrowd } from '../../src/aggregation/simulate.js';
import { VoteTable } from '../../src/aggregation/vote-table.js';
import { votes } from '../../src/aggregation/votes.js';

const modelIds = answerModels.map((model) => model.id);

/** Shares of the votes that hit the truth, by annotator, over the votes that `keep` keeps; NaN where it keeps none. */
function accuracyByAnnotator(crowd: SimulatedCrowd, keep: (vote: number) => boolean = () => true): Float64Array {
  const { items, annotators, classes, annotatorCount } = crowd.columns;
  const right = new Float64Array(annotatorCount);
  const votes = new Float64Array(annotatorCount);
  for (let v = 0; v < items.length; v++) {
    if (!keep(v)) continue;
    votes[annotators[v]!]!++;
    if (classes[v] === crowd.truth[items[v]!]) right[annotators[v]!]!++;
  }
  return right.map((r, a) => r / votes[a]!);
}

const crowdArbitrary = fc.record({
  model: fc.constantFrom(...modelIds),
  items: fc.integer({ min: 0, max: 60 }),
  annotators: fc.integer({ min: 1, max: 30 }),
  classes: fc.integer({ min: 2, max: 7 }),
  votes: fc.double({ min: 0, max: 1, noNaN: true }),
  annotatorTail: fc.double({ min: 0, max: 4, noNaN: true }),
  itemTail: fc.double({ min: 0, max: 4, noNaN: true }),
  classSkew: fc.double({ min: 0, max: 4, noNaN: true }),
  skill: fc.constantFrom(0, 0.3, 0.8, 1),
  spammers: fc.constantFrom(0, 0.2),
  colluders: fc.constantFrom(0, 0.4),
  drifters: fc.constantFrom(0, 0.3),
  confusable: fc.constantFrom(0, 1, 3),
});

function asOptions({ votes, ...rest }: { votes: number; annotators: number } & CrowdOptions): CrowdOptions {
  return { ...rest, votesPerItem: votes * rest.annotators };
}

describe('every simulated crowd', () => {
  it('is a legal vote table in which no annotator votes twice on an item', () => {
    fc.assert(
      fc.property(crowdArbitrary, fc.nat(), (shape, seed) => {
        const crowd = simulateCrowd(asOptions(shape), seed);
        const table = new VoteTable(crowd.columns);
        expect(table.itemCount).toBe(shape.items);
        expect(crowd.truth).toHaveLength(shape.items);
        for (let v = 1; v < table.voteCount; v++) {
          expect(table.items[v] === table.items[v - 1] && table.annotators[v] === table.annotators[v - 1]).toBe(false);
        }
        for (const k of crowd.truth) expect(k).toBeLessThan(shape.classes);
      }),
    );
  });

  it('is the same to the last bit for the same options and seed, and another for another seed', () => {
    for (const model of modelIds) {
      const options = { model, items: 200, spammers: 0.1, colluders: 0.2, drifters: 0.1, annotatorTail: 1 };
      expect(simulateCrowd(options, 5).columns).toEqual(simulateCrowd(options, 5).columns);
      expect(simulateCrowd(options, 6).columns.classes).not.toEqual(simulateCrowd(options, 5).columns.classes);
    }
  });

  it('keeps its truth when only the annotators change', () => {
    const options = { items: 500 };
    expect(simulateCrowd({ ...options, spammers: 0.5, votesPerItem: 2, model: 'glad' }, 3).truth).toEqual(simulateCrowd(options, 3).truth);
  });
});

describe('a simulated crowd follows its parameters', () => {
  const many = { items: 40_000, annotators: 10, classes: 3, votesPerItem: 5 };

  it.each(['dawid-skene', 'one-coin'])('%s: observed confusion matrices come out as the parameters say', (model) => {
    const crowd = simulateCrowd({ ...many, model, classSkew: 0.5 }, 1);
    const { items, annotators, classes } = crowd.columns;
    const seen = new Float64Array(10 * 9);
    for (let v = 0; v < items.length; v++) seen[annotators[v]! * 9 + crowd.truth[items[v]!]! * 3 + classes[v]!]!++;
    for (let a = 0; a < 10; a++) {
      const expected = crowd.parameters.confusionOf!(a);
      for (let k = 0; k < 3; k++) {
        const row = seen.subarray(a * 9 + k * 3, a * 9 + k * 3 + 3);
        const total = row[0]! + row[1]! + row[2]!;
        // Five standard errors of a share.
        for (let l = 0; l < 3; l++) expect(Math.abs(row[l]! / total - expected[k * 3 + l]!)).toBeLessThan(2.5 / Math.sqrt(total));
      }
    }
  });

  it('confusion rows are distributions, also where a class is taken for few others', () => {
    const { parameters } = simulateCrowd({ items: 10, annotators: 3, classes: 50, confusable: 4, votesPerItem: 2 }, 1);
    const matrix = parameters.confusionOf!(1);
    for (let k = 0; k < 50; k++) {
      const row = matrix.subarray(k * 50, k * 50 + 50);
      expect(row.reduce((s, p) => s + p, 0)).toBeCloseTo(1, 12);
      expect(row.filter((p) => p > 0).length).toBeLessThanOrEqual(5);
    }
  });

  it('truth follows the class priors', () => {
    const crowd = simulateCrowd({ ...many, classSkew: 1 }, 2);
    const counts = new Float64Array(3);
    for (const k of crowd.truth) counts[k]!++;
    for (let k = 0; k < 3; k++) expect(Math.abs(counts[k]! / many.items - crowd.parameters.classPriors[k]!)).toBeLessThan(0.0125);
    expect(crowd.parameters.classPriors[0]! / crowd.parameters.classPriors[1]!).toBeCloseTo(2, 12);
  });

  it('glad: votes are right as often as sigmoid(ability x easiness) says, on hard items and on easy ones', () => {
    const crowd = simulateCrowd({ ...many, model: 'glad' }, 3);
    const { ability, easiness } = crowd.parameters;
    const { items, annotators, classes } = crowd.columns;
    for (const hard of [true, false]) {
      let votes = 0;
      let right = 0;
      let expected = 0;
      for (let v = 0; v < items.length; v++) {
        if (easiness![items[v]!]! < 1 !== hard) continue;
        votes++;
        right += Number(classes[v] === crowd.truth[items[v]!]);
        expected += 1 / (1 + Math.exp(-ability![annotators[v]!]! * easiness![items[v]!]!));
      }
      expect(Math.abs(right - expected) / votes).toBeLessThan(2.5 / Math.sqrt(votes));
    }
  });

  it('top-two: the share of votes on the true and on the second class are p q + (1 - p) / K and p (1 - q) + (1 - p) / K', () => {
    const crowd = simulateCrowd({ ...many, classes: 5, model: 'top-two', skill: 0.6 }, 4);
    const { second, clarity, skill } = crowd.parameters;
    const { items, annotators, classes } = crowd.columns;
    const seen = [0, 0];
    const expected = [0, 0];
    for (let v = 0; v < items.length; v++) {
      const i = items[v]!;
      const p = skill[annotators[v]!]!;
      seen[0]! += Number(classes[v] === crowd.truth[i]);
      seen[1]! += Number(classes[v] === second![i]);
      expected[0]! += p * clarity![i]! + (1 - p) / 5;
      expected[1]! += p * (1 - clarity![i]!) + (1 - p) / 5;
    }
    expect(second!.some((h, i) => h === crowd.truth[i])).toBe(false);
    for (const rank of [0, 1]) expect(Math.abs(seen[rank]! - expected[rank]!) / items.length).toBeLessThan(2.5 / Math.sqrt(items.length));
  });

  it('skills have the mean and deviation asked for', () => {
    const { skill } = simulateCrowd({ items: 0, annotators: 20_000, skill: 0.7, skillDeviation: 0.15 }, 1).parameters;
    const mean = skill.reduce((s, x) => s + x, 0) / skill.length;
    const deviation = Math.sqrt(skill.reduce((s, x) => s + (x - mean) ** 2, 0) / skill.length);
    expect(mean).toBeCloseTo(0.7, 2);
    expect(deviation).toBeCloseTo(0.15, 2);
  });

  it('spammers are right by chance, and one half of them always give one class', () => {
    const crowd = simulateCrowd({ ...many, model: 'one-coin', spammers: 0.4, skill: 0.9, skillDeviation: 0 }, 5);
    const accuracy = accuracyByAnnotator(crowd);
    const spammers = [...accuracy.keys()].filter((a) => crowd.parameters.behaviour[a] === 'spammer');
    expect(spammers).toHaveLength(4);
    for (const a of spammers) expect(Math.abs(accuracy[a]! - 1 / 3)).toBeLessThan(0.025);
    const used = spammers.map((a) => new Set(crowd.columns.classes.filter((_, v) => crowd.columns.annotators[v] === a)).size);
    expect(used.sort()).toEqual([1, 1, 3, 3]);
  });

  it('members of a group of colluders agree on every item they share', () => {
    const crowd = simulateCrowd({ items: 2000, annotators: 20, votesPerItem: 10, colluders: 0.5, colluderGroup: 5, skill: 0.6 }, 6);
    const { group } = crowd.parameters;
    expect(group.filter((g) => g >= 0)).toHaveLength(10);
    const answers = new Map<string, number>();
    let shared = 0;
    for (let v = 0; v < crowd.columns.items.length; v++) {
      const g = group[crowd.columns.annotators[v]!]!;
      if (g < 0) continue;
      const key = `${crowd.columns.items[v]} ${g}`;
      if (answers.has(key)) shared++;
      expect(crowd.columns.classes[v]).toBe(answers.get(key) ?? crowd.columns.classes[v]);
      answers.set(key, crowd.columns.classes[v]!);
    }
    expect(shared).toBeGreaterThan(1000);
  });

  it('drifters start as skilled as the others and end at chance', () => {
    const crowd = simulateCrowd({ ...many, model: 'one-coin', drifters: 1, skill: 0.9, skillDeviation: 0 }, 7);
    const votes = crowd.columns.items.length;
    const early = accuracyByAnnotator(crowd, (v) => v < votes / 20);
    const late = accuracyByAnnotator(crowd, (v) => v > votes * 0.95);
    for (let a = 0; a < 10; a++) {
      expect(early[a]).toBeGreaterThan(0.82);
      expect(late[a]).toBeLessThan(0.42);
    }
  });

  it('long tails: the busiest annotators and the most voted items take the share that 1 / rank gives them', () => {
    const crowd = simulateCrowd({ items: 5000, annotators: 200, votesPerItem: 1, annotatorTail: 1, itemTail: 0.5 }, 8);
    const byAnnotator = new Float64Array(200);
    for (const a of crowd.columns.annotators) byAnnotator[a]!++;
    const busiest = crowd.parameters.activity.indexOf(Math.max(...crowd.parameters.activity));
    const votes = crowd.columns.items.length;
    expect(Math.abs(votes - 5000)).toBeLessThan(250);
    expect(byAnnotator[busiest]! / votes).toBeCloseTo(crowd.parameters.activity[busiest]!, 1);
    const byItem = new Float64Array(5000);
    for (const i of crowd.columns.items) byItem[i]!++;
    byItem.sort().reverse();
    // 5000 votes shared as 1 / sqrt(rank) give the first item 36.
    expect(byItem[0]).toBeGreaterThan(30);
    expect(byItem[0]).toBeLessThan(40);
  });

  it('items have the wanted mean of votes when it is no whole number, and all annotators when it is their number', () => {
    const crowd = simulateCrowd({ items: 10_000, annotators: 10, votesPerItem: 2.5 }, 9);
    const table = new VoteTable(crowd.columns);
    const counts = new Set(Array.from({ length: 10_000 }, (_, i) => table.itemOffsets[i + 1]! - table.itemOffsets[i]!));
    expect([...counts].sort()).toEqual([2, 3]);
    expect(Math.abs(table.voteCount - 25_000)).toBeLessThan(250);
    expect(simulateCrowd({ items: 50, annotators: 10, votesPerItem: 10, annotatorTail: 3 }, 9).columns.items).toHaveLength(500);
  });
});

it('as rows of names, a crowd reads back as the same table, and its truth names every item', () => {
  const crowd = simulateCrowd({ items: 120, annotators: 11, classes: 12, votesPerItem: 3 }, 1);
  const classes = Array.from({ length: 12 }, (_, k) => `class-${String(k).padStart(2, '0')}`);
  const named = votes(crowdVotes(crowd), { classes });
  const table = new VoteTable(crowd.columns);
  expect(named.items).toHaveLength(120);
  expect(named.items.toSorted()).toEqual(named.items);
  expect(named.table.classes.reduce((sum, k) => sum + k, 0)).toBe(table.classes.reduce((sum, k) => sum + k, 0));
  const annotator = named.annotators.map((name) => Number(name.slice('annotator-'.length)));
  const triples = (t: VoteTable, who: (a: number) => number) => Array.from(t.items, (i, v) => `${i} ${who(t.annotators[v]!)} ${t.classes[v]}`).sort();
  expect(triples(named.table, (a) => annotator[a]!)).toEqual(triples(table, (a) => a));
  expect([...crowdGold(crowd)]).toEqual(named.items.map((item, i) => [item, classes[crowd.truth[i]!]]));
});

describe('bad options are refused', () => {
  it.each<[CrowdOptions, RegExp]>([
    [{ classes: 1 }, /option classes is 1; it must be from 2 to 10000/],
    [{ items: 1.5 }, /option items is 1.5; it must be a whole number/],
    [{ skill: Number.NaN }, /option skill is NaN; it must be from 0 to 1/],
    [{ model: 'gald' }, /option model is "gald"; it must be one of dawid-skene, one-coin, glad, top-two/],
    [{ annotators: 3, votesPerItem: 4 }, /option votesPerItem is 4; it must be at most the number of annotators, 3/],
    [{ skill: 0.9, skillDeviation: 0.3 }, /option skillDeviation is 0.3; with a mean skill of 0.9 it must be below 0.3/],
    [{ spammers: 0.7, colluders: 0.4 }, /1.1 of the annotators together; they must be at most 1/],
    [{ annotators: 1000, classes: 1000 }, /1000 confusion matrices over 1000 classes need 7629 MiB; set option confusable below 133/],
  ])('%j', (options, message) => {
    expect(() => simulateCrowd(options)).toThrow(message);
  });

  it('names an option that does not exist, and a seed that is no whole number', () => {
    expect(() => simulateCrowd({ skil: 1 } as CrowdOptions)).toThrow(/no option "skil"; it has: model, items/);
    expect(() => simulateCrowd({}, -1)).toThrow(/seed is -1; it must be a whole number from 0/);
  });

  it('every option is documented and its default lies in its range', () => {
    for (const option of crowdOptions) {
      expect(option.doc.length).toBeGreaterThan(10);
      if (option.type !== 'choice') expect(option.default >= option.min && option.default <= option.max).toBe(true);
    }
  });
});
