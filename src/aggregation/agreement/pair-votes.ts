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
export function forEachPair({ votes, itemWeights, classOf }: PairWalk, visit: (pair: PairVotes) => void): void {
  const { annotatorCount, classCount, itemOffsets, items, annotators, classes } = votes;
  const byAnnotator = votes.byAnnotator();
  const repeats = repeatCounts(votes);
  const starts = new Int32Array(annotatorCount);
  const sizes = new Int32Array(annotatorCount);
  const met: number[] = [];
  let partners = new Int32Array(1024);
  let mine = new Int32Array(1024);
  let theirs = new Int32Array(1024);
  let weights = new Float64Array(1024);
  const pair: PairVotes = { a: 0, b: 0, start: 0, end: 0, first: new Int32Array(64), second: new Int32Array(64), weight: new Float64Array(64), sharedItems: 0 };

  for (let a = 0; a < annotatorCount; a++) {
    // Collect the votes of later annotators on this one's items.
    let collected = 0;
    for (let r = byAnnotator.offsets[a]!; r < byAnnotator.offsets[a + 1]!; r++) {
      const vote = byAnnotator.votes[r]!;
      const item = items[vote]!;
      const itemWeight = itemWeights ? itemWeights[item]! : 1;
      if (itemWeight === 0 || classes[vote]! >= classCount) continue;
      for (let other = vote + 1; other < itemOffsets[item + 1]!; other++) {
        const b = annotators[other]!;
        if (b === a || classes[other]! >= classCount) continue;
        if (collected === partners.length) {
          partners = doubled(partners, Int32Array);
          mine = doubled(mine, Int32Array);
          theirs = doubled(theirs, Int32Array);
          weights = doubled(weights, Float64Array);
        }
        if (sizes[b]!++ === 0) met.push(b);
        partners[collected] = b;
        mine[collected] = classOf ? classOf[classes[vote]!]! : classes[vote]!;
        theirs[collected] = classOf ? classOf[classes[other]!]! : classes[other]!;
        weights[collected++] = repeats ? itemWeight / (repeats[vote]! * repeats[other]!) : itemWeight;
      }
    }
    // Bring them together by partner.
    met.sort((x, y) => x - y);
    let at = 0;
    for (const b of met) {
      starts[b] = at;
      at += sizes[b]!;
    }
    while (pair.first.length < collected) {
      pair.first = doubled(pair.first, Int32Array);
      pair.second = doubled(pair.second, Int32Array);
      pair.weight = doubled(pair.weight, Float64Array);
    }
    const { first, second, weight } = pair;
    for (let c = 0; c < collected; c++) {
      const place = starts[partners[c]!]!++;
      first[place] = mine[c]!;
      second[place] = theirs[c]!;
      weight[place] = weights[c]!;
    }
    pair.a = a;
    for (const b of met) {
      pair.b = b;
      pair.end = starts[b]!;
      pair.start = pair.end - sizes[b]!;
      pair.sharedItems = 0;
      for (let c = pair.start; c < pair.end; c++) pair.sharedItems += weight[c]!;
      visit(pair);
      sizes[b] = 0;
    }
    met.length = 0;
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

function doubled<T extends Int32Array | Float64Array>(array: T, type: new (length: number) => T): T {
  const longer = new type(array.length * 2);
  longer.set(array);
  return longer;
}
