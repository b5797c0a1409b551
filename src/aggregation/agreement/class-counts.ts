import type { VoteTable } from '../vote-table.js';

/**
 * How often each class was voted on each item. Metrics that do not ask who voted need no more, and crowds have few distinct
 * items in that sense (at most 1,001 with ten votes over five classes), so equal items are kept once, with their number. A
 * bootstrap over items then draws numbers of the distinct ones: exact, and independent of N.
 */
export interface ClassCounts {
  classCount: number;
  /** P + 1 offsets into `classes` and `counts`, one range a distinct item. */
  offsets: Int32Array;
  /** The classes voted, ascending. */
  classes: Int32Array;
  counts: Int32Array;
  /** P: the votes of such an item, at least 1. */
  sizes: Int32Array;
  /** P: how many items are like this. */
  items: Float64Array;
}

/** Counts of the selected items that have votes; votes for candidate sets are no single class and are passed over. */
export function countClasses(votes: Pick<VoteTable, 'classCount' | 'itemCount' | 'itemOffsets' | 'classes'>, selection: ArrayLike<number> | null): ClassCounts {
  const { classCount, itemOffsets, classes: labels } = votes;
  const n = selection ? selection.length : votes.itemCount;
  const table = new Patterns(classCount);
  const tally = new Int32Array(classCount);
  const voted = new Int32Array(classCount);
  for (let s = 0; s < n; s++) {
    const item = selection ? selection[s]! : s;
    let distinct = 0;
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      const k = labels[v]!;
      if (k >= classCount) continue;
      if (tally[k]!++ === 0) voted[distinct++] = k;
    }
    if (distinct > 0) table.add(voted, distinct, tally);
  }
  return table.finish();
}

/** The same votes where only being of class k or not counts. */
export function oneAgainstRest(counts: ClassCounts, k: number): ClassCounts {
  const within = new Uint8Array(counts.classCount);
  within[k] = 1;
  return someAgainstRest(counts, within);
}

/** The same votes where only being one of some classes or not counts. */
export function someAgainstRest(counts: ClassCounts, within: Uint8Array): ClassCounts {
  const table = new Patterns(2);
  const tally = new Int32Array(2);
  const voted = new Int32Array(2);
  for (let p = 0; p < counts.sizes.length; p++) {
    const ofClass = countOf(counts, p, within);
    tally[0] = counts.sizes[p]! - ofClass;
    tally[1] = ofClass;
    let distinct = 0;
    for (let side = 0; side < 2; side++) if (tally[side]! > 0) voted[distinct++] = side;
    table.add(voted, distinct, tally, counts.items[p]);
  }
  return table.finish();
}

/** How many items have at least so many votes. */
export function itemTotal(counts: ClassCounts, leastVotes: number): number {
  return counts.items.reduce((sum, items, p) => (counts.sizes[p]! >= leastVotes ? sum + items : sum), 0);
}

function countOf(counts: ClassCounts, p: number, within: Uint8Array): number {
  let votes = 0;
  for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) if (within[counts.classes[e]!]) votes += counts.counts[e]!;
  return votes;
}

/** The distinct items seen so far, found by an open-addressed table over their hashes. */
class Patterns {
  private offsets = new Int32Array(1025);
  private sizes = new Int32Array(1024);
  private items = new Float64Array(1024);
  private hashes = new Int32Array(1024);
  private classes = new Int32Array(4096);
  private counts = new Int32Array(4096);
  private slots = new Int32Array(4096).fill(-1);
  private length = 0;

  constructor(private readonly classCount: number) {}

  /** Takes `distinct` classes with their tallies; puts `voted` in ascending order and clears the tallies. */
  add(voted: Int32Array, distinct: number, tally: Int32Array, items = 1): void {
    sortFirst(voted, distinct);
    let hash = distinct;
    for (let d = 0; d < distinct; d++) {
      hash = Math.imul(hash ^ voted[d]!, 0x9e3779b1);
      hash = Math.imul((hash ^ (hash >>> 15)) + tally[voted[d]!]!, 0x85ebca6b);
    }
    hash ^= hash >>> 13;
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    let p: number;
    while ((p = this.slots[slot]!) >= 0 && !(this.hashes[p] === hash && this.equals(p, voted, distinct, tally))) slot = (slot + 1) & mask;
    if (p < 0) {
      p = this.append(voted, distinct, tally, hash);
      this.slots[slot] = p;
      if (this.length * 2 > this.slots.length) this.rehash();
    }
    this.items[p]! += items;
    for (let d = 0; d < distinct; d++) tally[voted[d]!] = 0;
  }

  finish(): ClassCounts {
    const p = this.length;
    const entries = this.offsets[p]!;
    return {
      classCount: this.classCount,
      offsets: this.offsets.slice(0, p + 1),
      classes: this.classes.slice(0, entries),
      counts: this.counts.slice(0, entries),
      sizes: this.sizes.slice(0, p),
      items: this.items.slice(0, p),
    };
  }

  private equals(p: number, voted: Int32Array, distinct: number, tally: Int32Array): boolean {
    const at = this.offsets[p]!;
    if (this.offsets[p + 1]! - at !== distinct) return false;
    for (let d = 0; d < distinct; d++) {
      if (this.classes[at + d] !== voted[d] || this.counts[at + d] !== tally[voted[d]!]) return false;
    }
    return true;
  }

  private append(voted: Int32Array, distinct: number, tally: Int32Array, hash: number): number {
    const p = this.length++;
    const at = this.offsets[p]!;
    if (p === this.sizes.length) {
      this.offsets = grown(this.offsets, Int32Array);
      this.sizes = grown(this.sizes, Int32Array);
      this.items = grown(this.items, Float64Array);
      this.hashes = grown(this.hashes, Int32Array);
    }
    while (at + distinct > this.classes.length) {
      this.classes = grown(this.classes, Int32Array);
      this.counts = grown(this.counts, Int32Array);
    }
    let size = 0;
    for (let d = 0; d < distinct; d++) {
      this.classes[at + d] = voted[d]!;
      size += this.counts[at + d] = tally[voted[d]!]!;
    }
    this.offsets[p + 1] = at + distinct;
    this.sizes[p] = size;
    this.hashes[p] = hash;
    return p;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = this.slots.length - 1;
    for (let p = 0; p < this.length; p++) {
      let slot = this.hashes[p]! & mask;
      while (this.slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.slots[slot] = p;
    }
  }
}

/** Twice as long; offsets keep their one entry more. */
function grown<T extends Int32Array | Float64Array>(array: T, type: new (length: number) => T): T {
  const longer = new type(array.length * 2);
  longer.set(array);
  return longer;
}

/** Few classes are voted on one item: insertion, and the typed array's own sort where they are many. */
function sortFirst(values: Int32Array, count: number): void {
  if (count > 32) {
    values.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let j = i - 1;
    while (j >= 0 && values[j]! > value) values[j + 1] = values[j--]!;
    values[j + 1] = value;
  }
}
