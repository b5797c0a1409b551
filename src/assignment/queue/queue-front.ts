import { topN } from '../../aggregation/index.js';

/** A place in the order in which open items are taken: by priority, the lowest first, and then by code. */
export interface QueuePlace {
  priority: number;
  item: number;
}

/** What a queue holds of the order: the best items that have room, and all of those up to the last place. */
export interface QueueFront {
  /** Places of the items in the arrays they were scored in, the best first. */
  items: Int32Array;
  /** Null where nothing lies behind. */
  last: QueuePlace | null;
}

/** @param priorities one for each code, NaN for an item without room */
export function frontOf(priorities: Float64Array, codes: Int32Array, length: number): QueueFront {
  const items = topN(priorities, length, 'lowest');
  const waiting = priorities.reduce((count, priority) => (Number.isNaN(priority) ? count : count + 1), 0);
  if (items.length === waiting) return { items, last: null };
  const last = items.at(-1)!;
  return { items, last: { priority: priorities[last]!, item: codes[last]! } };
}

export function isBehind(place: QueuePlace, last: QueuePlace): boolean {
  return place.priority > last.priority || (place.priority === last.priority && place.item > last.item);
}
