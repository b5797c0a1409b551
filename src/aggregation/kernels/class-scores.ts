import { fastExp } from '../numeric/exp.js';

/**
 * Turns an item's K log weights into its row of posteriors and clears them for the next item. A class nobody voted for has
 * weight 0 in `scores`, and its exponential is taken once for all such classes. A gold answer (not -1) makes the row certain.
 * @returns the log of the sum of exp(score), or the gold answer's score.
 */
export function settleScores(scores: Float64Array, posteriors: Float64Array, row: number, K: number, gold: number): number {
  if (gold >= 0) {
    const score = scores[gold]!;
    posteriors.fill(0, row, row + K);
    posteriors[row + gold] = 1;
    scores.fill(0);
    return score;
  }
  let max = -Infinity;
  for (let k = 0; k < K; k++) if (scores[k]! > max) max = scores[k]!;
  const unvoted = fastExp(-max);
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const weight = scores[k] === 0 ? unvoted : fastExp(scores[k]! - max);
    posteriors[row + k] = weight;
    sum += weight;
    scores[k] = 0;
  }
  const scale = 1 / sum;
  for (let k = 0; k < K; k++) posteriors[row + k]! *= scale;
  return max + Math.log(sum);
}
