import type { ConfusionRows } from '../../kernels/confusion-rows.js';
import type { VoteTable } from '../../vote-table.js';
import type { AnnotatorDraw } from './annotator-draws.js';
import { boundsFrom } from './two-classes.js';

/** The items with class votes, those of them whose majority is tied, and how many have at least two votes. */
export function majorities(votes: VoteTable): { voted: number[]; tied: Set<number>; compared: number } {
  const voted: number[] = [];
  const tied = new Set<number>();
  let compared = 0;
  const tally = new Int32Array(votes.classCount);
  for (let item = 0; item < votes.itemCount; item++) {
    const { winners, size } = countVotes(votes, item, tally);
    clearVotes(votes, item, tally);
    if (size === 0) continue;
    voted.push(item);
    if (size > 1) compared++;
    if (winners > 1) tied.add(item);
  }
  return { voted, tied, compared };
}

/** The item's votes by class in `tally`; the greatest, how many classes have it, and all. Candidate sets are passed over. */
function countVotes(votes: VoteTable, item: number, tally: Int32Array): { most: number; winners: number; size: number } {
  let most = 0;
  let winners = 0;
  let size = 0;
  for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
    const k = votes.classes[v]!;
    if (k >= votes.classCount) continue;
    size++;
    const count = tally[k]! + 1;
    tally[k] = count;
    if (count > most) {
      most = count;
      winners = 1;
    } else if (count === most) winners++;
  }
  return { most, winners, size };
}

function clearVotes(votes: VoteTable, item: number, tally: Int32Array): void {
  for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) if (votes.classes[v]! < votes.classCount) tally[votes.classes[v]!] = 0;
}

/** Calls `each` with an item's rank in `items` and K weights proportional to its posterior, the greatest 1. */
function forEachPosterior(votes: VoteTable, rows: ConfusionRows, items: number[], crowd: AnnotatorDraw, each: (rank: number, weights: Float64Array) => void): void {
  const K = votes.classCount;
  const logConfusion = crowd.confusion.map(Math.log);
  const logPriors = crowd.priors.map(Math.log);
  const weights = new Float64Array(K);
  for (let rank = 0; rank < items.length; rank++) {
    const item = items[rank]!;
    weights.set(logPriors);
    for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
      const row = rows.codes[v]!;
      if (row >= 0) for (let k = 0; k < K; k++) weights[k]! += logConfusion[row + k]!;
    }
    let top = -Infinity;
    for (let k = 0; k < K; k++) top = Math.max(top, weights[k]!);
    for (let k = 0; k < K; k++) weights[k] = Math.exp(weights[k]! - top);
    each(rank, weights);
  }
}

/**
 * Mean over the items of how much likelier the best class is than what the majority names, ties split evenly.
 * @param held where given, counts the untied items whose majority is a most probable class of the votes they have
 */
export function judgeVotes(votes: VoteTable, rows: ConfusionRows, items: number[], crowd: AnnotatorDraw, held: Int32Array | null): number {
  const tally = new Int32Array(votes.classCount);
  let regret = 0;
  forEachPosterior(votes, rows, items, crowd, (rank, weights) => {
    const { most, winners } = countVotes(votes, items[rank]!, tally);
    let total = 0;
    let named = 0;
    for (let k = 0; k < weights.length; k++) {
      total += weights[k]!;
      if (tally[k] === most) named += weights[k]!;
    }
    regret += (1 - named / winners) / total;
    if (held && winners === 1 && named > 1 - 1e-12) held[rank]!++;
    clearVotes(votes, items[rank]!, tally);
  });
  return regret / items.length;
}

/** Two classes: counts the items on which majority vote is optimal whatever their annotators vote. */
export function judgePatterns(votes: VoteTable, { offsets, labels }: ConfusionRows, items: number[], { confusion, priors }: AnnotatorDraw, held: Int32Array): void {
  const M = votes.annotatorCount;
  // A + B and B of each annotator, in the notation of two-classes.ts.
  const turns = new Float64Array(M);
  const forZero = new Float64Array(M);
  for (let a = 0; a < M; a++) {
    const row = offsets[a]!;
    if (row === offsets[a + 1]) continue;
    // One of the two rows of a two-class matrix gives the other: the columns sum to 1.
    const one = labels[row] === 1;
    const oneIfOne = one ? confusion[row * 2 + 1]! : 1 - confusion[row * 2 + 1]!;
    const oneIfZero = one ? confusion[row * 2]! : 1 - confusion[row * 2]!;
    forZero[a] = Math.log((1 - oneIfZero) / (1 - oneIfOne));
    turns[a] = Math.log(oneIfOne / oneIfZero) + forZero[a]!;
  }
  const lambda = Math.log(priors[1]! / priors[0]!);
  const turnsOfItem: number[] = [];
  for (let rank = 0; rank < items.length; rank++) {
    const item = items[rank]!;
    let sumB = 0;
    turnsOfItem.length = 0;
    for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
      if (votes.classes[v]! >= 2) continue;
      turnsOfItem.push(turns[votes.annotators[v]!]!);
      sumB += forZero[votes.annotators[v]!]!;
    }
    const { lower, upper } = boundsFrom(Float64Array.from(turnsOfItem), sumB);
    if (lower < lambda && lambda < upper) held[rank]!++;
  }
}
