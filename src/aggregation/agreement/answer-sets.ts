import type { VoteTable } from '../vote-table.js';
import { countClasses, type ClassCounts } from './class-counts.js';
import type { AnswerSets } from './metric.js';

/** How often each distinct answer was given on each item: 0 .. K - 1 are the single classes, what follows are sets of several. */
export interface AnswerCounts {
  counts: ClassCounts;
  answers: AnswerSets;
}

export function countAnswers(votes: VoteTable, selection: ArrayLike<number> | null): AnswerCounts {
  const { classes, answers } = distinctAnswers(votes);
  const { itemCount, itemOffsets } = votes;
  return { counts: countClasses({ classCount: answers.offsets.length - 1, itemCount, itemOffsets, classes }, selection), answers };
}

/** One answer a vote. A set of one class is that class, and sets of the same members are one answer. */
export function distinctAnswers(votes: VoteTable): { classes: Int32Array; answers: AnswerSets } {
  const { classCount, candidateSets: sets } = votes;
  const members: number[][] = Array.from({ length: classCount }, (_, k) => [k]);
  if (!sets) return { classes: votes.classes, answers: answerSets(members) };
  const known = new Map(members.map((answer, code) => [answer.join(), code]));
  const codes = Int32Array.from({ length: classCount + sets.offsets.length - 1 }, (_, code) => code);
  for (let set = 0; set < sets.offsets.length - 1; set++) {
    const answer = Array.from(sets.classes.subarray(sets.offsets[set], sets.offsets[set + 1]));
    const key = answer.join();
    if (!known.has(key)) known.set(key, members.push(answer) - 1);
    codes[classCount + set] = known.get(key)!;
  }
  return { classes: votes.classes.map((code) => codes[code]!), answers: answerSets(members) };
}

/** @param members of each answer: distinct classes, ascending */
export function answerSets(members: readonly (readonly number[])[]): AnswerSets {
  const offsets = new Int32Array(members.length + 1);
  members.forEach(({ length }, answer) => (offsets[answer + 1] = offsets[answer]! + length));
  return { offsets, classes: Int32Array.from(members.flat()) };
}

/** K' entries: whether class k is among the members of each answer. */
export function answersWith(answers: AnswerSets, k: number): Uint8Array {
  const within = new Uint8Array(answers.offsets.length - 1);
  for (let answer = 0; answer < within.length; answer++) {
    for (let m = answers.offsets[answer]!; m < answers.offsets[answer + 1]!; m++) if (answers.classes[m] === k) within[answer] = 1;
  }
  return within;
}
