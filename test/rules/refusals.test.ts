import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassNames } from '../../src/projects/class-names.js';
import { compileRule, type Rule } from '../../src/rules/compile-rule.js';
import { ruleKinds, type RuleKind } from '../../src/rules/quantities.js';
import { RuleError } from '../../src/rules/rule-error.js';

const classes = new ClassNames(['deer', 'human', 'nothing there']);

function refusal(text: string, kind: RuleKind = 'done'): RuleError {
  try {
    compileRule(kind, text, classes);
  } catch (error) {
    if (error instanceof RuleError) return error;
    throw error;
  }
  throw new Error(`this rule was taken: ${text.slice(0, 80)}`);
}

describe('a rule is refused, with the position and the remedy,', () => {
  it.each([
    // Ways out of the sandbox.
    ['import(votes) > 0', 1, /no function "import".*there are: min, max/],
    ['evaluate("1 + 1") > 0', 1, /no function "evaluate".*votesFor/],
    ['evaluate(votes) > 0', 1, /no function "evaluate"/],
    ['parse(votes) > 0', 1, /no function "parse"/],
    ['createUnit(votes) > 0', 1, /no function "createUnit"/],
    ['votes > 0 and derivative(votes, votes) > 0', 15, /no function "derivative"/],
    ['constructor > 0', 1, /no quantity "constructor".*there are: votes, confidence/],
    ['__proto__ > 0', 1, /no quantity "__proto__"/],
    ['toString(votes)', 1, /no function "toString"/],
    ['cos.constructor("return process")()', 4, /"\." has no place/],
    ['votes.constructor > 0', 6, /has no parts/],
    ['votes["constructor"] > 0', 6, /no lists/],
    ['votes?.b', 7, /has no parts/],
    ['f(x) = x', 6, /nothing can be assigned; compare with ==/],
    ['votes = 3', 7, /nothing can be assigned; compare with ==/],
    ['votes > 2; votes > 3', 10, /one expression/],
    ['end > 0', 1, /no quantity "end"/],
    // What is not a number.
    ['[1, 2]', 1, /no lists/],
    ['{a: 1}', 1, /no objects/],
    ["votes'", 6, /has no end; close it with '/],
    ['votes > 2 and "deer', 15, /has no end; close it with "/],
    // Classes.
    ['"dear"', 1, /class "dear" is not among "deer", "human", "nothing there"/],
    ['votesFor("Human") >= 1', 10, /class "Human" is not among .*; is "human" meant\?/],
    ['votes >= 2 or votesFor("cow") >= 1', 24, /class "cow" is not among "deer", "human", "nothing there"$/],
    ['"deer"', 1, /a done rule is true or false, and this is a class; compare it, as in leading == "deer"/],
    ['leading', 1, /and this is a class; compare it/],
    ['votesFor(deer) > 1', 10, /no quantity "deer"/],
    ['votesFor(1) > 1', 10, /votesFor takes one class, in quotes/],
    ['votesFor(votes) > 1', 10, /votesFor takes one class, in quotes/],
    ['votesFor() > 1', 1, /votesFor takes one class, in quotes, .* has 0/],
    ['votesFor("deer", "human") > 1', 1, /has 2/],
    ['votesFor > 1', 1, /no quantity "votesFor"/],
    ['leading > 2', 1, /">" takes numbers, and this is a class; ask votesFor/],
    ['"deer" + 1 > 2', 1, /"\+" takes numbers, and this is a class/],
    ['leading == 1', 12, /a class is compared with a class/],
    ['votes == "deer"', 10, /"==" takes numbers, and this is a class/],
    ['leading and votes > 1', 1, /"and" takes what is true or false, and this is a class/],
    ['max(leading, 1) > 1', 5, /"max" takes numbers, and this is a class/],
    ['"deer" == leading == "human"', 1, /takes numbers, and this is a class/],
    ['votes > 1 ? leading : "deer"', 23, /both sides of ":"/],
    ['votesFor("deer" "human") > 1', 17, /follows|put a sign/],
    ['leading == "d\\eer"', 12, /stands for nothing; in quotes write/],
    ['_ > 1', 1, /no quantity "_"/],
    ['1:1e9', 1, /no ranges/],
    ['votes > (1:1e9)', 10, /no ranges/],
    ['2 cm > votes', 3, /put a sign such as \* before/],
    ['votes to cm', 7, /converts units/],
    ['2i > 1', 2, /put a sign such as \* before/],
    ['null', 1, /no quantity "null"/],
    ['undefined', 1, /no quantity "undefined"/],
    ['Infinity > votes', 1, /no quantity "Infinity"/],
    ['NaN > votes', 1, /no quantity "NaN"/],
    ['pi > votes', 1, /no quantity "pi"/],
    // What takes long, or is large.
    ['170!! > votes', 4, /no factorial/],
    ['1e999 > votes', 1, /beyond the largest number/],
    [`${'('.repeat(10_000)}1${')'.repeat(10_000)}`, 1001, /20001 characters; at most 1000/],
    [`${'('.repeat(400)}votes > 1${')'.repeat(400)}`, 51, /deeper than 50/],
    [`votes > ${'abs('.repeat(80)}1${')'.repeat(80)}`, 212, /deeper than 50/],
    [`votes > ${'-'.repeat(900)}1`, 909, /deeper than 50/],
    [`votes > 1 ${' and votes > 1'.repeat(60)}`, 1, /deeper than 50/],
    [`votes > max(${Array.from({ length: 197 }, () => 1).join(', ')}, 98, 99)`, 604, /more than 200/],
    ['votes > 1 or '.repeat(80_000), 1001, /1040000 characters/],
    // Lookalikes and bytes that nobody sees.
    ['vоtes > 3', 2, /U\+043E.*plain Latin/],
    ['ｖotes > 3', 1, /U\+FF56/],
    ['votes > 3\u200b', 10, /U\+200B/],
    ['votes > 𝟛', 9, /U\+1D7DB/],
    ['votes\0 > 3', 6, /U\+0000/],
    ['votes > 3\ud800', 10, /U\+D800/],
    // Plain mistakes.
    ['', 1, /empty; null removes/],
    [' \n', 1, /empty; null removes/],
    ['# later', 1, /no comments/],
    ['votes >', 8, /Unexpected end/],
    ['(votes > 3', 11, /\) expected/],
    ['votes > 3)', 10, /Unexpected/],
    ['votes >= 3 and confidance > 0.9', 16, /no quantity "confidance".*confidence/],
    ['votes >= 3 && confidence > 0.9', 12, /write "and"/],
    ['votes >= 3 || confidence > 0.9', 12, /write "or"/],
    ['!(votes > 3)', 1, /write "not"/],
    ['not votes > 3', 5, /"not" takes what is true or false.*parentheses after not/],
    ['confidence > 95%', 16, /write 0\.5 for 50%/],
    ['confidence > 95% and votes > 2', 16, /write 0\.5 for 50%/],
    ['confidence > 95% - 1', 16, /write 0\.5 for 50%/],
    ['2 votes > 3', 3, /put a sign/],
    ['votes > 3 votes', 11, /put a sign/],
    ['votes 3', 7, /put a sign/],
    ['votes(3) > 1', 1, /no function "votes"/],
    ['(votes)(3) > 1', 9, /put a sign/],
    ['max > 1', 1, /"max" is a function/],
    ['max() > 1', 1, /one number or more, and has 0/],
    ['log(8, 2) > 1', 1, /log takes one number, and has 2/],
    ['0x10 > votes', 2, /put a sign/],
    // Types.
    ['votes', 1, /a done rule is true or false, and this is a number/],
    ['votes and confidence > 0.9', 1, /"and" takes what is true or false/],
    ['votes > 2 and confidence', 15, /"and" takes what is true or false/],
    ['(votes > 2) + 1 > 2', 2, /"\+" takes numbers/],
    ['abs(votes > 2) > 1', 5, /"abs" takes numbers/],
    ['votes > 2 ? votes > 3 : 1', 25, /both sides of ":"/],
    ['votes ? true : false', 1, /"\?" takes what is true or false/],
    ['-(votes > 2) > 0', 3, /"-" takes numbers/],
  ])('%j', (text, position, message) => {
    const error = refusal(text);
    expect(error.message).toMatch(message);
    expect({ text, position: error.position }).toEqual({ text, position });
    expect(error.message.startsWith(`character ${position}: `)).toBe(true);
    expect(error.message.length).toBeLessThan(400);
  });

  it('when a priority is true or false', () => {
    expect(refusal('votes > 2', 'priority').message).toMatch(/a priority rule is a number.*votes < 2 \? 1 : 0/);
  });

  it('when it reads what only rules of another kind know', () => {
    expect(refusal('goldAccuracy < 0.5').message).toMatch(/no quantity "goldAccuracy"/);
    expect(refusal('confidence < 0.5', 'pause').message).toMatch(/no quantity "confidence".*goldAccuracy/);
    expect(refusal('votesFor("deer") > 1', 'pause').message).toMatch(/no function "votesFor"/);
    expect(refusal('votes == "deer"', 'pause')).toMatchObject({ position: 10, message: expect.stringMatching(/no texts/) });
    expect(refusal('leading == leading', 'pause').message).toMatch(/no quantity "leading"/);
  });

  it('at once, however long it is', () => {
    refusal('votes');
    const started = process.cpuUsage();
    refusal('('.repeat(1_000_000));
    refusal('votes > 1 or '.repeat(100_000));
    expect(process.cpuUsage(started).user).toBeLessThan(500_000);
  });
});

describe('whatever is written', () => {
  const words = ['votes', 'gain', 'true', 'and', 'or', 'xor', 'not', 'mod', 'to', 'in', 'max', 'abs', 'import', 'i', 'e', 'pi', 'cm', 'NaN', 'null', 'end', '1', '.5', '2.', '1e3', '0b1',
    '+', '-', '*', '/', '^', '%', '(', ')', ',', '?', ':', '<', '<=', '==', '!=', '>', '=', '!', '.', '.*', '??', '?.', '[', ']', '{', '"', "'", '"deer"', "'human'", 'votesFor', 'shareFor("deer")', 'probabilityOf(', 'leading', ';', '\n', ' ', '#', '|', '&', '~', '<<'];

  it('it becomes a rule that gives its type on any numbers, or a RuleError', () => {
    let taken = 0;
    const value = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 5e-324, 1.7e308));
    const texts = fc.oneof(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(' ')), fc.array(fc.constantFrom(...words), { maxLength: 9 }).map((parts) => parts.join('')), fc.string({ unit: 'binary' }));
    fc.assert(fc.property(fc.constantFrom(...Object.keys(ruleKinds) as RuleKind[]), texts, value, value, (kind, text, votes, gain) => {
      let rule: Rule<RuleKind>;
      try {
        rule = compileRule(kind, text, classes);
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        return error.position >= 1 && error.position <= text.length + 1;
      }
      taken++;
      const figures = { votes: [votes, 1, 0], voteCount: gain, probabilities: [0, 0, gain, 0], at: 1, leading: votes > 0 ? 1 : -1 };
      const result = rule.evaluate({ votes, gain } as never, votes === 0 ? undefined : figures);
      return typeof result === ruleKinds[kind].result && !Number.isNaN(result);
    }), { numRuns: 20_000 });
    expect(taken).toBeGreaterThan(10);
  });
});
