import type { ClassScale } from './numeric/class-scale.js';

/** Sets of classes that a vote may name instead of one class, when an annotator could narrow the answer but not settle it. */
export interface CandidateSets {
  /** S + 1 offsets into `classes`. */
  offsets: Int32Array;
  /** The members of each set: distinct class indices, ascending, at least one. */
  classes: Int32Array;
}

export interface VoteColumns {
  /** One entry a vote, in any order: item index, annotator index, and class index (or K + s for candidate set s). */
  items: ArrayLike<number>;
  annotators: ArrayLike<number>;
  classes: ArrayLike<number>;
  /** N; items without votes are legal. */
  itemCount: number;
  /** M; annotators without votes are legal. */
  annotatorCount: number;
  /** K, at least 1; one class alone tells nothing of annotators, and its items are certain. */
  classCount: number;
  candidateSets?: CandidateSets | null;
  /** What the classes' names tell; left out, the indices themselves are the order and the places on a line. */
  classScale?: ClassScale | null;
}

/**
 * The votes a method reads: three columns sorted by item, then annotator, then class, so that a result does not depend on
 * the order in which votes came. All checks of votes are made here; kernels trust what they are given.
 */
export class VoteTable {
  /** N, M and K of the field's papers. */
  readonly itemCount: number;
  readonly annotatorCount: number;
  readonly classCount: number;
  readonly voteCount: number;
  readonly items: Int32Array;
  readonly annotators: Int32Array;
  /** Class indices; K + s stands for candidate set s. */
  readonly classes: Int32Array;
  /** N + 1: the votes of item i are itemOffsets[i] up to itemOffsets[i + 1]. */
  readonly itemOffsets: Int32Array;
  readonly candidateSets: CandidateSets | null;
  /** Null where the classes are their indices. */
  readonly classScale: ClassScale | null;
  private annotatorOrder: { offsets: Int32Array; votes: Int32Array } | null = null;

  /**
   * The columns are copied, never kept or written to; but `taken`, which must be Int32Arrays, become the table's own where they
   * are sorted already: to copy 10M votes takes half a second.
   * @throws TypeError for columns of unequal length or a count that is no whole number; RangeError for K < 1 and for an
   *   index outside its range, naming the vote, the value and the limit.
   */
  constructor(columns: VoteColumns, { taken = false } = {}) {
    const { items, annotators, classes, itemCount, annotatorCount, classCount } = columns;
    checkCount('itemCount', itemCount, 0);
    checkCount('annotatorCount', annotatorCount, 0);
    checkCount('classCount', classCount, 1);
    if (items.length !== annotators.length || items.length !== classes.length) {
      throw new TypeError(
        `columns of votes must be equally long: items ${items.length}, annotators ${annotators.length}, classes ${classes.length}`,
      );
    }
    this.itemCount = itemCount;
    this.annotatorCount = annotatorCount;
    this.classCount = classCount;
    this.voteCount = items.length;
    this.candidateSets = columns.candidateSets ? checkedSets(columns.candidateSets, classCount) : null;
    this.classScale = columns.classScale ?? null;
    if (this.classScale && this.classScale.names.length !== classCount) throw new TypeError(`classScale names ${this.classScale.names.length} classes; it must name ${classCount}`);
    const codes = classCount + (this.candidateSets ? this.candidateSets.offsets.length - 1 : 0);
    checkColumn('item', items, itemCount);
    checkColumn('annotator', annotators, annotatorCount);
    checkColumn('class', classes, codes);
    this.itemOffsets = offsetsOf(items, itemCount);
    if (isSorted(items, annotators, classes)) {
      const own = (column: ArrayLike<number>) => (taken && column instanceof Int32Array ? column : Int32Array.from(column));
      this.items = own(items);
      this.annotators = own(annotators);
      this.classes = own(classes);
      return;
    }
    this.items = new Int32Array(this.voteCount);
    this.annotators = new Int32Array(this.voteCount);
    this.classes = new Int32Array(this.voteCount);
    this.fillSorted(items, annotators, classes);
  }

  /** The same votes by annotator: votes[offsets[a]] up to votes[offsets[a + 1]] are indices into the columns, by item. */
  byAnnotator(): { offsets: Int32Array; votes: Int32Array } {
    this.annotatorOrder ??= { offsets: offsetsOf(this.annotators, this.annotatorCount), votes: countingOrder(this.annotators, this.annotatorCount) };
    return this.annotatorOrder;
  }

  /**
   * A counting sort by item, and each item's votes by themselves: files tend to be in the order of items, and then both read
   * and write in one direction. Sorting the whole by annotator first, 10M votes took 3.4 s of CPU instead of 0.4 (2.0 where their order is random).
   */
  private fillSorted(items: ArrayLike<number>, annotators: ArrayLike<number>, classes: ArrayLike<number>): void {
    const next = this.itemOffsets.slice();
    for (let vote = 0; vote < this.voteCount; vote++) {
      const item = items[vote]!;
      const place = next[item]!;
      next[item] = place + 1;
      this.items[place] = item;
      this.annotators[place] = annotators[vote]!;
      this.classes[place] = classes[vote]!;
    }
    for (let item = 0; item < this.itemCount; item++) {
      const start = this.itemOffsets[item]!;
      const end = this.itemOffsets[item + 1]!;
      if (end - start <= 64) insertionSort(this.annotators, this.classes, start, end);
      else mergeSort(this.annotators, this.classes, start, end);
    }
  }
}

/** The votes from start to end by annotator, then class, in place. */
function insertionSort(annotators: Int32Array, classes: Int32Array, start: number, end: number): void {
  for (let v = start + 1; v < end; v++) {
    const annotator = annotators[v]!;
    const label = classes[v]!;
    let w = v;
    while (w > start && (annotators[w - 1]! > annotator || (annotators[w - 1] === annotator && classes[w - 1]! > label))) {
      annotators[w] = annotators[w - 1]!;
      classes[w] = classes[w - 1]!;
      w--;
    }
    annotators[w] = annotator;
    classes[w] = label;
  }
}

/** The same for many votes, which the engine's own sort takes in n log n steps. */
function mergeSort(annotators: Int32Array, classes: Int32Array, start: number, end: number): void {
  const order = Int32Array.from({ length: end - start }, (_, rank) => start + rank);
  order.sort((v, w) => annotators[v]! - annotators[w]! || classes[v]! - classes[w]!);
  const sorted = order.map((v) => annotators[v]!);
  classes.set(order.map((v) => classes[v]!), start);
  annotators.set(sorted, start);
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value)) throw new TypeError(`${name} is ${value}; it must be a whole number`);
  if (value < least || value > 0x7fffffff) throw new RangeError(`${name} is ${value}; it must be ${least} to 2147483647`);
}

function checkColumn(name: string, column: ArrayLike<number>, count: number): void {
  for (let vote = 0; vote < column.length; vote++) {
    const value = column[vote]!;
    // One comparison refuses negatives and numbers too large; the second NaN, fractions and -0.5.
    if (!(value >= 0 && value < count) || (value | 0) !== value) {
      throw new RangeError(`vote ${vote}: ${name} ${value} is not an index from 0 to ${count - 1}`);
    }
  }
}

function checkedSets(sets: CandidateSets, classCount: number): CandidateSets {
  const { offsets, classes } = sets;
  if (offsets.length < 1 || offsets[0] !== 0 || offsets[offsets.length - 1] !== classes.length) {
    throw new TypeError(`candidate sets: offsets must run from 0 to ${classes.length}, the number of members`);
  }
  for (let set = 0; set + 1 < offsets.length; set++) {
    if (!(offsets[set + 1]! > offsets[set]!)) throw new RangeError(`candidate set ${set} is empty`);
    for (let m = offsets[set]!; m < offsets[set + 1]!; m++) {
      const member = classes[m]!;
      if (member < 0 || member >= classCount) {
        throw new RangeError(`candidate set ${set}: class ${member} is not an index from 0 to ${classCount - 1}`);
      }
      if (m > offsets[set]! && member <= classes[m - 1]!) {
        throw new RangeError(`candidate set ${set}: classes must ascend without repeats, but ${member} follows ${classes[m - 1]}`);
      }
    }
  }
  return { offsets: offsets.slice(), classes: classes.slice() };
}

function isSorted(items: ArrayLike<number>, annotators: ArrayLike<number>, classes: ArrayLike<number>): boolean {
  for (let v = 1; v < items.length; v++) {
    const step = items[v]! - items[v - 1]! || annotators[v]! - annotators[v - 1]! || classes[v]! - classes[v - 1]!;
    if (step < 0) return false;
  }
  return true;
}

function offsetsOf(column: ArrayLike<number>, count: number): Int32Array {
  const offsets = new Int32Array(count + 1);
  for (let v = 0; v < column.length; v++) offsets[column[v]! + 1]!++;
  for (let i = 0; i < count; i++) offsets[i + 1]! += offsets[i]!;
  return offsets;
}

/** Indices of the column's entries by value, equal values in their order. */
function countingOrder(column: ArrayLike<number>, count: number): Int32Array {
  const next = offsetsOf(column, count);
  const order = new Int32Array(column.length);
  for (let v = 0; v < column.length; v++) order[next[column[v]!]!++] = v;
  return order;
}
