import type { AggregationInput } from '../method.js';

/** Items with the same votes by the same annotators (and the same gold answer) have the same posterior: one is computed for all. */
export interface DistinctItems {
  /** N: the group of each item, or -1 for one without votes or gold answer, or not looked at. */
  groupOf: Int32Array;
  /** An item of each group. */
  representative: Int32Array;
  /** How many items each group has. */
  size: Float64Array;
}

/** @param items those to look at; all where left out */
export function distinctItems({ votes, gold }: Pick<AggregationInput, 'votes' | 'gold'>, items?: Int32Array): DistinctItems {
  const { itemCount, itemOffsets, annotators, classes } = votes;
  const groupOf = new Int32Array(itemCount).fill(-1);
  const representative: number[] = [];
  const size: number[] = [];
  // The newest group of each hash, and the one before it with the same hash.
  const newest = new Map<number, number>();
  const previous: number[] = [];
  for (let place = 0; place < (items?.length ?? itemCount); place++) {
    const item = items ? items[place]! : place;
    const known = gold ? gold[item]! : -1;
    if (itemOffsets[item] === itemOffsets[item + 1] && known < 0) continue;
    const hash = hashOf(item, known);
    let group = newest.get(hash) ?? -1;
    while (group >= 0 && !same(item, representative[group]!)) group = previous[group]!;
    if (group < 0) {
      group = representative.push(item) - 1;
      size.push(0);
      previous.push(newest.get(hash) ?? -1);
      newest.set(hash, group);
    }
    groupOf[item] = group;
    size[group]!++;
  }
  return { groupOf, representative: Int32Array.from(representative), size: Float64Array.from(size) };

  function hashOf(item: number, known: number): number {
    let hash = known;
    for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
      hash = Math.imul(hash ^ annotators[vote]!, 0x9e3779b1) ^ (hash >>> 15);
      hash = Math.imul(hash ^ classes[vote]!, 0x85ebca6b) ^ (hash >>> 13);
    }
    return hash;
  }

  function same(a: number, b: number): boolean {
    const length = itemOffsets[a + 1]! - itemOffsets[a]!;
    if (length !== itemOffsets[b + 1]! - itemOffsets[b]! || (gold && gold[a] !== gold[b])) return false;
    for (let v = 0; v < length; v++) {
      if (annotators[itemOffsets[a]! + v] !== annotators[itemOffsets[b]! + v] || classes[itemOffsets[a]! + v] !== classes[itemOffsets[b]! + v]) return false;
    }
    return true;
  }
}
