import { uniformSource } from '../numeric/sampling.js';
import type { AcquisitionScore } from './score.js';

export const random: AcquisitionScore = {
  id: 'random',
  version: 1,
  title: 'Random',
  source: 'the control of every comparison of policies',
  reads: ['votes', 'seed'],
  per: 'item',
  first: 'lowest',
  meaning: 'a uniform number from 0 to 1, of the seed and the item alone: items that come later leave the order of the others',
  score: ({ votes, seed, itemNumbers }) => Float64Array.from({ length: votes.itemCount }, (_, item) => uniformSource(seed!, itemNumbers?.[item] ?? item)()),
};
