import { bestClasses } from '../numeric/simplex.js';

/** The most probable classes of some items: one each, or all that are tied. */
export interface Consensus {
  /** One more than items: the classes of the i-th are offsets[i] up to offsets[i + 1]. */
  offsets: Int32Array;
  /** Ascending within an item. */
  classes: Int32Array;
}

/** @param posteriors N x K, row-major. */
export function consensusOf(posteriors: Float64Array, K: number, items: ArrayLike<number>): Consensus {
  const offsets = new Int32Array(items.length + 1);
  const classes: number[] = [];
  for (let i = 0; i < items.length; i++) {
    classes.push(...bestClasses(posteriors, items[i]! * K, K));
    offsets[i + 1] = classes.length;
  }
  return { offsets, classes: Int32Array.from(classes) };
}

/** How far two agree on the i-th item: 1 or 0 where neither is tied; else the classes that are best in both, over those that are in either. */
export function sameness(one: Consensus, other: Consensus, i: number): number {
  let shared = 0;
  for (let a = one.offsets[i]!, b = other.offsets[i]!; a < one.offsets[i + 1]! && b < other.offsets[i + 1]!;) {
    const difference = one.classes[a]! - other.classes[b]!;
    if (difference === 0) shared++;
    if (difference <= 0) a++;
    if (difference >= 0) b++;
  }
  return shared / (one.offsets[i + 1]! - one.offsets[i]! + other.offsets[i + 1]! - other.offsets[i]! - shared);
}

/** How right it is on the i-th item: 1/t where the answer is among its t classes, else 0. */
export function hitOf({ offsets, classes }: Consensus, i: number, answer: number): number {
  return classes.subarray(offsets[i], offsets[i + 1]).includes(answer) ? 1 / (offsets[i + 1]! - offsets[i]!) : 0;
}

/** The mean of `sameness` over the items, which must be the same; NaN of none. */
export function agreementOf(one: Consensus, other: Consensus): number {
  const items = one.offsets.length - 1;
  let sum = 0;
  for (let i = 0; i < items; i++) sum += sameness(one, other, i);
  return sum / items;
}
