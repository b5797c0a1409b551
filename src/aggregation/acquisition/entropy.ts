import { entropy } from '../numeric/simplex.js';
import type { AcquisitionScore } from './score.js';

export const entropyScore: AcquisitionScore = {
  id: 'entropy',
  version: 1,
  title: 'Entropy',
  source: 'Dagan & Engelson, Committee-based sampling for training probabilistic classifiers (1995)',
  reads: ['posteriors'],
  per: 'item',
  first: 'highest',
  meaning: "entropy of the item's soft label in nats, 0 to ln K",
  score: ({ votes, posteriors }) => Float64Array.from({ length: votes.itemCount }, (_, item) => entropy(posteriors!, item * votes.classCount, votes.classCount)),
};
