import { normalizeRow } from './numeric/simplex.js';
import { power } from './numeric/power.js';

/**
 * Several soft labels of the same items into one. `parts` are N x K, row-major, rows summing to 1; results are new arrays.
 * Source: Wright & Augenstein, "Aggregating Soft Labels from Crowd Annotations Improves Uncertainty Estimation Under
 * Distribution Shift" (2022).
 */

/** The mean, or weighted mean: weights need not sum to 1. */
export function meanSoftLabel(parts: readonly Float64Array[], weights: readonly number[] = parts.map(() => 1)): Float64Array {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const mean = new Float64Array(parts[0]!.length);
  parts.forEach((part, p) => {
    for (let at = 0; at < mean.length; at++) mean[at]! += (part[at]! * weights[p]!) / total;
  });
  return mean;
}

/** The normalised product of the parts, each first smoothed to (1 - e) p + e/K: vote shares have exact zeros, which would veto. */
export function conflation(parts: readonly Float64Array[], K: number, smoothing = 0.01): Float64Array {
  const product = new Float64Array(parts[0]!.length).fill(1);
  for (const part of parts) {
    for (let at = 0; at < product.length; at++) product[at]! *= (1 - smoothing) * part[at]! + smoothing / K;
    for (let at = 0; at < product.length; at += K) normalizeRow(product, at, K);
  }
  return product;
}

/**
 * The soft label with the least mean Jensen-Shannon divergence to the parts: the fixed point of
 * c_k proportional to exp(mean over the parts of log((c_k + p_k)/2)), from the mean on.
 */
export function jensenShannonCentroid(parts: readonly Float64Array[], K: number): Float64Array {
  const centroid = meanSoftLabel(parts);
  const next = new Float64Array(K);
  for (let at = 0; at < centroid.length; at += K) {
    // The map contracts by about a half a step.
    for (let step = 0, moved = 1; step < 200 && moved > 1e-14; step++) {
      for (let k = 0; k < K; k++) {
        let log = 0;
        for (const part of parts) log += Math.log((centroid[at + k]! + part[at + k]!) / 2);
        next[k] = Math.exp(log / parts.length);
      }
      normalizeRow(next, 0, K);
      moved = 0;
      for (let k = 0; k < K; k++) {
        moved = Math.max(moved, Math.abs(next[k]! - centroid[at + k]!));
        centroid[at + k] = next[k]!;
      }
    }
  }
  return centroid;
}

/** N numbers: how far the parts are apart on each item, as the mean Jensen-Shannon divergence of all pairs, in nats (0 to ln 2). */
export function disagreement(parts: readonly Float64Array[], K: number): Float64Array {
  const mean = new Float64Array(parts[0]!.length / K);
  const pairs = (parts.length * (parts.length - 1)) / 2;
  for (let p = 0; p < parts.length; p++) {
    for (let q = 0; q < p; q++) for (let item = 0; item < mean.length; item++) mean[item]! += divergence(parts[p]!, parts[q]!, item * K, K) / pairs;
  }
  return mean;
}

/** Jensen-Shannon divergence of two rows, in nats. */
function divergence(p: Float64Array, q: Float64Array, at: number, K: number): number {
  let sum = 0;
  for (let i = at; i < at + K; i++) {
    const middle = (p[i]! + q[i]!) / 2;
    if (p[i]! > 0) sum += 0.5 * p[i]! * Math.log(p[i]! / middle);
    if (q[i]! > 0) sum += 0.5 * q[i]! * Math.log(q[i]! / middle);
  }
  return Math.max(0, sum);
}

const LEAST_TEMPERATURE = 0.05;
const GREATEST_TEMPERATURE = 20;

/**
 * A temperature for each part, so that the tempered parts agree best: least mean Jensen-Shannon divergence over all pairs plus
 * 0.001 x the sum of the squared temperatures. No gold is needed. Coordinate descent from 1, each line searched by golden section.
 * @param items the items to fit on; all if left out. A thousand suffice.
 */
export function fitTemperatures(parts: readonly Float64Array[], K: number, items?: ArrayLike<number>): number[] {
  const rows = parts.map((part) => (items ? rowsOf(part, K, items) : part));
  const tempered = rows.map((part) => part.slice());
  const temperatures = rows.map(() => 1);
  const count = rows[0]!.length / K;
  const pairs = Math.max(1, (rows.length * (rows.length - 1)) / 2);
  if (count === 0) return temperatures;
  for (let sweep = 0, moved = 1; sweep < 20 && moved > 1e-3; sweep++) {
    moved = 0;
    for (let p = 0; p < rows.length; p++) {
      const cost = (logTemperature: number) => {
        const temperature = Math.exp(logTemperature);
        temper(rows[p]!, K, temperature, tempered[p]!);
        let sum = 0;
        for (let q = 0; q < rows.length; q++) if (q !== p) for (let at = 0; at < tempered[p]!.length; at += K) sum += divergence(tempered[p]!, tempered[q]!, at, K);
        return sum / count / pairs + 1e-3 * temperature ** 2;
      };
      const best = Math.exp(goldenSection(cost, Math.log(LEAST_TEMPERATURE), Math.log(GREATEST_TEMPERATURE)));
      temper(rows[p]!, K, best, tempered[p]!);
      moved = Math.max(moved, Math.abs(Math.log(best / temperatures[p]!)));
      temperatures[p] = best;
    }
  }
  return temperatures;
}

/** p^(1/T), renormalised, into `out`. */
export function temper(part: Float64Array, K: number, temperature: number, out: Float64Array): void {
  for (let at = 0; at < part.length; at += K) {
    let greatest = 0;
    for (let k = 0; k < K; k++) greatest = Math.max(greatest, part[at + k]!);
    for (let k = 0; k < K; k++) out[at + k] = power(part[at + k]! / greatest, 1 / temperature);
    normalizeRow(out, at, K);
  }
}

/** Entries are raised to this before a power is taken. */
const LEAST = 1e-300;
const LEAST_POWER = 0.01;

/**
 * p^(1/(1 + rho (n - 1))), renormalised, for an item of n votes: what they are worth where any two of them correlate by rho. Items of
 * one vote or none stay.
 * @param offsets N + 1: where each item's votes begin.
 */
export function temperByVotes(part: Float64Array, K: number, offsets: Int32Array, rho: number): Float64Array {
  const tempered = part.slice();
  for (let item = 0, at = 0; at < part.length; item++, at += K) {
    const votes = offsets[item + 1]! - offsets[item]!;
    if (votes <= 1) continue;
    const beta = Math.max(LEAST_POWER, 1 / (1 + rho * (votes - 1)));
    for (let k = at; k < at + K; k++) tempered[k] = power(Math.max(LEAST, part[k]!), beta);
    normalizeRow(tempered, at, K);
  }
  return tempered;
}

function rowsOf(part: Float64Array, K: number, items: ArrayLike<number>): Float64Array {
  const rows = new Float64Array(items.length * K);
  for (let i = 0; i < items.length; i++) rows.set(part.subarray(items[i]! * K, (items[i]! + 1) * K), i * K);
  return rows;
}

/** Where a function with one valley between low and high is least, to 1e-3. */
function goldenSection(cost: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let left = high - ratio * (high - low);
  let right = low + ratio * (high - low);
  let atLeft = cost(left);
  let atRight = cost(right);
  while (high - low > 1e-3) {
    if (atLeft < atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - ratio * (high - low);
      atLeft = cost(left);
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + ratio * (high - low);
      atRight = cost(right);
    }
  }
  return (low + high) / 2;
}
