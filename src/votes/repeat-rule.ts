import { RepeatPolicy } from '../projects/project.entity.js';

/** The part of a vote that two votes are compared by. `outcome` 0 is a class. */
export interface Answer {
  classIndex: number;
  outcome: number;
}

/** What becomes of a vote that meets a standing one of the same annotator on the same item. */
export type Verdict = 'DUPLICATE' | 'SUPERSEDE' | 'KEEP_FIRST' | 'REJECT';

/**
 * The one rule of repeats for the policies under which one vote stands. The same answer again changes nothing; a SKIP or
 * UNSURE never stands in the way of a class; all else is as the project decided.
 */
export function judgeRepeat(policy: Exclude<RepeatPolicy, RepeatPolicy.KEEP_ALL>, standing: Answer, repeat: Answer): Verdict {
  if (sameAnswer(standing, repeat)) return 'DUPLICATE';
  if (policy === RepeatPolicy.KEEP_LAST) return 'SUPERSEDE';
  if (standing.outcome !== 0 && repeat.outcome === 0) return 'SUPERSEDE';
  return policy === RepeatPolicy.KEEP_FIRST ? 'KEEP_FIRST' : 'REJECT';
}

export function sameAnswer(a: Answer, b: Answer): boolean {
  return a.classIndex === b.classIndex && a.outcome === b.outcome;
}
