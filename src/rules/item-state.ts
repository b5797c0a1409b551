import { compileRule } from './compile-rule.js';
import type { ClassFigures, NamedClasses } from './class-figures.js';
import type { ItemQuantities } from './quantities.js';

/** As in `item_counts.state`. */
export enum ItemState {
  OPEN = 0,
  DONE = 1,
  CONTESTED = 2,
  ADJUDICATED = 3,
}

export interface StateRules {
  minVotes: number;
  maxVotes: number;
  /** Least confidence of an item that is done; null: an item is done at maxVotes. */
  confidence: number | null;
  /** Takes the place of minVotes and confidence. */
  doneRule: string | null;
}

/**
 * An item's life by the rules, as a function of what is known of it now and of nothing that was before: it follows rules that
 * change, and an item whose votes are withdrawn opens again.
 *
 * - A known answer: ADJUDICATED.
 * - The done rule is true, or without one, minVotes are there and the confidence is reached: DONE.
 * - maxVotes are there: CONTESTED if there is a rule that it fails, else DONE.
 *
 * @returns the state of one item; allocates nothing, and does not keep the values. A confidence of NaN is unknown and never reached.
 * @throws RuleError if the done rule is none
 */
export function itemStates({ minVotes, maxVotes, confidence, doneRule }: StateRules, classes: NamedClasses | null): (values: Readonly<ItemQuantities>, isGold: boolean, figures?: ClassFigures) => ItemState {
  const rule = doneRule == null ? null : compileRule('done', doneRule, classes);
  const atMaximum = rule || confidence != null ? ItemState.CONTESTED : ItemState.DONE;
  return (values, isGold, figures) => {
    if (isGold) return ItemState.ADJUDICATED;
    const isDone = rule ? rule.evaluate(values, figures) : confidence != null && values.votes >= minVotes && values.confidence >= confidence;
    if (isDone) return ItemState.DONE;
    return values.votes >= maxVotes ? atMaximum : ItemState.OPEN;
  };
}
