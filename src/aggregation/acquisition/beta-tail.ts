import { betaCdf } from '../numeric/special-functions.js';
import type { AcquisitionScore } from './score.js';

/**
 * Label uncertainty after Sheng, Provost & Ipeirotis: the chance, under a uniform prior on the shares of the classes, that
 * the item's second most voted class is in truth the more frequent: the tail of Beta(first + 1, second + 1) below one half.
 * The paper has two classes; of more, the two most voted are compared, whose shares have just this distribution.
 * With predictions, times the models' uncertainty (1 - their mean probability of the class they find likeliest), square root.
 */
export const betaTail: AcquisitionScore = {
  id: 'beta-tail',
  version: 1,
  title: 'Beta tail',
  source: 'Sheng, Provost & Ipeirotis, Get another label? Improving data quality and data mining using multiple, noisy labelers (2008)',
  reads: ['votes', 'predictions?'],
  per: 'item',
  first: 'highest',
  meaning: 'chance that the runner-up is the better class, 0 to 0.5; with predictions the geometric mean with the models\' uncertainty',
  score({ votes, predictions }) {
    const { itemCount, classCount: K, itemOffsets, classes } = votes;
    const scores = new Float64Array(itemCount);
    const counts = new Int32Array(K);
    const tails = new Map<number, number>();
    for (let item = 0; item < itemCount; item++) {
      const first = itemOffsets[item]!;
      const end = itemOffsets[item + 1]!;
      let most = 0;
      let second = 0;
      for (let v = first; v < end; v++) counts[classes[v]!]!++;
      for (let v = first; v < end; v++) {
        const count = counts[classes[v]!]!;
        counts[classes[v]!] = 0; // each class is met once
        if (count > most) {
          second = most;
          most = count;
        } else if (count > second) second = count;
      }
      scores[item] = tailOf(most, second);
    }
    if (predictions) for (let item = 0; item < itemCount; item++) scores[item] = Math.sqrt(scores[item]! * uncertainty(item));
    return scores;

    /** Few pairs of counts occur, so each tail is computed once. */
    function tailOf(most: number, second: number): number {
      const key = most * (votes.voteCount + 1) + second;
      let tail = tails.get(key);
      if (tail === undefined) tails.set(key, (tail = betaCdf(0.5, most + 1, second + 1)));
      return tail;
    }

    function uncertainty(item: number): number {
      let best = 0;
      for (let at = item * K; at < (item + 1) * K; at++) {
        let sum = 0;
        for (const rows of predictions!) sum += rows[at]!;
        best = Math.max(best, sum / predictions!.length);
      }
      return Math.max(0, 1 - best);
    }
  },
};
