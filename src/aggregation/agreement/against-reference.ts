import type { VoteTable } from '../vote-table.js';

/** How each annotator's votes compare with reference classes of the items: cells of confusion matrices that are not 0, by annotator, reference class and class given. */
export interface ReferenceConfusion {
  /** M + 1: the cells of annotator j are offsets[j] up to offsets[j + 1]. */
  offsets: Int32Array;
  annotators: Int32Array;
  referenceClasses: Int32Array;
  givenClasses: Int32Array;
  /** Votes, 1 or more. */
  counts: Int32Array;
}

/**
 * Votes for candidate sets are passed over. O(votes), and the sorting of each annotator's cells.
 * @param reference N class indices, -1 for items without one
 * @throws TypeError or RangeError naming the length, or the item and its class
 */
export function againstReference(votes: VoteTable, reference: Int32Array): ReferenceConfusion {
  const { itemCount, annotatorCount, classCount: K, items, classes } = votes;
  if (reference.length !== itemCount) throw new TypeError(`reference has ${reference.length} entries; it must have one for each of the ${itemCount} items`);
  const unfit = reference.findIndex((k) => k < -1 || k >= K);
  if (unfit >= 0) throw new RangeError(`reference[${unfit}] is ${reference[unfit]}; it must be a class index from 0 to ${K - 1}, or -1`);
  const byAnnotator = votes.byAnnotator();
  const offsets = new Int32Array(annotatorCount + 1);
  const cells: [annotator: number, cell: number, count: number][] = [];
  for (let j = 0; j < annotatorCount; j++) {
    const counts = new Map<number, number>();
    for (const vote of byAnnotator.votes.subarray(byAnnotator.offsets[j], byAnnotator.offsets[j + 1])) {
      const [truth, given] = [reference[items[vote]!]!, classes[vote]!];
      if (truth >= 0 && given < K) counts.set(truth * K + given, (counts.get(truth * K + given) ?? 0) + 1);
    }
    for (const [cell, count] of [...counts].sort(([a], [b]) => a - b)) cells.push([j, cell, count]);
    offsets[j + 1] = cells.length;
  }
  return {
    offsets,
    annotators: Int32Array.from(cells, ([j]) => j), referenceClasses: Int32Array.from(cells, ([, cell]) => Math.floor(cell / K)), givenClasses: Int32Array.from(cells, ([, cell]) => cell % K),
    counts: Int32Array.from(cells, ([, , count]) => count),
  };
}
