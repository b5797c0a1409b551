import type { VoteEvidence } from './evidence.js';
import { informedness } from './informedness.js';

export interface Drift {
  /** Standard normal while nothing changes; the more above 0, the more the later votes are worse than the earlier ones. */
  statistic: number;
  /** The vote's place from which on the votes are worse, where the break shows best. */
  since: number;
  /** Informedness of the votes before and from there on. */
  before: number;
  after: number;
}

/**
 * Whether an annotator's votes get worse with time: the score test of a linear trend in their informedness lambda, on the
 * residuals told - lambda x knowable against the votes' order, with White's variance. A vote's order is taken from its weighted
 * mean, so that the estimate of lambda costs nothing. Against a steady fall it needs half the votes that the greatest height of
 * the residuals' cumulative sum (CUSUM) needs, and no more against a sudden one. The cumulative sum tells from when on: it is
 * highest at the break (Ploberger and Kraemer, "The CUSUM test with OLS residuals", Econometrica 60, 1992).
 * @returns null where the votes tell too little to see anything, or no first part of them is better than the rest
 */
export function drift(evidence: Pick<VoteEvidence, 'told' | 'knowable'>, from: number, to: number): Drift | null {
  const { told, knowable } = evidence;
  const { value, weight } = informedness(evidence, from, to);
  if (Number.isNaN(value)) return null;
  let middle = 0;
  for (let vote = from; vote < to; vote++) middle += ((vote - from) * knowable[vote]!) / weight;
  let score = 0;
  let variance = 0;
  let sum = 0;
  let highest = 0;
  let since = from;
  for (let vote = from; vote < to; vote++) {
    const residual = told[vote]! - value * knowable[vote]!;
    const term = (middle - (vote - from)) * residual;
    score += term;
    variance += term * term;
    sum += residual;
    if (sum <= highest || vote + 1 === to) continue;
    highest = sum;
    since = vote + 1;
  }
  if (since === from || variance <= 1e-12) return null;
  return {
    statistic: score / Math.sqrt(variance),
    since,
    before: informedness(evidence, from, since).value,
    after: informedness(evidence, since, to).value,
  };
}
