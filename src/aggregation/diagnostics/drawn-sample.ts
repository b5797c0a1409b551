import { uniformSource } from '../numeric/sampling.js';

/** What a sample is drawn from. */
export interface SamplingFrame {
  /** N distinct whole numbers from 0 to 2^31 - 1 that name the items; their order does not matter. */
  codes: ArrayLike<number>;
  /** N numbers above 0: an item's chance of being drawn is proportional to its size. Equal chances where left out. */
  sizes?: ArrayLike<number>;
}

export interface DrawnSample {
  /** Codes, ascending. */
  codes: Int32Array;
  /** The chance that each of them had of being drawn, above 0 and up to 1. */
  probabilities: Float64Array;
}

/** Sizes further apart than this would leave items with no chance but that of rounding. */
const WIDEST_RATIO = 1e9;

/** The stream of the one draw that is no item's. */
const START_STREAM = 2 ** 32 - 1;

/**
 * Draws `count` items without replacement, the same ones for the same seed whatever the frame's order.
 * Without sizes a simple random sample: each item has a number of its own, and the lowest are drawn.
 * With sizes systematically, in the order of these numbers: the items' chances are laid end to end, and points at a distance of
 * 1 from a random start pick them (Madow, "On the theory of systematic sampling, II", Annals of Mathematical Statistics 20,
 * 1949), so that the chance of each is exactly as stated.
 * @throws RangeError for a count that is not from 1 to N, and for sizes that are not positive or too far apart.
 */
export function drawSample({ codes, sizes }: SamplingFrame, count: number, seed: number): DrawnSample {
  const N = codes.length;
  if (!Number.isInteger(count) || count < 1 || count > N) throw new RangeError(`a sample of ${count} was asked for; it must be a whole number from 1 to ${N}, the number of items`);
  const keys = Float64Array.from(codes, (code) => ownNumber(seed, code));
  const order = ascending(keys, codes);
  if (!sizes) return inOrder(codes, order.subarray(0, count), () => count / N);
  const chances = inclusionProbabilities(Float64Array.from(order, (i) => sizes[i]!), count);
  const start = ownNumber(seed, START_STREAM);
  const drawn = systematic(chances, count, start);
  const chanceOf = new Map(Array.from(drawn, (rank) => [order[rank]!, chances[rank]!]));
  return inOrder(codes, Uint32Array.from(drawn, (rank) => order[rank]!), (i) => chanceOf.get(i)!);
}

/**
 * Chances proportional to size that sum to `count`. Where that would give an item more than 1 it is drawn for certain, and the
 * others share what is left.
 * @throws RangeError as `drawSample` does.
 */
export function inclusionProbabilities(sizes: ArrayLike<number>, count: number): Float64Array {
  const N = sizes.length;
  let least = Infinity;
  let greatest = 0;
  for (let i = 0; i < N; i++) {
    const size = sizes[i]!;
    if (!(size > 0 && size < Infinity)) throw new RangeError(`size ${i} is ${size}; it must be a number above 0`);
    least = Math.min(least, size);
    greatest = Math.max(greatest, size);
  }
  if (greatest > least * WIDEST_RATIO) throw new RangeError(`sizes go from ${least} to ${greatest}; they must be within a factor of ${WIDEST_RATIO}`);
  const chances = new Float64Array(N);
  if (count >= N) return chances.fill(1);
  let left = count;
  // What is certain takes its place and its size with it, which may make more items certain.
  for (let scale = 0, before = -1; before !== left;) {
    before = left;
    let total = 0;
    for (let i = 0; i < N; i++) if (chances[i] !== 1) total += sizes[i]!;
    scale = left / total;
    for (let i = 0; i < N; i++) {
      if (chances[i] === 1) continue;
      chances[i] = Math.min(1, sizes[i]! * scale);
      if (chances[i] === 1) left--;
    }
  }
  return chances;
}

/** The ranks that points at a distance of 1 from `start` pick, and those that are certain. */
function systematic(chances: Float64Array, count: number, start: number): Uint32Array {
  const drawn = new Uint32Array(count);
  let taken = 0;
  let point = start;
  let sum = 0;
  let passed = -1;
  for (let rank = 0; rank < chances.length; rank++) {
    const isCertain = chances[rank] === 1;
    if (!isCertain) sum += chances[rank]!;
    if (isCertain || sum >= point) {
      drawn[taken++] = rank;
      if (!isCertain) point++;
    } else passed = rank;
    if (taken === count) break;
  }
  // Rounding may end the sum a hair before the last point.
  if (taken < count) drawn[taken] = passed;
  return drawn;
}

function inOrder(codes: ArrayLike<number>, drawn: Uint32Array, chanceOf: (index: number) => number): DrawnSample {
  const byCode = drawn.slice().sort((a, b) => codes[a]! - codes[b]!);
  return { codes: Int32Array.from(byCode, (i) => codes[i]!), probabilities: Float64Array.from(byCode, chanceOf) };
}

/** Indices in the order of their keys, which are uniform from 0 to 1; two equal ones, once in 2^52 pairs, go by code. One bucket a key: a sort of 1M takes longer than the whole draw, 0.5 s. */
function ascending(keys: Float64Array, codes: ArrayLike<number>): Uint32Array {
  const N = keys.length;
  const ends = new Uint32Array(N + 1);
  const bucketOf = (i: number) => Math.floor(keys[i]! * N);
  for (let i = 0; i < N; i++) ends[bucketOf(i)]!++;
  for (let b = 1; b <= N; b++) ends[b]! += ends[b - 1]!;
  const order = new Uint32Array(N);
  for (let i = N - 1; i >= 0; i--) order[--ends[bucketOf(i)]!] = i;
  // Within a bucket, and so nearly in order already.
  for (let rank = 1; rank < N; rank++) {
    const i = order[rank]!;
    let at = rank;
    for (; at > 0; at--) {
      const before = order[at - 1]!;
      if (keys[before]! < keys[i]! || (keys[before]! === keys[i]! && codes[before]! < codes[i]!)) break;
      order[at] = before;
    }
    order[at] = i;
  }
  return order;
}

/** Uniform between 0 and 1, with 52 bits. */
function ownNumber(seed: number, stream: number): number {
  const random = uniformSource(seed, stream);
  return (Math.floor(random() * 2 ** 26) + random()) / 2 ** 26;
}
