import type { AggregationInput } from '../method.js';
import { mathjs } from '../numeric/mathjs.js';
import { permutation, uniformSource } from '../numeric/sampling.js';
import { annotatorDraws } from './majority-vote/annotator-draws.js';
import { judgePatterns, judgeVotes, majorities, meanRegret } from './majority-vote/judgement.js';

export type MajorityVoteVerdict = 'MV_OPTIMAL_UNDER_MODEL' | 'MV_NOT_OPTIMAL_UNDER_MODEL' | 'INSUFFICIENT_DATA';

export interface CertificateOptions {
  /** Crowds drawn from the fitted model, default 200. */
  draws?: number;
  /** Items looked at, chosen at random where there are more, default 20,000. */
  maxItems?: number;
  /** Default 0. */
  seed?: number;
}

/** A figure with the interval that holds it in 95% of the drawn crowds. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface MajorityVoteCertificate {
  verdict: MajorityVoteVerdict;
  /**
   * P(holds): the chance that majority vote is the best decision on an item, over items and drawn crowds. Two classes: best on
   * every pattern of votes that the item's own annotators could give. More classes: best for the votes they gave, where these
   * are not tied.
   */
  holds: number;
  /** Share of those items on which at least 95% of the drawn crowds say that majority vote is not the best decision. */
  refuted: number;
  /** How much more accurate the best decision would be, over all items looked at: mean of (max_k P_ik - P_i,majority), ties split evenly. */
  regret: Estimate;
  /** Share of the voted items whose most voted class is shared. */
  tieRate: number;
  votedItems: number;
  evaluatedItems: number;
  draws: number;
  /** What the verdict rests on, and what to do about it, in words. */
  assumption: string;
  advice: string;
}

const enough = 0.95;
const assumption = 'Votes are independent of each other given the true class (no shared mistakes, no hard items), and annotators are as iBCC sees them.';

/**
 * Is majority vote already the best that can be done with these votes? Fits iBCC, draws crowds from what it learned of the
 * annotators, and asks each of them. The verdict is yes when P(holds) is at least 0.95; no when more than 5% of the items are
 * refuted; and else that the data do not tell: crowds that are equally possible then say different things of the same item. It
 * informs, and nothing should switch methods because of it: on real sets the estimated regret hardly ranked the true gains.
 *
 * Source: "The Majority Vote Paradigm Shift: When Popular Meets Optimal" (2025).
 * Cost: one iBCC run, and for each draw O(evaluated votes x K + annotators' used classes x K).
 * @throws RangeError naming the option, its value and the limits.
 */
export function majorityVoteCertificate(input: AggregationInput, options: CertificateOptions = {}): MajorityVoteCertificate {
  const { draws = 200, maxItems = 20_000, seed = 0 } = options;
  for (const [name, value, most] of [['draws', draws, 100_000], ['maxItems', maxItems, 2 ** 31 - 1]] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most) throw new RangeError(`${name} is ${value}; it must be a whole number from 1 to ${most}`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);

  const { votes } = input;
  const tallies = majorities(votes);
  const evaluated = chooseItems(tallies.voted, maxItems, seed);
  const shape = { tieRate: tallies.tied.size / tallies.voted.length, votedItems: tallies.voted.length, evaluatedItems: evaluated.length, draws, assumption };
  if (tallies.compared === 0) {
    const regret = { mean: NaN, low: NaN, high: NaN };
    return { verdict: 'INSUFFICIENT_DATA', holds: NaN, refuted: NaN, regret, ...shape, advice: 'No item has two votes to compare: collect more votes an item.' };
  }

  const { rows, draw } = annotatorDraws(input, draws, uniformSource(seed, 1));
  const judged = votes.classCount === 2 ? evaluated : evaluated.filter((item) => !tallies.tied.has(item));
  const heldDraws = new Int32Array(judged.length);
  const regrets = new Float64Array(draws);
  for (let d = 0; d < draws; d++) {
    const crowd = draw();
    if (votes.classCount === 2) judgePatterns(votes, rows, judged, crowd, heldDraws);
    else judgeVotes(votes, rows, judged, crowd, heldDraws);
    regrets[d] = meanRegret(votes, rows, evaluated, crowd);
  }
  const holds = heldDraws.reduce((sum, held) => sum + held, 0) / (draws * judged.length);
  const refuted = heldDraws.filter((held) => held <= (1 - enough) * draws).length / judged.length;
  const regret = estimate(regrets);
  const verdict = holds >= enough ? 'MV_OPTIMAL_UNDER_MODEL' : refuted > 1 - enough ? 'MV_NOT_OPTIMAL_UNDER_MODEL' : 'INSUFFICIENT_DATA';
  return { verdict, holds, refuted, regret, ...shape, advice: adviceFor(verdict, regret) };
}

function adviceFor(verdict: MajorityVoteVerdict, regret: Estimate): string {
  switch (verdict) {
    case 'MV_OPTIMAL_UNDER_MODEL':
      return 'Beyond breaking ties, weighing annotators would change next to no decision; it still calibrates the probabilities.';
    case 'MV_NOT_OPTIMAL_UNDER_MODEL':
      return `Under the model the best decisions are right on ${percentOf(regret.mean)} more of the items (${percentOf(regret.low)} to ${percentOf(regret.high)}). Confirm with gold answers before changing the method.`;
    case 'INSUFFICIENT_DATA':
      return 'The votes leave the annotators too uncertain to tell: collect more votes an annotator, or gold answers.';
  }
}

function percentOf(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

function chooseItems(voted: number[], most: number, seed: number): number[] {
  if (voted.length <= most) return voted;
  return Array.from(permutation(uniformSource(seed, 2), voted.length).subarray(0, most), (rank) => voted[rank]!).sort((x, y) => x - y);
}

function estimate(values: Float64Array): Estimate {
  const [low, high] = mathjs().quantileSeq(Array.from(values), [0.025, 0.975]) as unknown as [number, number];
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, low, high };
}
