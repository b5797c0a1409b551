import { ClassNames } from '../../projects/class-names.js';
import { compileRule } from '../../rules/compile-rule.js';
import { ItemState, itemStates } from '../../rules/item-state.js';
import type { ItemFacts, ItemRules } from './item-facts.js';
import { itemQuantities, pooledGains, type PooledParameters } from './quantities.js';

/** What the rules make of items. */
export interface Judgement {
  /** T: ItemState. */
  states: Uint8Array;
  flagged: Uint8Array;
  /** T: 1 for an open item whose votes and live leases are below the maximum. */
  hasRoom: Uint8Array;
  /** T: by the priority rule; null where there is none. */
  worths: Float64Array | null;
  /** Mean expected gain over the open items, in nats; null before the first run and where none is open. */
  meanGain: number | null;
}

/** O(votes + T x K). @param run null before the first run */
export function judge(facts: ItemFacts, rules: ItemRules, run: PooledParameters | null): Judgement {
  const { votes, leases, gold, posteriors, codes } = facts;
  const gains = run ? pooledGains(votes, posteriors, run) : null;
  const quantitiesOf = itemQuantities(facts, rules, gains);
  const names = rules.doneRule == null && rules.flagRule == null && rules.priorityRule == null ? null : new ClassNames(rules.classes);
  const stateOf = itemStates(rules, names);
  const flags = rules.flagRule == null ? null : compileRule('flag', rules.flagRule, names);
  const worth = rules.priorityRule == null ? null : compileRule('priority', rules.priorityRule, names);
  const states = new Uint8Array(codes.length);
  const flagged = new Uint8Array(codes.length);
  const hasRoom = new Uint8Array(codes.length);
  const worths = worth && new Float64Array(codes.length);
  let gained = 0;
  let open = 0;
  for (let item = 0; item < codes.length; item++) {
    const { values, figures } = quantitiesOf(item);
    states[item] = stateOf(values, gold[item]! >= 0, figures);
    if (flags?.evaluate(values, figures)) flagged[item] = 1;
    if (worths) worths[item] = worth.evaluate(values, figures);
    if (states[item] !== ItemState.OPEN) continue;
    open++;
    if (gains) gained += gains[item]!;
    if (values.votes + leases[item]! < rules.maxVotes) hasRoom[item] = 1;
  }
  return { states, flagged, hasRoom, worths, meanGain: gains && open > 0 ? gained / open : null };
}
