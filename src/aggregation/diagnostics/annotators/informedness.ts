import type { VoteEvidence } from './evidence.js';

/** Share of an annotator's answers that follow the truth, from -1 or so (systematically wrong) over 0 (never looks) to 1. */
export interface Informedness {
  /** NaN where the others know nothing of any of the items. */
  value: number;
  /** Standard error as the residuals show it (White's); Infinity below 3 votes. */
  error: number;
  /** sum knowable, and the sum of its squares: what the votes could tell. */
  weight: number;
  weightSquares: number;
}

/** Of the votes from `from` up to `to` of one annotator, in O(to - from). */
export function informedness({ told, knowable }: Pick<VoteEvidence, 'told' | 'knowable'>, from: number, to: number): Informedness {
  let sum = 0;
  let weight = 0;
  let weightSquares = 0;
  for (let vote = from; vote < to; vote++) {
    sum += told[vote]!;
    weight += knowable[vote]!;
    weightSquares += knowable[vote]! ** 2;
  }
  const count = to - from;
  const value = weight > 1e-9 ? sum / weight : NaN;
  let squares = 0;
  for (let vote = from; vote < to; vote++) squares += (told[vote]! - value * knowable[vote]!) ** 2;
  const error = count > 2 && weight > 1e-9 ? Math.sqrt((squares * count) / (count - 2)) / weight : Infinity;
  return { value, error, weight, weightSquares };
}

/**
 * The standard error if a share `share` of the votes knew the truth and nothing else were uncertain: residuals of few votes, or of an
 * annotator who always gives the same answer, may show less.
 */
export function errorAt({ weight, weightSquares }: Informedness, share: number): number {
  return weight > 1e-9 ? Math.sqrt(share * (1 - share) * weightSquares) / weight : Infinity;
}
