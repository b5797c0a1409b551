import type { VoteTable } from '../vote-table.js';

export interface Fingerprints {
  items: Uint32Array;
  annotators: Uint32Array;
  classes: Uint32Array;
}

/** Rounds of refinement: three tell all items of every real crowd tried apart that differ at all, the fourth is for luck in small ones. */
const ROUNDS = 4;

/**
 * A pseudo-random 32-bit number for each item, annotator and class, made of the seed and of how the votes hang together
 * (Weisfeiler-Lehman refinement of the graph of votes), never of an index. Random starts and orders drawn from them do not
 * depend on the order of rows or on how anything is numbered; what the votes cannot tell apart gets the same number.
 */
export function fingerprints(votes: VoteTable, seed: number): Fingerprints {
  const { classCount: K, candidateSets: sets, voteCount } = votes;
  const begin = mix(seed | 0, Math.floor(seed / 2 ** 32) | 0);
  let items = new Uint32Array(votes.itemCount).fill(mix(begin, 1));
  let annotators = new Uint32Array(votes.annotatorCount).fill(mix(begin, 2));
  let classes = new Uint32Array(K).fill(mix(begin, 3));
  const codes = new Uint32Array(K + (sets ? sets.offsets.length - 1 : 0));
  for (let round = 0; round < ROUNDS; round++) {
    codes.set(classes);
    for (let set = 0; K + set < codes.length; set++) {
      let sum = 0;
      for (let m = sets!.offsets[set]!; m < sets!.offsets[set + 1]!; m++) sum = (sum + mix(classes[sets!.classes[m]!]!, 4)) | 0;
      codes[K + set] = mix(sum, 5);
    }
    const nextItems = items.map((colour) => mix(colour, 6));
    const nextAnnotators = annotators.map((colour) => mix(colour, 7));
    const nextClasses = classes.map((colour) => mix(colour, 8));
    // Sums commute, so the order of the votes leaves no trace.
    for (let v = 0; v < voteCount; v++) {
      const item = votes.items[v]!;
      const annotator = votes.annotators[v]!;
      const code = votes.classes[v]!;
      nextItems[item]! += mix(annotators[annotator]!, codes[code]!);
      nextAnnotators[annotator]! += mix(items[item]!, codes[code]!);
      const given = mix(items[item]!, annotators[annotator]!);
      if (code < K) nextClasses[code]! += given;
      else for (let m = sets!.offsets[code - K]!; m < sets!.offsets[code - K + 1]!; m++) nextClasses[sets!.classes[m]!]! += mix(given, 9);
    }
    items = nextItems;
    annotators = nextAnnotators;
    classes = nextClasses;
  }
  return { items, annotators, classes };
}

/** Two 32-bit words to one that depends on every bit of both, in this order (the finaliser of MurmurHash3). */
export function mix(a: number, b: number): number {
  let h = (Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) + Math.imul(b, 0x9e3779b1) + 0x7f4a7c15) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The uniform number strictly between 0 and 1 that a fingerprint stands for. */
export function uniformOf(fingerprint: number): number {
  return ((fingerprint >>> 0) + 0.5) / 2 ** 32;
}
