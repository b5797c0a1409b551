import type { VoteTable } from '../vote-table.js';

/** What two annotators answered to the items both voted on. One object serves all pairs: read, don't keep. */
export interface PairVotes {
  /** Annotator indices, `a` < `b`. */
  a: number;
  b: number;
  /** The range of the three arrays that belongs to this pair: an entry a shared item, more where votes were repeated. */
  start: number;
  end: number;
  /** Classes of a and of b. */
  first: Int32Array;
  second: Int32Array;
  /** How much the entry counts: an item's weight, spread evenly over its repeats. */
  weight: Float64Array;
  /** Sum of the weights. */
  sharedItems: number;
}

export interface PairWalk {
  votes: VoteTable;
  /** How often each item counts (0 leaves it out); null stands for once each. */
  itemWeights: ArrayLike<number> | null;
  /** What each class counts as; null keeps the classes. */
  classOf: ArrayLike<number> | null;
}

/**
 * Visits every pair of annotators who share an item, by a and then b. The cost is the number of pairs of votes on one item;
 * memory that of the busiest annotator's.
 */
export function forEachPair(walk: PairWalk, visit: (pair: PairVotes) => void): void {
  const { annotatorCount } = walk.votes;
  const { offsets, votes } = walk.votes.byAnnotator();
  const repeats = repeatCounts(walk.votes);
  const next = new Int32Array(annotatorCount);
  const sizes = new Int32Array(annotatorCount);
  const met = new Int32Array(annotatorCount);
  const pair: PairVotes = { a: 0, b: 0, start: 0, end: 0, first: new Int32Array(0), second: new Int32Array(0), weight: new Float64Array(0), sharedItems: 0 };

  for (let a = 0; a < annotatorCount; a++) {
    const own = votes.subarray(offsets[a], offsets[a + 1]);
    const partners = met.subarray(0, countShared(walk, a, own, sizes, met)).sort();
    let length = 0;
    for (const b of partners) {
      next[b] = length;
      length += sizes[b]!;
    }
    if (length > pair.first.length) {
      pair.first = new Int32Array(2 * length);
      pair.second = new Int32Array(2 * length);
      pair.weight = new Float64Array(2 * length);
    }
    placeShared(walk, a, own, next, repeats, pair);
    pair.a = a;
    for (const b of partners) {
      pair.b = b;
      pair.end = next[b]!;
      pair.start = pair.end - sizes[b]!;
      pair.sharedItems = 0;
      for (let c = pair.start; c < pair.end; c++) pair.sharedItems += pair.weight[c]!;
      visit(pair);
      sizes[b] = 0;
    }
  }
}

/** Counts in `sizes` the votes of later annotators on the items of a's own votes; lists those annotators and returns how many. */
function countShared({ votes, itemWeights }: PairWalk, a: number, own: Int32Array, sizes: Int32Array, met: Int32Array): number {
  const { classCount, itemOffsets, items, annotators, classes } = votes;
  let partners = 0;
  for (let r = 0; r < own.length; r++) {
    const vote = own[r]!;
    const item = items[vote]!;
    if (classes[vote]! >= classCount || (itemWeights && itemWeights[item] === 0)) continue;
    const end = itemOffsets[item + 1]!;
    for (let other = vote + 1; other < end; other++) {
      const b = annotators[other]!;
      if (b === a || classes[other]! >= classCount) continue;
      if (sizes[b]!++ === 0) met[partners++] = b;
    }
  }
  return partners;
}

/** The same walk again: puts each vote where its pair's lie together, from `next` on. */
function placeShared({ votes, itemWeights, classOf }: PairWalk, a: number, own: Int32Array, next: Int32Array, repeats: Int32Array | null, { first, second, weight }: PairVotes): void {
  const { classCount, itemOffsets, items, annotators, classes } = votes;
  for (let r = 0; r < own.length; r++) {
    const vote = own[r]!;
    const item = items[vote]!;
    const itemWeight = itemWeights ? itemWeights[item]! : 1;
    if (classes[vote]! >= classCount || itemWeight === 0) continue;
    const mine = classOf ? classOf[classes[vote]!]! : classes[vote]!;
    const end = itemOffsets[item + 1]!;
    for (let other = vote + 1; other < end; other++) {
      const b = annotators[other]!;
      if (b === a || classes[other]! >= classCount) continue;
      const place = next[b]!++;
      first[place] = mine;
      second[place] = classOf ? classOf[classes[other]!]! : classes[other]!;
      weight[place] = repeats ? itemWeight / (repeats[vote]! * repeats[other]!) : itemWeight;
    }
  }
}

/** For each vote how many class votes its annotator gave on its item; null where it is always one. */
function repeatCounts(votes: VoteTable): Int32Array | null {
  const { voteCount, classCount, items, annotators, classes } = votes;
  const same = (v: number, w: number) => items[v] === items[w] && annotators[v] === annotators[w];
  let repeated = false;
  for (let v = 1; v < voteCount && !repeated; v++) repeated = same(v, v - 1);
  if (!repeated) return null;
  const counts = new Int32Array(voteCount);
  for (let start = 0; start < voteCount; ) {
    let end = start;
    let kept = 0;
    for (; end < voteCount && same(end, start); end++) if (classes[end]! < classCount) kept++;
    counts.fill(kept, start, end);
    start = end;
  }
  return counts;
}
