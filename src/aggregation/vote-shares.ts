import { normalizeRow, setCertain } from './numeric/simplex.js';
import type { VoteTable } from './vote-table.js';

/**
 * N x K shares of each item's votes; a candidate set of s classes gives 1/s to each. Items without votes have 1/K everywhere,
 * items with a gold answer are certain of it.
 */
export function voteShares(votes: VoteTable, gold?: Int32Array): Float64Array {
  const K = votes.classCount;
  const shares = new Float64Array(votes.itemCount * K);
  for (let item = 0; item < votes.itemCount; item++) writeShares(votes, item, gold, shares, item * K);
  return shares;
}

/** One item's row of `voteShares`, to the K numbers of `out` at `at`. */
export function writeShares({ classCount: K, itemOffsets, classes, candidateSets: sets }: VoteTable, item: number, gold: Int32Array | undefined, out: Float64Array, at: number): void {
  if (gold && gold[item]! >= 0) {
    setCertain(out, at, K, gold[item]!);
    return;
  }
  out.fill(0, at, at + K);
  for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) {
    const label = classes[vote]!;
    if (label < K) {
      out[at + label]!++;
      continue;
    }
    const first = sets!.offsets[label - K]!;
    const last = sets!.offsets[label - K + 1]!;
    for (let m = first; m < last; m++) out[at + sets!.classes[m]!]! += 1 / (last - first);
  }
  normalizeRow(out, at, K);
}

/** The K shares of the classes among all votes, alike where there are none: what would be guessed of an item that nobody knows. */
export function classShares({ classes, classCount: K, voteCount, candidateSets: sets }: VoteTable): Float64Array {
  const shares = new Float64Array(K);
  for (let vote = 0; vote < voteCount; vote++) {
    const label = classes[vote]!;
    if (label < K) {
      shares[label]!++;
      continue;
    }
    const first = sets!.offsets[label - K]!;
    const last = sets!.offsets[label - K + 1]!;
    for (let m = first; m < last; m++) shares[sets!.classes[m]!]! += 1 / (last - first);
  }
  return voteCount > 0 ? shares.map((count) => count / voteCount) : shares.fill(1 / K);
}
