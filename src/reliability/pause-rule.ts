import { compileRule } from '../rules/compile-rule.js';
import { ruleKinds, type AnnotatorQuantities } from '../rules/quantities.js';
import type { Figures } from './figures.js';

/** Somebody whom the project's rule would pause. */
export interface ProposedPause {
  code: number;
  /** The rule, and the quantities it names as they are. */
  reason: string;
}

/** Those for whom the rule is true. @throws RuleError for a text that is no rule. */
export function proposePauses(text: string, figures: readonly Figures[]): ProposedPause[] {
  const rule = compileRule('pause', text, null);
  const named = ruleKinds.pause.quantities.map((quantity) => quantity.name).filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return figures.flatMap((one) => {
    const values = quantitiesOf(one);
    if (!rule.evaluate(values)) return [];
    return [{ code: one.code, reason: `the project's pause rule ${text}: ${named.map((name) => `${name} ${shown(values[name])}`).join(', ')}` }];
  });
}

/** What a pause rule reads; NaN where it is not known. */
export function quantitiesOf(figures: Figures): AnnotatorQuantities {
  const { accuracy, goldAccuracy } = figures;
  return {
    votes: figures.votes, skips: figures.skips,
    accuracy: accuracy.value, accuracyLow: accuracy.low, accuracyHigh: accuracy.high,
    goldVotes: figures.goldVotes, goldAccuracy: goldAccuracy.value, goldAccuracyLow: goldAccuracy.low, goldAccuracyHigh: goldAccuracy.high,
    agreement: figures.agreement, chance: figures.chance,
    topClassShare: figures.topClassVotes / figures.votes, medianSeconds: figures.medianSeconds,
    recentVotes: figures.recentVotes, recentAccuracy: figures.recentAccuracy,
  };
}

function shown(value: number): string {
  return Number.isNaN(value) ? 'unknown' : String(Number(value.toPrecision(3)));
}
