import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassNames } from '../../src/projects/class-names.js';
import { compileRule } from '../../src/rules/compile-rule.js';
import { mathjs } from '../../src/rules/mathjs.js';
import type { ItemQuantities } from '../../src/rules/quantities.js';

const classes = new ClassNames(['deer', 'human', 'nothing there']);

const NAMES = ['votes', 'confidence', 'topTwoGap', 'gain'] as const;
type Values = Record<(typeof NAMES)[number], number>;
const full = (values: Partial<ItemQuantities>) => values as ItemQuantities;

/** An expression beside its meaning, told without the compiler. */
interface Case<T> {
  text: string;
  meaning: (values: Values) => T;
}

type NumberCase = Case<number>;
type BooleanCase = Case<boolean>;

const near = (a: number, b: number) => a === b || (Number.isFinite(a - b) && Math.abs(a - b) <= Math.max(1e-12 * Math.max(Math.abs(a), Math.abs(b)), 1e-15));
const arithmetic: Record<string, (a: number, b: number) => number> = { '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '^': Math.pow };
const comparisons: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b && !near(a, b), '<=': (a, b) => a < b || near(a, b), '>': (a, b) => a > b && !near(a, b), '>=': (a, b) => a > b || near(a, b),
  '==': near, '!=': (a, b) => !Number.isNaN(a) && !Number.isNaN(b) && !near(a, b),
};
const logic: Record<string, (a: boolean, b: boolean) => boolean> = { and: (a, b) => a && b, or: (a, b) => a || b, xor: (a, b) => a !== b };
const functions: Record<string, (...numbers: number[]) => number> = { min: Math.min, max: Math.max, abs: Math.abs, sqrt: Math.sqrt, exp: Math.exp, log: Math.log };

const { number, boolean } = fc.letrec<{ number: NumberCase; boolean: BooleanCase }>((tie) => ({
  number: fc.oneof({ maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...NAMES).map((name): NumberCase => ({ text: name, meaning: (values) => values[name] })),
    fc.constantFrom('0', '1', '2', '0.95', '.5', '3.', '1e-3', '12').map((text): NumberCase => ({ text, meaning: () => Number(text) })),
    fc.tuple(fc.constantFrom(...Object.keys(arithmetic)), tie('number'), tie('number')).map(([op, a, b]): NumberCase => ({ text: `(${a.text}) ${op} (${b.text})`, meaning: (values) => arithmetic[op]!(a.meaning(values), b.meaning(values)) })),
    fc.tuple(fc.constantFrom('abs', 'sqrt', 'exp', 'log'), tie('number')).map(([name, a]): NumberCase => ({ text: `${name}(${a.text})`, meaning: (values) => functions[name]!(a.meaning(values)) })),
    fc.tuple(fc.constantFrom('min', 'max'), fc.array(tie('number'), { minLength: 1, maxLength: 3 })).map(([name, list]): NumberCase => ({ text: `${name}(${list.map((a) => a.text).join(',')})`, meaning: (values) => functions[name]!(...list.map((a) => a.meaning(values))) })),
    tie('number').map((a): NumberCase => ({ text: `-(${a.text})`, meaning: (values) => -a.meaning(values) })),
    fc.tuple(tie('boolean'), tie('number'), tie('number')).map(([test, a, b]): NumberCase => ({ text: `(${test.text} ? ${a.text} : ${b.text})`, meaning: (values) => (test.meaning(values) ? a : b).meaning(values) })),
  ),
  boolean: fc.oneof({ maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('true', 'false').map((text): BooleanCase => ({ text, meaning: () => text === 'true' })),
    fc.tuple(fc.constantFrom(...Object.keys(comparisons)), tie('number'), tie('number')).map(([op, a, b]): BooleanCase => ({ text: `(${a.text}) ${op} (${b.text})`, meaning: (values) => comparisons[op]!(a.meaning(values), b.meaning(values)) })),
    fc.tuple(fc.constantFrom(...Object.keys(logic)), tie('boolean'), tie('boolean')).map(([op, a, b]): BooleanCase => ({ text: `(${a.text}) ${op} (${b.text})`, meaning: (values) => logic[op]!(a.meaning(values), b.meaning(values)) })),
    tie('boolean').map((a): BooleanCase => ({ text: `not (${a.text})`, meaning: (values) => !a.meaning(values) })),
  ),
}));

const quantity = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer({ min: -3, max: 12 }), fc.constantFrom(0.1 + 0.2, 0.3, 0.95));
const values: fc.Arbitrary<Values> = fc.record({ votes: quantity, confidence: quantity, topTwoGap: quantity, gain: quantity });
/** Depth and length are bounded by the rules of the language; longer ones are for the tests of refusals. */
const short = <T>(cases: fc.Arbitrary<Case<T>>) => cases.filter(({ text }) => text.length <= 300);

describe('a rule means what an evaluator of its own says', () => {
  it('as a number, with what is no number as the lowest of all', () => {
    fc.assert(fc.property(short(number), values, ({ text, meaning }, given) => {
      const expected = meaning(given);
      expect(compileRule('priority', text, classes).evaluate(full(given))).toBe(Number.isNaN(expected) ? -Infinity : expected);
    }), { numRuns: 3000 });
  });

  it('as true or false', () => {
    fc.assert(fc.property(short(boolean), values, ({ text, meaning }, given) => {
      expect(compileRule('done', text, classes).evaluate(full(given))).toBe(meaning(given));
    }), { numRuns: 3000 });
  });
});

describe('a rule means what mathjs means by it', () => {
  const known = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: -20, max: 20 }), fc.constantFrom(2.9999999999999996, 2.5, -2.5, 0.1 + 0.2))]))) as fc.Arbitrary<Values>;

  it.each(['floor(votes)', 'ceil(votes)', 'round(votes)', 'votes % gain', '-votes % gain', 'votes mod gain', 'votes + gain * confidence ^ 2', '-votes ^ 2', '2 ^ -1 ^ 2', '12 / 3 / 2 - 1 - 1', '2 ^ 3 ^ 2',
    'votes % gain * 3 + 1', 'abs(votes) / max(abs(gain), 1)', 'votes < gain ? 1 : votes < confidence ? 2 : 3'])('%s', (text) => {
    const compiled = mathjs().compile(text);
    const rule = compileRule('priority', text, classes);
    fc.assert(fc.property(known, (given) => {
      const theirs = compiled.evaluate({ ...given }) as number;
      // No zero is greater than another: their sign does not matter.
      expect(rule.evaluate(full(given)) + 0).toBe(Number.isNaN(theirs) ? -Infinity : theirs + 0);
    }), { numRuns: 2000 });
  });

  it.each(['votes < gain', 'votes <= gain', 'votes > gain', 'votes >= gain', 'votes == gain', 'votes != gain', 'gain < votes < confidence', 'gain < votes <= confidence != topTwoGap',
    'votes > 1 or gain > 1 and confidence > 1', 'votes > 1 xor gain > 1 or confidence > 1', 'not (votes > 1) and gain > 1', 'votes + 1 > gain * 2 and confidence - 1 < 2', 'votes > 1 ? gain > 1 : confidence > 1'])('%s', (text) => {
    const compiled = mathjs().compile(text);
    const rule = compileRule('done', text, classes);
    fc.assert(fc.property(known, (given) => rule.evaluate(full(given)) === compiled.evaluate({ ...given })), { numRuns: 2000 });
  });

  it('also over several lines', () => {
    expect(compileRule('done', 'votes >= 3\n\tand confidence > 0.9', classes).evaluate(full({ votes: 3, confidence: 0.95 }))).toBe(true);
  });
});

describe('what a rule asks about classes', () => {
  const figures = { votes: Int32Array.of(3, 1, 0), voteCount: 4, probabilities: Float64Array.of(9, 9, 0.7, 0.2, 0.1), at: 2, leading: 0 };
  const tied = { ...figures, leading: -1 };
  const none = { ...figures, votes: Int32Array.of(0, 0, 0), voteCount: 0, leading: -1 };

  it.each([
    ['votesFor("deer") == 3 and votesFor(\'human\') == 1 and votesFor("nothing there") == 0', figures],
    ['shareFor("deer") == 0.75 and probabilityOf("human") == 0.2 and probabilityOf("nothing there") == 0.1', figures],
    ['leading == "deer" and leading != "human" and not (leading == "human") and "deer" == leading and leading == leading', figures],
    ['votesFor(leading) == 3 and probabilityOf(leading) == 0.7', figures],
    ['"deer" != "human" and not ("deer" == "human")', figures],
    ['leading == "\\u0064eer"', figures],
    ['not (leading == "deer") and not (leading != "deer") and not (votesFor(leading) >= 0)', tied],
    ['not (shareFor("deer") >= 0) and votesFor("deer") == 0', none],
    ['not (votesFor("deer") >= 0) and not (leading != "deer")', undefined],
  ])('%s', (text, known) => {
    expect(compileRule('done', text, classes).evaluate(full({}), known)).toBe(true);
  });

  it('names classes with whatever is in their names', () => {
    const odd = ['say "no"', "it's", 'a\\b', 'é', '_', '"', 'votes', 'a, b) or (c'];
    const named = new ClassNames(odd);
    odd.forEach((name, k) => {
      const votes = Int32Array.from(odd, (_, i) => Number(i === k));
      for (const written of [JSON.stringify(name), `'${name.replace(/[\\']/g, '\\$&')}'`]) {
        expect(compileRule('priority', `votesFor(${written}) + votes`, named).evaluate(full({ votes: 1 }), { ...figures, votes }), written).toBe(2);
      }
    });
  });
});

describe('a quantity that is not known', () => {
  it.each(['<', '<=', '>', '>=', '==', '!='])('makes every comparison false: %s', (operator) => {
    for (const text of [`gain ${operator} 1`, `1 ${operator} gain`, `gain ${operator} gain`]) {
      expect(compileRule('done', text, classes).evaluate(full({ gain: NaN }))).toBe(false);
      expect(compileRule('done', text, classes).evaluate(full({}))).toBe(false);
    }
  });

  it('puts an item last', () => {
    expect(compileRule('priority', 'gain + 1', classes).evaluate(full({ gain: NaN }))).toBe(-Infinity);
    expect(compileRule('priority', 'gain', classes).evaluate(full({}))).toBe(-Infinity);
    expect(compileRule('priority', 'max(gain, votes)', classes).evaluate(full({ gain: NaN, votes: 1 }))).toBe(-Infinity);
  });
});

describe('a compiled rule', () => {
  it('is evaluated a million times in less than 3 seconds of the processor', () => {
    const rule = compileRule('done', 'votes >= 3 and (confidence >= 0.95 or topTwoGap > 0.6)', classes);
    const given = full({ votes: 3, confidence: 0.9, topTwoGap: 0.5 });
    let done = 0;
    const started = process.cpuUsage();
    for (let i = 0; i < 1_000_000; i++) {
      given.topTwoGap = (i % 10) / 10;
      if (rule.evaluate(given)) done++;
    }
    expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
    expect(done).toBe(300_000);
  });
});
