/**
 * Indices of the n first scores, first one first; equal scores by index. NaN is never chosen: set it for what must not be.
 * A heap of n: one comparison for nearly every score, never a full sort. O(scores + n log n log scores) on random order.
 * @param first which end counts as first
 * @throws RangeError unless n is a whole number of at least 0
 */
export function topN(scores: Float64Array, n: number, first: 'lowest' | 'highest'): Int32Array {
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`n is ${n}; it must be a whole number of at least 0`);
  const sign = first === 'lowest' ? 1 : -1;
  const room = Math.min(n, scores.length);
  if (room === 0) return new Int32Array(0);
  // The root is the last of those kept: the first to go.
  const keys = new Float64Array(room);
  const items = new Int32Array(room);
  let kept = 0;
  let item = 0;
  for (; item < scores.length && kept < room; item++) {
    const key = sign * scores[item]!;
    if (key === key) rise(keys, items, kept++, key, item);
  }
  let last = keys[0]!;
  // Of equal scores the one kept has the lower index, so only a better score enters; NaN compares false.
  for (; item < scores.length; item++) {
    const key = sign * scores[item]!;
    if (key < last) {
      sink(keys, items, room, key, item);
      last = keys[0]!;
    }
  }
  const order = new Int32Array(kept);
  while (kept > 0) {
    order[--kept] = items[0]!;
    if (kept > 0) sink(keys, items, kept, keys[kept]!, items[kept]!);
  }
  return order;
}

/** Puts an entry at the empty place `at` and moves it up to where its parent comes after it. */
function rise(keys: Float64Array, items: Int32Array, at: number, key: number, item: number): void {
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const parentKey = keys[parent]!;
    if (parentKey > key || (parentKey === key && items[parent]! > item)) break;
    keys[at] = parentKey;
    items[at] = items[parent]!;
    at = parent;
  }
  keys[at] = key;
  items[at] = item;
}

/** Replaces the root of a heap of `size` entries and moves the new one down. */
function sink(keys: Float64Array, items: Int32Array, size: number, key: number, item: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    const right = child + 1;
    if (right < size && (keys[right]! > keys[child]! || (keys[right] === keys[child] && items[right]! > items[child]!))) child = right;
    if (keys[child]! < key || (keys[child] === key && items[child]! < item)) break;
    keys[at] = keys[child]!;
    items[at] = items[child]!;
    at = child;
  }
  keys[at] = key;
  items[at] = item;
}
