import { passes } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { countTies, tiedClasses } from '../numeric/simplex.js';
import type { VoteTable } from '../vote-table.js';
import { voteShares } from '../vote-shares.js';

/** The share of an item's votes that each class has; its argmax is the plurality. */
export const majorityVote: AggregationMethod = {
  id: 'majority-vote',
  version: 1,
  title: 'Majority vote',
  source: 'Folklore; ties are reported, and split evenly where annotators are scored',
  reads: ['votes', 'gold', 'candidate-sets'],
  options: [],
  cost: 'O(votes + items x K), one pass',
  estimate: passes(2),
  returns: ['posteriors', 'quality'],
  quality: "share of the annotator's votes that name the item's most voted class, an item with t tied classes counting 1/t; 0 to 1",
  run({ votes, gold }) {
    const posteriors = voteShares(votes, gold);
    return {
      posteriors,
      annotatorQuality: agreement(votes, posteriors),
      diagnostics: { iterations: 1, converged: true, trace: [], ties: countTies(posteriors, votes.classCount), warnings: [] },
    };
  },
};

/** Mean over the annotator's votes of 1/t where the vote is among the t best classes of its item, else 0; a set's members share a vote. */
function agreement({ itemOffsets, annotators, classes, candidateSets, itemCount, annotatorCount, classCount: K }: VoteTable, shares: Float64Array): Float64Array {
  const agreed = new Float64Array(annotatorCount);
  const given = new Float64Array(annotatorCount);
  for (let item = 0; item < itemCount; item++) {
    const row = shares.subarray(item * K, (item + 1) * K);
    const tied = tiedClasses(row, 0, K);
    const least = Math.max(...row) * (1 - 1e-9);
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      const label = classes[vote]!;
      given[annotators[vote]!]!++;
      if (label < K) {
        if (row[label]! >= least) agreed[annotators[vote]!]! += 1 / tied;
        continue;
      }
      const { offsets, classes: members } = candidateSets!;
      const size = offsets[label - K + 1]! - offsets[label - K]!;
      for (let m = 0; m < size; m++) if (row[members[offsets[label - K]! + m]!]! >= least) agreed[annotators[vote]!]! += 1 / tied / size;
    }
  }
  return agreed.map((sum, annotator) => sum / given[annotator]!);
}
