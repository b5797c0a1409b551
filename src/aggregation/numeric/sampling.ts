import { power } from './power.js';

/** A source of uniform numbers strictly between 0 and 1. */
export type Uniform = () => number;

/**
 * Chris Doty-Humphrey's sfc32 (PractRand), warmed up from a whole number: the same seed and stream give the same numbers on
 * every machine. Streams of one seed are independent sequences, so that one part's draws do not shift another's.
 */
export function uniformSource(seed: number, stream = 0): Uniform {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = stream >>> 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return ((sum >>> 0) + 0.5) / 2 ** 32;
  };
  // Seeds that differ in one bit have parted after a dozen rounds.
  for (let round = 0; round < 15; round++) next();
  return next;
}

/** A whole number from 0 to count - 1. */
export function uniformIndex(random: Uniform, count: number): number {
  return Math.floor(random() * count);
}

/** Mean 0, variance 1; Box-Muller, one of the pair thrown away so that a draw keeps no state. */
export function normal(random: Uniform): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Scale 1, shape > 0; Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). */
export function gamma(random: Uniform, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * power(random(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const root = 1 + c * x;
    const v = root * root * root;
    if (v > 0 && Math.log(random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

export function beta(random: Uniform, a: number, b: number): number {
  const x = gamma(random, a);
  const y = gamma(random, b);
  // Both underflow to 0 when a and b are tiny: the distribution is then a coin between 0 and 1.
  return x + y > 0 ? x / (x + y) : Number(random() < a / (a + b));
}

/** Writes one draw of Dirichlet(concentrations) into `out` from `at` on. */
export function dirichlet(random: Uniform, concentrations: ArrayLike<number>, out: Float64Array, at = 0): void {
  const k = concentrations.length;
  let sum = 0;
  for (let i = 0; i < k; i++) sum += out[at + i] = gamma(random, concentrations[i]!);
  if (sum > 0) for (let i = 0; i < k; i++) out[at + i]! /= sum;
  else out[at + uniformIndex(random, k)] = 1;
}

/** A uniformly random order of 0 .. count - 1 (Fisher-Yates). */
export function permutation(random: Uniform, count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = uniformIndex(random, i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/**
 * Draws of an index with probability proportional to its weight in O(1) each: Vose's alias table.
 * Weights are finite, at least 0, not all 0.
 */
export function weightedIndex(weights: ArrayLike<number>): (random: Uniform) => number {
  const n = weights.length;
  let total = 0;
  let heaviest = 0;
  for (let i = 0; i < n; i++) {
    total += weights[i]!;
    if (weights[i]! > weights[heaviest]!) heaviest = i;
  }
  const share = Float64Array.from(weights, (w) => (w * n) / total);
  // What rounding leaves unpaired falls to the heaviest index, so that a weight of 0 is never drawn.
  const alias = new Int32Array(n).fill(heaviest);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = n - 1; i >= 0; i--) (share[i]! < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const less = small.pop()!;
    const more = large[large.length - 1]!;
    alias[less] = more;
    share[more]! -= 1 - share[less]!;
    if (share[more]! < 1) small.push(large.pop()!);
  }
  return (random) => {
    const i = uniformIndex(random, n);
    return random() < share[i]! ? i : alias[i]!;
  };
}

/**
 * Successes in n trials of chance p, exact in O(log n): the median of n uniform numbers is Beta distributed and tells how many of
 * them lie on one side of p (Devroye, "Non-uniform random variate generation" (1986), X.4.3).
 */
export function binomial(random: Uniform, n: number, p: number): number {
  let successes = 0;
  while (n > 16) {
    const rank = Math.floor(n / 2) + 1;
    const median = beta(random, rank, n + 1 - rank);
    if (median <= p) {
      successes += rank;
      n -= rank;
      p = (p - median) / (1 - median);
    } else {
      n = rank - 1;
      p /= median;
    }
  }
  for (; n > 0; n--) successes += Number(random() < p);
  return successes;
}
