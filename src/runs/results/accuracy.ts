import type { VoteTable } from '../../aggregation/index.js';

/**
 * M numbers: the mean, over an annotator's votes, of the posterior of the class voted for. It is the share of right votes
 * that the run expects, whatever the method, and takes the votes' own part in the posterior along: with few votes an item it
 * is too high, most of all at one vote an item. NaN without votes.
 */
export function expectedAccuracy(votes: VoteTable, posteriors: Float64Array): Float64Array {
  const { items, annotators, classes, voteCount, annotatorCount, classCount: K } = votes;
  const right = new Float64Array(annotatorCount);
  const given = new Float64Array(annotatorCount);
  for (let vote = 0; vote < voteCount; vote++) {
    const annotator = annotators[vote]!;
    right[annotator]! += posteriors[items[vote]! * K + classes[vote]!]!;
    given[annotator]!++;
  }
  for (let annotator = 0; annotator < annotatorCount; annotator++) right[annotator]! /= given[annotator]!;
  return right;
}

/** The standard normal's 97.5% point. */
const Z = 1.959963984540054;

/**
 * The 95% score interval of a share (Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22,
 * 1927): it keeps within 0 and 1 and makes sense from one vote on, and takes a share that is not a whole count.
 */
export function wilsonInterval(share: number, count: number): { low: number; high: number } {
  const shrink = 1 + (Z * Z) / count;
  const middle = (share + (Z * Z) / (2 * count)) / shrink;
  const half = (Z / shrink) * Math.sqrt((share * (1 - share)) / count + (Z * Z) / (4 * count * count));
  // A share of 1 may come as 1 + 1e-16: never let rounding leave [0, 1], nor the share its interval.
  return { low: Math.max(0, Math.min(share, middle - half)), high: Math.min(1, Math.max(share, middle + half)) };
}
