/** Votes annotator by annotator, each one's in the order in which they were given. */
export interface VoteSequence {
  /** N, M and K. */
  itemCount: number;
  annotatorCount: number;
  classCount: number;
  /** M + 1: annotator a has the votes from offsets[a] up to offsets[a + 1]. */
  offsets: Int32Array;
  /** V each. */
  items: Int32Array;
  classes: Int32Array;
}

/** The places of the votes item by item; an item has those from itemOffsets[item] up to itemOffsets[item + 1]. */
export function byItem({ itemCount, items }: VoteSequence): { itemOffsets: Int32Array; places: Int32Array } {
  const itemOffsets = new Int32Array(itemCount + 1);
  for (let vote = 0; vote < items.length; vote++) itemOffsets[items[vote]! + 1]!++;
  for (let item = 0; item < itemCount; item++) itemOffsets[item + 1]! += itemOffsets[item]!;
  const next = itemOffsets.slice(0, itemCount);
  const places = new Int32Array(items.length);
  for (let vote = 0; vote < items.length; vote++) places[next[items[vote]!]!++] = vote;
  return { itemOffsets, places };
}

/** V: the annotator of each vote. */
export function annotatorOfVotes({ annotatorCount, offsets, items }: VoteSequence): Int32Array {
  const of = new Int32Array(items.length);
  for (let annotator = 0; annotator < annotatorCount; annotator++) of.fill(annotator, offsets[annotator], offsets[annotator + 1]);
  return of;
}
