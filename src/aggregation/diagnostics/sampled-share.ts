import { betaQuantile } from '../numeric/special-functions.js';

/** A share of a population, estimated from a sample of it. */
export interface SampledShare {
  value: number;
  /** The 95% interval. */
  low: number;
  high: number;
  /** As many items, drawn with equal chances from a large population, would tell as much: no more than with equal chances from this one. Infinity where all of it was drawn. */
  effectiveSize: number;
}

/**
 * The share of a population that has a property: the mean over the sample, each item weighted by the inverse of its chance of
 * being drawn (Hajek's ratio form of the Horvitz-Thompson estimator). Its variance is Hajek's for designs of high entropy
 * ("Asymptotic theory of rejective sampling with varying probabilities from a finite population", Annals of Mathematical
 * Statistics 35, 1964), which needs no joint chances and is the usual one with equal chances. The interval is that of a Beta
 * posterior under a uniform prior after `effectiveSize` items, so that it stays within 0 and 1 and has a width where the
 * property is everywhere or nowhere in the sample.
 * @param hits n numbers from 0 to 1: whether the item has the property, or how far
 * @param probabilities n chances of being drawn, above 0 and up to 1
 * @throws RangeError for no items, and for chances outside of that range.
 */
export function sampledShare(hits: ArrayLike<number>, probabilities: ArrayLike<number>): SampledShare {
  const n = hits.length;
  if (n === 0) throw new RangeError('a share of no items was asked for');
  let population = 0;
  let squares = 0;
  let sum = 0;
  let isWhole = true;
  for (let i = 0; i < n; i++) {
    const p = probabilities[i]!;
    if (!(p > 0 && p <= 1)) throw new RangeError(`item ${i} was drawn with a chance of ${p}; it must be above 0 and up to 1`);
    population += 1 / p;
    squares += 1 / (p * p);
    sum += hits[i]! / p;
    isWhole &&= p === 1;
  }
  const value = Math.min(1, sum / population);
  if (isWhole) return { value, low: value, high: value, effectiveSize: Infinity };
  const variance = hajekVariance(hits, probabilities, value) / (population * population);
  // Without any variance in the sample: Kish's effective size, which counts the spread of the weights alone.
  const own = variance > 0 ? (value * (1 - value)) / variance : (population * population) / squares;
  // Few hits of small weight make the variance look less than it is: unbounded, intervals held the truth in 90% of samples, not 95.
  const effectiveSize = Math.min(own, n / (1 - n / population));
  const right = value * effectiveSize;
  const wrong = effectiveSize - right;
  return { value, low: betaQuantile(0.025, 1 + right, 1 + wrong), high: betaQuantile(0.975, 1 + right, 1 + wrong), effectiveSize };
}

/** Of the sum of (hit - value) / p. */
function hajekVariance(hits: ArrayLike<number>, probabilities: ArrayLike<number>, value: number): number {
  const n = hits.length;
  let open = 0;
  for (let i = 0; i < n; i++) open += Number(probabilities[i]! < 1);
  if (open < 2) return 0;
  const factor = open / (open - 1);
  const residual = (i: number) => (hits[i]! - value) / probabilities[i]!;
  let weights = 0;
  let weighted = 0;
  for (let i = 0; i < n; i++) {
    const c = (1 - probabilities[i]!) * factor;
    weights += c;
    weighted += c * residual(i);
  }
  const centre = weighted / weights;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (1 - probabilities[i]!) * factor * (residual(i) - centre) ** 2;
  return variance;
}
