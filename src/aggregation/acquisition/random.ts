import { uniformSource } from '../numeric/sampling.js';
import type { AcquisitionScore } from './score.js';

/**
 * Every vote goes to a random item: each item has a Poisson process of its own, of rate 1, and its score is the moment of its
 * next arrival, that of number votes + 1. To take the earliest again and again is to draw an item evenly each time. One
 * number an item for good would fill the same items to the last vote instead.
 */
export const random: AcquisitionScore = {
  id: 'random',
  version: 2,
  title: 'Random',
  source: 'the control of every comparison of policies',
  reads: ['votes', 'seed'],
  per: 'item',
  first: 'lowest',
  meaning: "the moment of the item's next vote if votes came at random, 0 or more; of the seed, the item and its votes alone: items that come later leave the order of the others",
  score({ votes, seed, itemNumbers }) {
    const { itemCount, itemOffsets } = votes;
    return Float64Array.from({ length: itemCount }, (_, item) => {
      const uniform = uniformSource(seed!, itemNumbers?.[item] ?? item);
      let moment = 0;
      for (let vote = itemOffsets[item]!; vote <= itemOffsets[item + 1]!; vote++) moment -= Math.log(uniform());
      return moment;
    });
  },
};
