import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureAgreement } from '../../../src/aggregation/agreement.js';
import { answerSets } from '../../../src/aggregation/agreement/answer-sets.js';
import { countClasses } from '../../../src/aggregation/agreement/class-counts.js';
import { jaccardDistance, masiDistance, setAlpha } from '../../../src/aggregation/agreement/set-alpha.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { hasShared, shared } from '../../setup/shared.js';

const distances = { jaccard: jaccardDistance, masi: masiDistance };
const kinds = ['jaccard', 'masi'] as const;

/** Alpha of units of answers, each a list of class indices; a set may be empty, which the votes of a table may not. */
function alphaOf(kind: 'jaccard' | 'masi', units: readonly (readonly (readonly number[])[])[]): number {
  const keys = [...new Set(units.flat().map((set) => set.join()))];
  const answers = answerSets(keys.map((key) => (key === '' ? [] : key.split(',').map(Number))));
  const votes = units.flatMap((unit, item) => unit.map((set, annotator) => ({ item, annotator, answer: keys.indexOf(set.join()) })));
  const table = new VoteTable({
    items: votes.map(({ item }) => item), annotators: votes.map(({ annotator }) => annotator), classes: votes.map(({ answer }) => answer),
    itemCount: units.length, annotatorCount: Math.max(1, ...units.map((unit) => unit.length)), classCount: Math.max(1, keys.length),
  });
  return setAlpha(distances[kind](answers))(countClasses(table, null));
}

/** A table whose votes name sets, each listed anew. */
function tableOf(units: readonly (readonly (readonly number[])[])[], classCount: number): VoteTable {
  const sets = units.flat();
  const offsets = Int32Array.from([0, ...sets.map(((end) => (set: readonly number[]) => (end += set.length))(0))]);
  return new VoteTable({
    items: units.flatMap((unit, item) => unit.map(() => item)), annotators: units.flatMap((unit) => unit.map((_, a) => a)), classes: sets.map((_, s) => classCount + s),
    itemCount: units.length, annotatorCount: 10, classCount, candidateSets: { offsets, classes: Int32Array.from(sets.flat()) },
  });
}

const letters = (word: string) => [...word].map((letter) => letter.charCodeAt(0) - 97).sort((a, b) => a - b);

describe('the worked case of five items, with an empty set in one of them', () => {
  const units = [['ab', 'a'], ['b', 'b', 'bc'], ['', 'c'], ['abc', 'ab'], ['c']].map((unit) => unit.map(letters));

  it('has a Jaccard alpha of 1 - .518519 / .708333', () => {
    expect(alphaOf('jaccard', units)).toBeCloseTo(0.267974, 6);
  });

  it('has a MASI alpha of .190661', () => {
    expect(alphaOf('masi', units)).toBeCloseTo(0.190661, 6);
  });
});

it.each([
  ['equal', 'ab', 'ab', 0, 0], ['one inside the other', 'ab', 'a', 1 / 2, 2 / 3], ['crossing', 'ab', 'bc', 2 / 3, 8 / 9], ['disjoint', 'ab', 'cd', 1, 1], ['both empty', '', '', 0, 0],
])('sets that are %s lie so far apart: %s and %s', (_, one, other, jaccard, masi) => {
  const answers = answerSets([letters(one), letters(other)]);
  expect(jaccardDistance(answers)(0, 1)).toBeCloseTo(jaccard, 15);
  expect(masiDistance(answers)(0, 1)).toBeCloseTo(masi, 15);
});

const subset = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 }).map((set) => set.sort((a, b) => a - b));
const crowd = fc.array(fc.array(subset, { maxLength: 5 }), { minLength: 1, maxLength: 8 });

it.each(kinds)('%s alpha of a table whose votes name sets is that of the sets, however they are listed', (kind) => {
  fc.assert(fc.property(crowd, (units) => {
    const value = measureAgreement({ metric: `krippendorff-alpha-${kind}`, votes: tableOf(units, 4) }).value;
    const expected = alphaOf(kind, units);
    if (Number.isNaN(expected)) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(expected, 12);
  }));
});

it('is never nearer by MASI than by Jaccard, and both are distances from 0 to 1', () => {
  fc.assert(fc.property(subset, subset, (one, other) => {
    const answers = answerSets([one, other]);
    const [jaccard, masi] = [jaccardDistance(answers), masiDistance(answers)];
    expect(masi(0, 1)).toBeGreaterThanOrEqual(jaccard(0, 1));
    expect(masi(0, 1)).toBe(masi(1, 0));
    expect(masi(0, 1)).toBeLessThanOrEqual(1);
    expect(masi(0, 0)).toBe(0);
  }));
});

it.each(kinds)('%s alpha per class is nominal alpha of whether the sets hold it', (kind) => {
  fc.assert(fc.property(crowd, (units) => {
    const { perClass } = measureAgreement({ metric: `krippendorff-alpha-${kind}`, votes: tableOf(units, 4), perClass: true });
    for (let k = 0; k < 4; k++) {
      const held = tableOf(units.map((unit) => unit.map((set) => [Number(set.includes(k))])), 2);
      const expected = measureAgreement({ metric: 'krippendorff-alpha-jaccard', votes: held }).value;
      if (Number.isNaN(expected)) expect(perClass![k]).toBeNaN();
      else expect(perClass![k]).toBeCloseTo(expected, 12);
    }
  }));
});

it.each(kinds)('%s alpha of single classes is nominal alpha', (kind) => {
  fc.assert(fc.property(fc.array(fc.array(fc.nat(3), { maxLength: 5 }), { minLength: 1, maxLength: 8 }), (units) => {
    const plain = new VoteTable({
      items: units.flatMap((unit, item) => unit.map(() => item)), annotators: units.flatMap((unit) => unit.map((_, a) => a)), classes: units.flat(), itemCount: units.length, annotatorCount: 10, classCount: 4,
    });
    const nominal = measureAgreement({ metric: 'krippendorff-alpha-nominal', votes: plain }).value;
    const value = measureAgreement({ metric: `krippendorff-alpha-${kind}`, votes: tableOf(units.map((unit) => unit.map((k) => [k])), 4) }).value;
    if (Number.isNaN(nominal)) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(nominal, 12);
  }));
});

it('4,097 distinct sets are too many, and the refusal says so', () => {
  const members = (s: number) => Array.from({ length: 13 }, (_, k) => k).filter((k) => ((s + 1) >> k) & 1);
  const units = Array.from({ length: 4097 }, (_, s) => [members(s), members(s)]);
  expect(() => measureAgreement({ metric: 'krippendorff-alpha-masi', votes: tableOf(units, 13) })).toThrow(/votes name 4097 distinct sets of classes; distances are taken between at most 4096/);
});

describe.skipIf(!hasShared)('the reference cases', () => {
  const golden = () => JSON.parse(readFileSync(shared('golden', 'multi-label', 'agreement', 'cases.json'), 'utf8'));

  it('have the distances of the reference', () => {
    for (const { a, b, jaccard, masi } of golden().distances) {
      const answers = answerSets([letters(a), letters(b)]);
      expect(jaccardDistance(answers)(0, 1)).toBeCloseTo(jaccard, 14);
      expect(masiDistance(answers)(0, 1)).toBeCloseTo(masi, 14);
    }
  });

  it('have the alphas of the reference, of 178 complete votes of five classes, too', () => {
    const { hand, votes, singletonsEqualNominal, undefined: undefinedCases } = golden();
    const rows = readFileSync(shared('golden', 'multi-label', 'votes', 'votes.csv'), 'utf8').trim().split('\n').slice(1).map((row) => row.split(','));
    const complete = rows.filter((row) => !row.includes('UNSEEN'));
    const units = [...new Set(complete.map(([item]) => item))].map((item) => complete.filter((row) => row[0] === item).map((row) => row.slice(2).flatMap((answer, k) => (answer === 'YES' ? [k] : []))));
    for (const kind of kinds) {
      expect(alphaOf(kind, hand.units.map((unit: string[]) => unit.map(letters)))).toBeCloseTo(hand[kind], 12);
      expect(alphaOf(kind, units)).toBeCloseTo(votes[kind], 12);
      expect(alphaOf(kind, singletonsEqualNominal.units.map((unit: number[]) => unit.map((k) => [k])))).toBeCloseTo(singletonsEqualNominal.nominal, 12);
      for (const { units: none } of undefinedCases) expect(alphaOf(kind, none.map((unit: string[]) => unit.map(letters)))).toBeNaN();
    }
  });
});
