import { passes } from '../numeric/cost.js';
import type { AggregationMethod } from '../method.js';
import { countTies, softmaxRow } from '../numeric/simplex.js';
import { countedVotes } from '../numeric/weighted-vote.js';

/**
 * exp(n_k) / sum over l of exp(n_l) of the item's vote counts. No class gets 0, and two votes of two are surer than one of
 * one. A candidate set of s classes counts 1/s for each of them; an item without votes has 1/K everywhere.
 */
export const softmax: AggregationMethod = {
  id: 'softmax',
  version: 1,
  title: 'Softmax of vote counts',
  source: 'Uma et al., "A Case for Soft Loss Functions" (HCOMP 2020)',
  reads: ['votes', 'candidate-sets'],
  options: [],
  cost: 'O(votes + items x K), one pass',
  estimate: passes(4),
  returns: ['posteriors'],
  run({ votes }) {
    const { itemCount, classCount: K } = votes;
    const { itemOffsets, classes, counts } = countedVotes(votes);
    const posteriors = new Float64Array(itemCount * K);
    for (let i = 0; i < itemCount; i++) {
      for (let v = itemOffsets[i]!; v < itemOffsets[i + 1]!; v++) posteriors[i * K + classes[v]!]! += counts[v]!;
      softmaxRow(posteriors, i * K, K);
    }
    return { posteriors, diagnostics: { iterations: 1, converged: true, trace: [], ties: countTies(posteriors, K), warnings: [] } };
  },
};
