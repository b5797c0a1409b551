/** What becomes of several votes of one annotator on one item: the first is what projects do unless told otherwise. */
export const repeatPolicies = ['KEEP_LAST', 'KEEP_FIRST', 'REJECT', 'KEEP_ALL'] as const;
export type Repeats = (typeof repeatPolicies)[number];

/** The part of a vote that two votes are compared by. `outcome` 0 is a class. */
export interface Answer {
  classIndex: number;
  outcome: number;
  /** When the annotator answered, in milliseconds since 1970; null or NaN where that is not told. */
  time: number | null;
}

/** What becomes of a vote that meets a standing one of the same annotator on the same item. */
export type Verdict = 'DUPLICATE' | 'SUPERSEDE' | 'KEEP_LATER' | 'KEEP_FIRST' | 'REJECT';

/**
 * The one rule of repeats for the policies under which one vote stands. Which of two is the later is told by their own times
 * where both have one, else, and of equal times, by their arrival. The same answer again changes nothing, unless its time
 * moves the standing one's to where a third vote must be compared with it; a SKIP or UNSURE never stands in the way of a
 * class where the first answer counts; all else is as the policy says.
 */
export function judgeRepeat(policy: Exclude<Repeats, 'KEEP_ALL'>, standing: Answer, repeat: Answer): Verdict {
  const order = orderOfTimes(standing, repeat);
  if (sameAnswer(standing, repeat)) return (policy === 'KEEP_LAST' && order > 0) || (policy === 'KEEP_FIRST' && order < 0) ? 'SUPERSEDE' : 'DUPLICATE';
  if (policy === 'KEEP_LAST') return order < 0 ? 'KEEP_LATER' : 'SUPERSEDE';
  if ((standing.outcome === 0) !== (repeat.outcome === 0)) {
    if (repeat.outcome === 0) return 'SUPERSEDE';
    return policy === 'KEEP_FIRST' ? 'KEEP_FIRST' : 'REJECT';
  }
  if (policy === 'REJECT') return 'REJECT';
  return order < 0 ? 'SUPERSEDE' : 'KEEP_FIRST';
}

export function sameAnswer(a: Pick<Answer, 'classIndex' | 'outcome'>, b: Pick<Answer, 'classIndex' | 'outcome'>): boolean {
  return a.classIndex === b.classIndex && a.outcome === b.outcome;
}

/** Below 0 where the repeat was answered before the standing vote, above 0 after it; 0 where their times do not tell. */
function orderOfTimes(standing: Answer, repeat: Answer): number {
  const order = (repeat.time ?? NaN) - (standing.time ?? NaN);
  return Number.isNaN(order) ? 0 : order;
}

/** Votes in the order of their arrival. */
export interface ArrivedVotes {
  items: Int32Array;
  annotators: Int32Array;
  /** Class indices; -1, -2, -3 for the outcomes 1, 2, 3, which are no class. */
  answers: Int32Array;
  /** Milliseconds, NaN where unknown; null where no vote has a time. */
  times: Float64Array | null;
  itemCount: number;
  annotatorCount: number;
}

/**
 * Which votes stand when these arrive one after the other, as a project with the policy would have it. O(votes + items + annotators).
 * @returns 1 for each vote that stands, and how many do not
 */
export function standingVotes({ items, annotators, answers, times, itemCount, annotatorCount }: ArrivedVotes, policy: Repeats): { stands: Uint8Array; repeats: number } {
  const n = items.length;
  const stands = new Uint8Array(n).fill(1);
  let repeats = 0;
  if (policy === 'KEEP_ALL') return { stands, repeats };
  // The votes of an item together, in their order.
  const next = new Int32Array(itemCount + 1);
  for (let vote = 0; vote < n; vote++) next[items[vote]! + 1]!++;
  for (let item = 0; item < itemCount; item++) next[item + 1]! += next[item]!;
  const byItem = new Int32Array(n);
  for (let vote = 0; vote < n; vote++) byItem[next[items[vote]!]!++] = vote;

  const metOn = new Int32Array(annotatorCount).fill(-1);
  const standing = new Int32Array(annotatorCount);
  const answerOf = (vote: number): Answer => ({ classIndex: Math.max(-1, answers[vote]!), outcome: Math.max(0, -answers[vote]!), time: times ? times[vote]! : null });
  for (let i = 0; i < n; i++) {
    const vote = byItem[i]!;
    const annotator = annotators[vote]!;
    if (metOn[annotator] !== items[vote]) {
      metOn[annotator] = items[vote]!;
      standing[annotator] = vote;
      continue;
    }
    repeats++;
    const before = standing[annotator]!;
    const supersedes = judgeRepeat(policy, answerOf(before), answerOf(vote)) === 'SUPERSEDE';
    stands[supersedes ? before : vote] = 0;
    if (supersedes) standing[annotator] = vote;
  }
  return { stands, repeats };
}
