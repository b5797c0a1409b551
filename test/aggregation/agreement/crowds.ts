import fc from 'fast-check';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import type { Answer } from './by-definition.js';

export interface SmallCrowd {
  answers: Answer[];
  N: number;
  M: number;
  K: number;
}

/** Up to 12 items and 6 annotators, each pair at most once unless repeats are asked for; any votes may be missing. */
export function crowds({ repeats = false } = {}): fc.Arbitrary<SmallCrowd> {
  return fc.record({ N: fc.integer({ min: 1, max: 12 }), M: fc.integer({ min: 1, max: 6 }), K: fc.integer({ min: 2, max: 5 }) }).chain(({ N, M, K }) => {
    const answer = fc.record({ item: fc.nat(N - 1), annotator: fc.nat(M - 1), label: fc.nat(K - 1) });
    const answers = repeats
      ? fc.array(answer, { maxLength: 60 })
      : fc.uniqueArray(answer, { maxLength: 60, selector: ({ item, annotator }) => item * M + annotator });
    return answers.map((list) => ({ answers: list, N, M, K }));
  });
}

export function tableOf({ answers, N, M, K }: SmallCrowd): VoteTable {
  return new VoteTable({
    items: answers.map((vote) => vote.item),
    annotators: answers.map((vote) => vote.annotator),
    classes: answers.map((vote) => vote.label),
    itemCount: N, annotatorCount: M, classCount: K,
  });
}

/** The bijection of 0 .. count - 1 that sorts the keys. */
export function order(keys: number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => i).sort((x, y) => keys[x]! - keys[y]! || x - y);
}
