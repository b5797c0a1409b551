import type { VoteTable } from '../vote-table.js';
import { normalizeRow } from './simplex.js';

/** Votes as counts: a candidate set of s classes is s votes of 1/s each. Sorted as the table is. */
export interface CountedVotes {
  itemCount: number;
  annotatorCount: number;
  classCount: number;
  itemOffsets: Int32Array;
  annotators: Int32Array;
  classes: Int32Array;
  /** What each entry counts in a vote: 1, or 1/s for a member of a set of s. */
  counts: Float64Array;
  /** The same, but 0 where the annotator had given this item the same answer before: the weight in the annotator's own score. */
  distinct: Float64Array;
}

export type TieRule = 'split' | 'lowest-class';

/** Scores this close, relative to the larger, are a tie: sums in another order differ in the last bits. */
const TIE = 1e-9;

export function countedVotes(votes: VoteTable): CountedVotes {
  const { itemCount, annotatorCount, classCount, candidateSets: sets } = votes;
  const width = (code: number) => (sets && code >= classCount ? sets.offsets[code - classCount + 1]! - sets.offsets[code - classCount]! : 1);
  let length = votes.voteCount;
  if (sets) for (const code of votes.classes) length += width(code) - 1;
  const itemOffsets = new Int32Array(itemCount + 1);
  const annotators = new Int32Array(length);
  const classes = new Int32Array(length);
  const counts = new Float64Array(length);
  const distinct = new Float64Array(length);
  let at = 0;
  for (let v = 0; v < votes.voteCount; v++) {
    const code = votes.classes[v]!;
    const members = width(code);
    const repeat = v > 0 && votes.items[v] === votes.items[v - 1] && votes.annotators[v] === votes.annotators[v - 1] && code === votes.classes[v - 1];
    for (let m = 0; m < members; m++, at++) {
      annotators[at] = votes.annotators[v]!;
      classes[at] = code < classCount ? code : sets!.classes[sets!.offsets[code - classCount]! + m]!;
      counts[at] = 1 / members;
      distinct[at] = repeat ? 0 : 1 / members;
    }
    itemOffsets[votes.items[v]! + 1] = at;
  }
  for (let i = 0; i < itemCount; i++) itemOffsets[i + 1] = Math.max(itemOffsets[i]!, itemOffsets[i + 1]!);
  return { itemCount, annotatorCount, classCount, itemOffsets, annotators, classes, counts, distinct };
}

/**
 * N x K shares of each item's votes, weighted by annotator (weights at least 0; all 1 if left out). Where the weights of an
 * item's votes are all 0 the plain shares stand; an item without votes has 1/K everywhere.
 */
export function weightedShares(votes: CountedVotes, weights?: Float64Array): Float64Array {
  const { itemCount, classCount: K, itemOffsets, annotators, classes, counts } = votes;
  const shares = new Float64Array(itemCount * K);
  for (let i = 0; i < itemCount; i++) {
    const start = itemOffsets[i]!;
    const end = itemOffsets[i + 1]!;
    if (start === end) {
      shares.fill(1 / K, i * K, (i + 1) * K);
      continue;
    }
    let total = 0;
    for (let v = start; v < end; v++) total += counts[v]! * (weights ? weights[annotators[v]!]! : 1);
    const weighted = weights !== undefined && total > 0;
    for (let v = start; v < end; v++) shares[i * K + classes[v]!]! += counts[v]! * (weighted ? weights[annotators[v]!]! : 1);
    // By the sum of the row itself, so that no share can round to more than 1.
    normalizeRow(shares, i * K, K);
  }
  return shares;
}

/**
 * How often each annotator's distinct answers agree with the weighted plurality of their items, from 0 to 1; NaN without votes.
 * 'split' counts an answer 1/t where t classes share the plurality, 'lowest-class' takes the first of them.
 */
export function agreementWithPlurality(votes: CountedVotes, weights: Float64Array | undefined, ties: TieRule): Float64Array {
  const { itemCount, annotatorCount, classCount, itemOffsets, annotators, classes, counts, distinct } = votes;
  const scores = new Float64Array(classCount);
  const hits = new Float64Array(annotatorCount);
  const answers = new Float64Array(annotatorCount);
  for (let i = 0; i < itemCount; i++) {
    const start = itemOffsets[i]!;
    const end = itemOffsets[i + 1]!;
    for (let v = start; v < end; v++) scores[classes[v]!] = 0;
    let best = 0;
    for (let v = start; v < end; v++) {
      const score = (scores[classes[v]!]! += counts[v]! * (weights ? weights[annotators[v]!]! : 1));
      if (score > best) best = score;
    }
    const least = best * (1 - TIE);
    // Scores are at least 0, so -1 marks a class that shares the plurality: it is counted once however many votes it has.
    let tied = 0;
    let lowest = classCount;
    for (let v = start; v < end; v++) {
      const k = classes[v]!;
      if (scores[k]! < least) continue;
      scores[k] = -1;
      tied++;
      if (k < lowest) lowest = k;
    }
    const credit = ties === 'split' ? 1 / tied : 1;
    for (let v = start; v < end; v++) {
      const k = classes[v]!;
      answers[annotators[v]!]! += distinct[v]!;
      if (ties === 'split' ? scores[k] === -1 : k === lowest) hits[annotators[v]!]! += distinct[v]! * credit;
    }
  }
  return hits.map((hit, annotator) => hit / answers[annotator]!);
}
