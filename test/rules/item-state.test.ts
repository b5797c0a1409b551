import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemState, itemStates, type StateRules } from '../../src/rules/item-state.js';
import type { ItemQuantities } from '../../src/rules/quantities.js';

const { OPEN, DONE, CONTESTED, ADJUDICATED } = ItemState;
const DONE_RULE = 'votes >= 3 and (confidence >= 0.95 or topTwoGap > 0.6)';

const probability = fc.double({ min: 0, max: 1, noNaN: true });
const item = fc.record({
  votes: fc.nat(12), confidence: fc.oneof(probability, fc.constant(NaN)), topTwoGap: probability, gain: fc.oneof(probability, fc.constant(NaN)),
}).map((values) => values as ItemQuantities);
const rules: fc.Arbitrary<StateRules> = fc.record({
  minVotes: fc.integer({ min: 1, max: 6 }), more: fc.nat(6),
  confidence: fc.option(fc.double({ min: 0.01, max: 1, noNaN: true })), doneRule: fc.constantFrom(null, DONE_RULE, 'gain < 0.01', 'true', 'false'),
}).map(({ more, ...given }) => ({ ...given, maxVotes: given.minVotes + more }));
const plain: fc.Arbitrary<StateRules> = rules.map((given) => ({ ...given, doneRule: null }));

const stateOf = (given: StateRules, values: Partial<ItemQuantities>, isGold = false) => itemStates(given, null)(values as ItemQuantities, isGold);
const holds = (...parts: Parameters<typeof fc.property<[StateRules, ItemQuantities, number]>>) => fc.assert(fc.property(...parts), { numRuns: 2000 });

describe('the state of an item', () => {
  it('is ADJUDICATED where the answer is known, whatever the votes and rules, and only there', () => {
    holds(rules, item, fc.nat(1), (given, values, gold) => (stateOf(given, values, gold === 1) === ADJUDICATED) === (gold === 1));
  });

  it('is never OPEN at maxVotes', () => {
    holds(rules, item, fc.nat(5), (given, values, beyond) => stateOf(given, { ...values, votes: given.maxVotes + beyond }) !== OPEN);
  });

  it('is CONTESTED only at maxVotes, and only where there is a rule to fail', () => {
    holds(rules, item, fc.nat(), (given, values) => stateOf(given, values) !== CONTESTED || (values.votes >= given.maxVotes && (given.doneRule != null || given.confidence != null)));
  });

  it('never opens again by more votes, as long as nothing else changes', () => {
    holds(plain, item, fc.nat(12), (given, values, more) => stateOf(given, values) === OPEN || stateOf(given, { ...values, votes: values.votes + more }) !== OPEN);
  });

  it('stays DONE by more confidence', () => {
    holds(plain, item, fc.nat(), (given, values) => {
      const surer = { ...values, confidence: Number.isNaN(values.confidence) ? NaN : (1 + values.confidence) / 2 };
      return stateOf(given, values) !== DONE || stateOf(given, surer) === DONE;
    });
  });

  it('closes by lowering maxVotes, and what was DONE by a rule stays so', () => {
    holds(rules.filter(({ minVotes, maxVotes }) => minVotes < maxVotes), item, fc.nat(), (given, values) => {
      const before = stateOf(given, values);
      const after = stateOf({ ...given, maxVotes: given.maxVotes - 1 }, values);
      if (values.votes === given.maxVotes - 1) expect(after).not.toBe(OPEN);
      return before === OPEN ? after !== DONE || values.votes >= given.maxVotes - 1 : after === before;
    });
  });

  it('opens by raising maxVotes, unless a rule makes it DONE', () => {
    holds(rules, item, fc.integer({ min: 1, max: 9 }), (given, values, more) => {
      const before = stateOf(given, values);
      const after = stateOf({ ...given, maxVotes: Math.max(given.maxVotes, values.votes) + more }, values);
      const byRule = stateOf({ ...given, maxVotes: 1_000_000 }, values) === DONE;
      return after === (byRule ? DONE : OPEN) && (before !== CONTESTED || after === OPEN);
    });
  });

  it('opens by raising the confidence that is asked for, if there are votes left', () => {
    holds(plain.filter(({ confidence }) => confidence != null && confidence < 1), item, fc.nat(), (given, values) => {
      const after = stateOf({ ...given, confidence: 1 }, { ...values, confidence: 0.999 });
      return after === (values.votes >= given.maxVotes ? CONTESTED : OPEN);
    });
  });

  it('waits for minVotes before the confidence counts, and not for a done rule', () => {
    const given = { minVotes: 3, maxVotes: 5, confidence: 0.9, doneRule: null };
    expect([2, 3].map((votes) => stateOf(given, { votes, confidence: 0.9 }))).toEqual([OPEN, DONE]);
    expect(stateOf({ ...given, doneRule: 'confidence > 0.5' }, { votes: 1, confidence: 0.9 })).toBe(DONE);
  });

  it('follows the done rule in place of the confidence', () => {
    const given = { minVotes: 1, maxVotes: 4, confidence: 0.5, doneRule: DONE_RULE };
    expect(stateOf(given, { votes: 3, confidence: 0.9, topTwoGap: 0.5 })).toBe(OPEN);
    expect(stateOf(given, { votes: 3, confidence: 0.9, topTwoGap: 0.7 })).toBe(DONE);
    expect(stateOf(given, { votes: 4, confidence: 0.9, topTwoGap: 0.5 })).toBe(CONTESTED);
  });

  it('without a rule is DONE at maxVotes, be the label known or not', () => {
    const given = { minVotes: 1, maxVotes: 3, confidence: null, doneRule: null };
    expect([0, 2, 3, 4].map((votes) => stateOf(given, { votes, confidence: NaN }))).toEqual([OPEN, OPEN, DONE, DONE]);
  });

  it('is CONTESTED with maxVotes while the confidence is not known', () => {
    const given = { minVotes: 1, maxVotes: 3, confidence: 0.9, doneRule: null };
    expect([2, 3].map((votes) => stateOf(given, { votes, confidence: NaN }))).toEqual([OPEN, CONTESTED]);
  });
});
