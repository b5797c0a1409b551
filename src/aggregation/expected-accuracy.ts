import type { VoteTable } from './vote-table.js';

/**
 * M numbers: the mean over an annotator's votes of the posterior of the class voted for (of a candidate set, the sum over it);
 * NaN without votes.
 */
export function expectedAccuracy(votes: VoteTable, posteriors: Float64Array): Float64Array {
  const { items, annotators, classes, candidateSets: sets, classCount: K } = votes;
  const right = new Float64Array(votes.annotatorCount);
  const given = new Float64Array(votes.annotatorCount);
  for (let vote = 0; vote < votes.voteCount; vote++) {
    const annotator = annotators[vote]!;
    const at = items[vote]! * K;
    const code = classes[vote]!;
    given[annotator]!++;
    if (code < K) right[annotator]! += posteriors[at + code]!;
    else for (let m = sets!.offsets[code - K]!; m < sets!.offsets[code - K + 1]!; m++) right[annotator]! += posteriors[at + sets!.classes[m]!]!;
  }
  return right.map((sum, annotator) => sum / given[annotator]!);
}
