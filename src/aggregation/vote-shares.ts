import { normalizeRow, setCertain } from './numeric/simplex.js';
import type { VoteTable } from './vote-table.js';

/**
 * N x K shares of each item's votes; a candidate set of s classes gives 1/s to each. Items without votes have 1/K everywhere,
 * items with a gold answer are certain of it.
 */
export function voteShares(votes: VoteTable, gold?: Int32Array): Float64Array {
  const { itemCount, classCount: K, itemOffsets, classes, candidateSets: sets } = votes;
  const shares = new Float64Array(itemCount * K);
  for (let item = 0; item < itemCount; item++) {
    const start = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    const known = gold ? gold[item]! : -1;
    if (known >= 0) setCertain(shares, item * K, K, known);
    else if (start === end) shares.fill(1 / K, item * K, (item + 1) * K);
    else {
      for (let vote = start; vote < end; vote++) {
        const label = classes[vote]!;
        if (label < K) {
          shares[item * K + label]!++;
          continue;
        }
        const first = sets!.offsets[label - K]!;
        const last = sets!.offsets[label - K + 1]!;
        for (let m = first; m < last; m++) shares[item * K + sets!.classes[m]!]! += 1 / (last - first);
      }
      normalizeRow(shares, item * K, K);
    }
  }
  return shares;
}
