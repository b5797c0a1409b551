import type { AcquisitionScore } from './score.js';

export const leastConfidence: AcquisitionScore = {
  id: 'least-confidence',
  version: 1,
  title: 'Least confidence',
  source: 'Lewis & Gale, A sequential algorithm for training text classifiers (1994)',
  reads: ['posteriors'],
  per: 'item',
  first: 'highest',
  meaning: "1 minus the largest probability of the item's soft label, 0 to 1 - 1/K",
  score({ votes: { itemCount, classCount: K }, posteriors }) {
    const scores = new Float64Array(itemCount);
    for (let item = 0; item < itemCount; item++) {
      let most = 0;
      for (let at = item * K; at < (item + 1) * K; at++) if (posteriors![at]! > most) most = posteriors![at]!;
      scores[item] = 1 - most;
    }
    return scores;
  },
};
