import { describe, expect, it } from 'vitest';
import { classNumber, measureAgreement, pairwiseAgreement, sortedClasses, votes, type VoteRow } from '../../src/aggregation/index.js';

/** Pairs of answers of ann and bob, an item each. */
const answers = (...pairs: [string, string][]): VoteRow[] => pairs.flatMap(([a, b], i): VoteRow[] => [[`i${i}`, 'ann', a], [`i${i}`, 'bob', b]]);

const grades = answers(['low', 'low'], ['low', 'medium'], ['medium', 'medium'], ['medium', 'high'], ['high', 'high'], ['high', 'high'], ['low', 'medium'], ['low', 'low']);
const quadratic = { metric: 'cohen-kappa', options: { weights: 'quadratic' } };

describe('classes that are numbers', () => {
  it('are in the order of numbers, however these are written, and before names', () => {
    expect(sortedClasses(['10', '2', '1', '.5', '1e-03', '+3', ' 4', '-1', 'NA', 'B'])).toEqual(['-1', '1e-03', '.5', '1', '2', '+3', ' 4', '10', 'B', 'NA']);
    expect(['.5', '1e-03', '+2', ' 3', '7.', '-0'].map(classNumber)).toEqual([0.5, 0.001, 2, 3, 7, -0]);
    expect(['', ' ', '.', 'e3', '0x10', '1,5', '1 2', 'Infinity', 'nan', '1e999'].map(classNumber)).toEqual(Array<number>(10).fill(NaN));
  });

  it('of one to ten: ordinal .9730, interval .9913, quadratic kappa .9909', () => {
    const rows = answers(...Array.from({ length: 9 }, (_, i): [string, string] => [`${i + 1}`, `${i + 1}`]), ['10', '9'], ['10', '10'], ['9', '10']);
    const { table, classes } = votes(rows);
    expect(classes).toEqual(Array.from({ length: 10 }, (_, i) => `${i + 1}`));
    expect(measureAgreement({ metric: 'krippendorff-alpha-ordinal', votes: table }).value).toBeCloseTo(0.973, 3);
    expect(measureAgreement({ metric: 'krippendorff-alpha-interval', votes: table }).value).toBeCloseTo(0.9913, 4);
    expect(measureAgreement({ ...quadratic, votes: table }).value).toBeCloseTo(0.9909, 4);
  });

  it('lie where the numbers are: the same alpha however they are written', () => {
    const measured = [['0.001', '0', '100'], ['1e-03', '0', '100'], ['.001', '+0', ' 1e2'], ['0.001', '0', '1E+2']].map(([a, b, c]) =>
      measureAgreement({ metric: 'krippendorff-alpha-interval', votes: votes(answers([a!, b!], [c!, c!], [a!, a!], [b!, b!])).table }).value);
    expect(new Set(measured).size).toBe(1);
    expect(measured[0]).toBeCloseTo(1, 4);
    // By ranks it would be .82.
    expect(measured[0]).toBeGreaterThan(0.99);
  });

  it('keep their places beside a class that is none, as long as nobody votes it', () => {
    const rows = answers(['1', '2'], ['3', '3'], ['1', '1']);
    const given = { classes: ['1', '2', 'high', '3'] };
    expect(measureAgreement({ metric: 'krippendorff-alpha-interval', votes: votes(rows, given).table }).value).toBeCloseTo(0.8276, 4);
    const voted = votes([...rows, ['i9', 'ann', 'high']], given).table;
    expect(() => measureAgreement({ metric: 'krippendorff-alpha-interval', votes: voted })).toThrow(/needs each class's place on a line, and "high" is no number; give classValues/);
    expect(measureAgreement({ metric: 'krippendorff-alpha-interval', votes: voted, classValues: [1, 2, 2.5, 3] }).value).toBeGreaterThan(0);
    expect(measureAgreement({ metric: 'krippendorff-alpha-ordinal', votes: voted }).value).toBeGreaterThan(0);
  });
});

describe('what depends on the order of classes that are no numbers', () => {
  it('is refused without their order, and says how to give it', () => {
    const { table } = votes(grades);
    for (const request of [quadratic, { metric: 'cohen-kappa', options: { weights: 'linear' } }, { metric: 'krippendorff-alpha-ordinal' }, { metric: 'krippendorff-alpha-interval' }]) {
      expect(() => measureAgreement({ ...request, votes: table })).toThrow(/needs the order of the classes, and "high", "low", "medium" are not all numbers; give classes/);
    }
    expect(() => pairwiseAgreement({ ...quadratic, votes: table })).toThrow(/needs the order of the classes/);
    expect(measureAgreement({ metric: 'cohen-kappa', votes: table }).value).toBeGreaterThan(0);
  });

  it('is measured in the order given, by a list or by places: quadratic kappa .7391', () => {
    const listed = votes(grades, { classes: ['low', 'medium', 'high'] }).table;
    expect(measureAgreement({ ...quadratic, votes: listed }).value).toBeCloseTo(0.7391, 4);
    expect(pairwiseAgreement({ ...quadratic, votes: listed }).value[0]).toBeCloseTo(0.7391, 4);
    // Of high, low, medium.
    expect(measureAgreement({ ...quadratic, votes: votes(grades).table, classValues: [3, 1, 2] }).value).toBeCloseTo(0.7391, 4);
    const ordinal = (votes: typeof listed, classValues?: number[]) => measureAgreement({ metric: 'krippendorff-alpha-ordinal', votes, classValues }).value;
    expect(ordinal(votes(grades).table, [3, 1, 2])).toBeCloseTo(ordinal(listed), 12);
  });

  it('has names of a list a unit apart, and says so', () => {
    const listed = votes(grades, { classes: ['low', 'medium', 'high'] }).table;
    const { value, warnings } = measureAgreement({ metric: 'krippendorff-alpha-interval', votes: listed });
    expect(value).toBe(measureAgreement({ metric: 'krippendorff-alpha-interval', votes: listed, classValues: [1, 2, 3] }).value);
    expect(warnings).toEqual([expect.stringContaining('a unit apart')]);
    expect(measureAgreement({ metric: 'krippendorff-alpha-ordinal', votes: listed }).warnings).toEqual([]);
  });
});

describe('a request with a key that means nothing', () => {
  const { table } = votes(grades);
  it.each<[string, () => unknown]>([
    ['votes', () => votes(grades, { clases: [] } as object)],
    ['measureAgreement', () => measureAgreement({ metric: 'percent', votes: table, classvalues: [1, 2, 3] } as never)],
    ['pairwiseAgreement', () => pairwiseAgreement({ metric: 'percent', votes: table, replicates: 3 } as never)],
  ])('%s: a TypeError that names it', (_, call) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/has "(clases|classvalues|replicates)", which means nothing; it may have: /);
  });
});
