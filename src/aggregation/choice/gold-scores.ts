import { meanOf, type Bounded } from '../numeric/bounded-mean.js';
import { calibration } from '../numeric/calibration.js';
import { betaQuantile } from '../numeric/special-functions.js';

/** How right soft labels are on items whose class is known, and the method that gave them was not told. */
export interface GoldScores {
  /** Share of consensus classes that are right, ties split evenly; interval of a Beta posterior under a uniform prior. */
  accuracy: Bounded;
  /** Mean natural-log loss of .99 p + .01/K; interval by Student's t. NaN at both ends for one item. */
  logLoss: Bounded;
  /** See `Calibration`. */
  brier: number;
  ece: number;
}

const SMOOTHING = 0.01;

/** Log loss of each item. @param items those with gold, of `gold`'s N */
export function lossesOf(posteriors: Float64Array, K: number, gold: Int32Array, items: readonly number[]): Float64Array {
  return Float64Array.from(items, (item) => -Math.log((1 - SMOOTHING) * posteriors[item * K + gold[item]!]! + SMOOTHING / K));
}

/** @param losses as `lossesOf` gives them */
export function goldScores(posteriors: Float64Array, K: number, gold: Int32Array, items: readonly number[], losses: Float64Array): GoldScores {
  const rows = new Float64Array(items.length * K);
  items.forEach((item, row) => rows.set(posteriors.subarray(item * K, (item + 1) * K), row * K));
  const { accuracy, brier, ece } = calibration(rows, K, items.map((item) => gold[item]!), { smoothing: SMOOTHING });
  const right = accuracy * items.length;
  const wrong = items.length - right;
  return { accuracy: { value: accuracy, low: betaQuantile(0.025, 1 + right, 1 + wrong), high: betaQuantile(0.975, 1 + right, 1 + wrong) }, logLoss: meanOf(losses), brier, ece };
}
