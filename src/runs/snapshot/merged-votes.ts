import { VoteTable } from '../../aggregation/index.js';
import type { Snapshot } from './copied-votes.js';

/** Votes in the order of a VoteTable, as narrow as they go. */
export interface SortedVotes {
  /** The votes of item i are itemOffsets[i] up to itemOffsets[i + 1]; items past the end have none. */
  itemOffsets: Int32Array;
  annotators: Uint16Array | Int32Array;
  classes: Uint8Array | Uint16Array;
  /** M. */
  annotatorCount: number;
}

/** N, M and K. */
export interface TableSize {
  itemCount: number;
  annotatorCount: number;
  classCount: number;
}

/** Where the kept votes differ from what the log says of them. */
export class UnlikeTheLog extends Error {
  override readonly name = 'UnlikeTheLog';
}

/**
 * The table of `kept` with the votes that came and without those that went, in O(votes + changes log changes); the same bits as
 * one made of them all.
 * @throws UnlikeTheLog for a vote that went and is not there; RangeError for an index outside the size.
 */
export function mergedVotes(kept: SortedVotes, cameInAnyOrder: Snapshot, wentInAnyOrder: Snapshot, size: TableSize): VoteTable {
  const came = new VoteTable({ ...cameInAnyOrder, ...size });
  // What goes on the way back may be of items and annotators that were not there yet.
  const went = new VoteTable({
    ...wentInAnyOrder, ...size, itemCount: Math.max(size.itemCount, kept.itemOffsets.length - 1), annotatorCount: Math.max(size.annotatorCount, kept.annotatorCount),
  });
  const offsets = mergedOffsets(kept, came, went, size.itemCount);
  const places = { came: placesIn(kept, came), went: placesOfGone(kept, went) };
  const annotators = mergedColumn(kept.annotators, came.annotators, places, offsets[size.itemCount]!);
  const classes = mergedColumn(kept.classes, came.classes, places, offsets[size.itemCount]!);
  return new VoteTable({ items: itemsOf(offsets), annotators, classes, ...size }, { taken: true });
}

interface Places {
  /** Before which of the kept votes each one comes that came. */
  came: Int32Array;
  /** Which of the kept votes went. */
  went: Int32Array;
}

function mergedColumn(kept: Int32Array | Uint16Array | Uint8Array, came: Int32Array, places: Places, voteCount: number): Int32Array {
  const merged = new Int32Array(voteCount);
  let from = 0;
  let to = 0;
  for (let c = 0, g = 0; c < places.came.length || g < places.went.length;) {
    const place = Math.min(places.came[c] ?? Infinity, places.went[g] ?? Infinity);
    copySpan(kept, from, place, merged, to);
    to += place - from;
    from = place;
    // What came stands before the vote that went from there.
    if (places.came[c] === place) merged[to++] = came[c++]!;
    else {
      from++;
      g++;
    }
  }
  copySpan(kept, from, kept.length, merged, to);
  return merged;
}

/** A loop of its own: of spans of a hundred votes, `set` takes twice as long. */
function copySpan(source: Int32Array | Uint16Array | Uint8Array, from: number, end: number, target: Int32Array, to: number): void {
  for (; from < end; from++, to++) target[to] = source[from]!;
}

/** @throws UnlikeTheLog where more went of an item than were there, or votes are left of items past the end. */
function mergedOffsets({ itemOffsets }: SortedVotes, came: VoteTable, went: VoteTable, itemCount: number): Int32Array {
  const keptItems = itemOffsets.length - 1;
  const offsets = new Int32Array(itemCount + 1);
  for (let item = 0; item < Math.max(itemCount, keptItems); item++) {
    const had = item < keptItems ? itemOffsets[item + 1]! - itemOffsets[item]! : 0;
    const gone = went.itemOffsets[item + 1]! - went.itemOffsets[item]!;
    const left = had - gone;
    if (left < 0 || (left > 0 && item >= itemCount)) throw new UnlikeTheLog(`item ${item} of ${itemCount} had ${had} votes, of which ${gone} went`);
    if (item < itemCount) offsets[item + 1] = offsets[item]! + left + came.itemOffsets[item + 1]! - came.itemOffsets[item]!;
  }
  return offsets;
}

/** Where each vote of `votes` has its place among the kept ones: before the first that is no smaller. */
function placesIn({ itemOffsets, annotators, classes }: SortedVotes, votes: VoteTable): Int32Array {
  const keptItems = itemOffsets.length - 1;
  return Int32Array.from({ length: votes.voteCount }, (_, vote) => {
    const item = votes.items[vote]!;
    const annotator = votes.annotators[vote]!;
    const label = votes.classes[vote]!;
    let low = itemOffsets[Math.min(item, keptItems)]!;
    let high = itemOffsets[Math.min(item + 1, keptItems)]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (annotators[middle]! < annotator || (annotators[middle] === annotator && classes[middle]! < label)) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

/** Where they are; equal ones one after the other. */
function placesOfGone(kept: SortedVotes, went: VoteTable): Int32Array {
  const places = placesIn(kept, went);
  for (let vote = 0; vote < went.voteCount; vote++) {
    const { [vote]: item } = went.items;
    if (vote > 0 && places[vote]! <= places[vote - 1]!) places[vote] = places[vote - 1]! + 1;
    const place = places[vote]!;
    const isThere = place < (kept.itemOffsets[item! + 1] ?? 0) && kept.annotators[place] === went.annotators[vote] && kept.classes[place] === went.classes[vote];
    if (!isThere) throw new UnlikeTheLog(`a vote on item ${item} went that was not kept`);
  }
  return places;
}

function itemsOf(offsets: Int32Array): Int32Array {
  const items = new Int32Array(offsets[offsets.length - 1]!);
  for (let item = 0; item + 1 < offsets.length; item++) {
    for (let vote = offsets[item]!; vote < offsets[item + 1]!; vote++) items[vote] = item;
  }
  return items;
}
