import type { AggregationInput, Progress } from '../method.js';
import { quantiles } from '../numeric/quantiles.js';
import { permutation, uniformSource } from '../numeric/sampling.js';
import type { VoteTable } from '../vote-table.js';
import { annotatorDraws } from './majority-vote/annotator-draws.js';
import { judgePatterns, judgeVotes, majorities } from './majority-vote/judgement.js';

/** Raised with whatever gives other bits for the same votes, options and seed. */
export const certificateVersion = 1;

export type MajorityVoteVerdict = 'MV_OPTIMAL_UNDER_MODEL' | 'MV_NOT_OPTIMAL_UNDER_MODEL' | 'INSUFFICIENT_DATA';

export interface CertificateOptions {
  /** Crowds drawn from the fitted model, default 200. */
  draws?: number;
  /**
   * Items looked at, chosen at random where there are more. By default 20,000, and fewer where they would take more than
   * 1e8 numbers (draws x their votes x K): with 500 classes and 5 votes an item 200.
   */
  maxItems?: number;
  /** Default 0. */
  seed?: number;
  /** Called with each iteration of the fit, then with each draw; what it throws ends the work. */
  onProgress?: (progress: Progress) => void;
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
   * are not tied. NaN where there is no such item.
   */
  holds: number;
  /** Share of those items on which at least 95% of the drawn crowds say that majority vote is not the best decision; NaN as above. */
  refuted: number;
  /**
   * How much more accurate the best decision would be, over all items looked at: mean of (max_k P_ik - P_i,majority), ties split
   * evenly. NaN where no crowd was drawn.
   */
  regret: Estimate;
  /** Share of the voted items whose most voted class is shared; NaN without votes. */
  tieRate: number;
  votedItems: number;
  evaluatedItems: number;
  /** Crowds that were drawn; 0 where no item has two votes. */
  draws: number;
  /** What the verdict rests on, and what to do about it, in words. */
  assumption: string;
  advice: string;
}

const enough = 0.95;
const assumption = 'Votes are independent of each other given the true class (no shared mistakes, no hard items), and annotators are as iBCC sees them.';

const defaultItems = 20_000;
/** draws x votes x K. By default some seconds; at most some minutes. */
const defaultWork = 1e8;
const mostWork = 5e9;

/**
 * Is majority vote already the best that can be done with these votes? Fits iBCC, draws crowds from what it learned of the
 * annotators, and asks each of them. The verdict is yes when P(holds) is at least 0.95; no when more than 5% of the items are
 * refuted; and else that the data do not tell: crowds that are equally possible then say different things of the same item. It
 * informs, and nothing should switch methods because of it: on real sets the estimated regret hardly ranked the true gains.
 *
 * Source: "The Majority Vote Paradigm Shift: When Popular Meets Optimal" (2025).
 * Cost: one iBCC run, and for each draw O(votes on the items looked at x K).
 * @throws RangeError naming the option, its value and the limits; also for draws x votes x K above 5e9. As `checkInput` for bad gold.
 */
export function majorityVoteCertificate(input: AggregationInput, options: CertificateOptions = {}): MajorityVoteCertificate {
  const { draws = 200, maxItems, seed = 0, onProgress } = options;
  for (const [name, value, most] of [['draws', draws, 100_000], ['maxItems', maxItems ?? 1, 2 ** 31 - 1]] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most) throw new RangeError(`${name} is ${value}; it must be a whole number from 1 to ${most}`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);

  const { votes } = input;
  const tallies = majorities(votes);
  const { items, voteCount } = chooseItems(votes, tallies.voted, maxItems ?? defaultItems, maxItems == null ? defaultWork / (draws * votes.classCount) : Infinity, seed);
  const shape = { tieRate: tallies.tied.size / tallies.voted.length, votedItems: tallies.voted.length, assumption };
  if (tallies.compared === 0) {
    const regret = { mean: NaN, low: NaN, high: NaN };
    return { verdict: 'INSUFFICIENT_DATA', holds: NaN, refuted: NaN, regret, ...shape, evaluatedItems: 0, draws: 0, advice: 'No item has two votes to compare: collect more votes an item.' };
  }
  const work = draws * voteCount * votes.classCount;
  if (work > mostWork) {
    throw new RangeError(`${draws} draws for ${voteCount} votes over ${votes.classCount} classes take ${work.toPrecision(2)} numbers, more than ${mostWork}; make at most ${Math.floor((mostWork * draws) / work)} draws, or look at fewer items (maxItems)`);
  }

  const { rows, draw } = annotatorDraws(input, items, uniformSource(seed, 1), onProgress);
  const ofPatterns = votes.classCount === 2;
  const heldDraws = new Int32Array(items.length);
  const regrets = new Float64Array(draws);
  for (let d = 0; d < draws; d++) {
    const crowd = draw();
    regrets[d] = judgeVotes(votes, rows, items, crowd, ofPatterns ? null : heldDraws);
    if (ofPatterns) judgePatterns(votes, rows, items, crowd, heldDraws);
    onProgress?.({ phase: 'draws', iteration: d + 1 });
  }
  const judged = ofPatterns ? heldDraws : heldDraws.filter((_, rank) => !tallies.tied.has(items[rank]!));
  const holds = judged.reduce((sum, held) => sum + held, 0) / (draws * judged.length);
  const refuted = judged.filter((held) => held <= (1 - enough) * draws).length / judged.length;
  const regret = estimate(regrets);
  const verdict = holds >= enough ? 'MV_OPTIMAL_UNDER_MODEL' : refuted > 1 - enough ? 'MV_NOT_OPTIMAL_UNDER_MODEL' : 'INSUFFICIENT_DATA';
  const advice = judged.length === 0 ? 'Every item is tied, so that no majority can be judged: collect more votes an item.' : adviceFor(verdict, regret);
  return { verdict, holds, refuted, regret, ...shape, evaluatedItems: items.length, draws, advice };
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

/** At most `most` of the items, with no more than `mostVotes` votes, and one at least: at random where not all fit. In order, with their votes. */
function chooseItems({ itemOffsets }: VoteTable, voted: number[], most: number, mostVotes: number, seed: number): { items: number[]; voteCount: number } {
  const votesOf = (item: number) => itemOffsets[item + 1]! - itemOffsets[item]!;
  const all = voted.reduce((sum, item) => sum + votesOf(item), 0);
  if (voted.length <= most && all <= mostVotes) return { items: voted, voteCount: all };
  const items: number[] = [];
  let voteCount = 0;
  for (const rank of permutation(uniformSource(seed, 2), voted.length)) {
    const count = votesOf(voted[rank]!);
    if (items.length === most || (items.length > 0 && voteCount + count > mostVotes)) break;
    items.push(voted[rank]!);
    voteCount += count;
  }
  return { items: items.sort((x, y) => x - y), voteCount };
}

function estimate(values: Float64Array): Estimate {
  const [low, high] = quantiles(values, [0.025, 0.975]) as [number, number];
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, low, high };
}
