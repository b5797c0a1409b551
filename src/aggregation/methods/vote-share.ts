import { passes } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { countTies } from '../numeric/simplex.js';
import { countedVotes, weightedShares } from '../numeric/weighted-vote.js';

/**
 * The share of an item's votes that each class got: the empirical distribution, every annotator trusted alike. A candidate
 * set of s classes counts 1/s for each of them; an item without votes has 1/K everywhere.
 */
export const voteShare: AggregationMethod = {
  id: 'vote-share',
  version: 1,
  title: 'Vote shares',
  source: 'Uma et al., "Learning from Disagreement: A Survey" (JAIR 2021), where they are the standard soft labels',
  reads: ['votes', 'candidate-sets'],
  options: [],
  cost: 'O(votes + items x K), one pass',
  estimate: passes(2),
  returns: ['posteriors'],
  run({ votes }) {
    const posteriors = weightedShares(countedVotes(votes));
    return { posteriors, diagnostics: { iterations: 1, converged: true, trace: [], ties: countTies(posteriors, votes.classCount), warnings: [] } };
  },
};
