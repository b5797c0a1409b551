import type { AcquisitionScore } from './score.js';

export const fewestVotes: AcquisitionScore = {
  id: 'fewest-votes',
  version: 1,
  title: 'Fewest votes',
  source: 'breadth first: what a platform without scores does',
  reads: ['votes'],
  per: 'item',
  first: 'lowest',
  meaning: 'how many votes the item has',
  score: ({ votes: { itemCount, itemOffsets } }) => Float64Array.from({ length: itemCount }, (_, item) => itemOffsets[item + 1]! - itemOffsets[item]!),
};
