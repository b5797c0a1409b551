import type { RunParameters } from '../../run-parameters.js';
import { leaveOneOut } from './leave-one-out.js';
import { annotatorOfVotes, type VoteSequence } from './vote-sequence.js';

/** Votes that are looked at together: all of an annotator, or those of a time. */
export interface VoteGroups {
  count: number;
  /** V: the group of each vote; -1 for one that only bears on others. */
  of: Int32Array;
}

/** What each vote says about the annotator who gave it, seen against what all others say of its item. */
export interface VoteEvidence {
  /** V: probability of the vote's class by the others. */
  agreement: Float64Array;
  /** V: how far the vote went along with the others where these differ from the group's average item. */
  told: Float64Array;
  /** V: the same for an annotator who never errs: the most that `told` is expected to be. 0 where the others know nothing. */
  knowable: Float64Array;
  /** One a group: the agreement of answers drawn at random with the group's own class shares. */
  chance: Float64Array;
  /** Groups x K: mean of the others' probabilities over the group's items; 0 without votes. */
  classShares: Float64Array;
}

/**
 * A group's informedness is the slope of its votes on what the others say: with P_v(k) the others' probabilities at vote
 * v, m(k) the group's class shares and Q(k) the mean of P_v(k),
 *
 *     told_v = (P_v(l_v) - Q(l_v)) - sum_k m(k) (P_v(k) - Q(k)),   knowable_v = sum_k (P_v(k) - Q(k))^2,
 *
 * and sum told / sum knowable estimates the share lambda of the answers that follow the truth, where the rest is drawn without
 * a look at the item: E told_v = lambda knowable_v. Items of which the others know nothing have no weight, and an annotator is
 * not taken for worse because the newest items still have few votes. O(V x K), 16 bytes x groups x K.
 * @param groups the annotators where left out
 */
export function voteEvidence(votes: VoteSequence, parameters: RunParameters, gold?: Int32Array, groups: VoteGroups = { count: votes.annotatorCount, of: annotatorOfVotes(votes) }): VoteEvidence {
  const { classCount: K, classes } = votes;
  const { of: groupOf, count: G } = groups;
  const V = classes.length;
  const counts = new Int32Array(G);
  const own = new Float64Array(G * K);
  for (let vote = 0; vote < V; vote++) {
    if (groupOf[vote]! < 0) continue;
    counts[groupOf[vote]!]!++;
    own[groupOf[vote]! * K + classes[vote]!]!++;
  }
  const classShares = new Float64Array(G * K);
  leaveOneOut(votes, parameters, gold, (vote, others) => {
    const at = groupOf[vote]! * K;
    if (at >= 0) for (let k = 0; k < K; k++) classShares[at + k]! += others[k]!;
  });
  const chance = new Float64Array(G);
  for (let group = 0; group < G; group++) {
    for (let i = group * K; counts[group]! > 0 && i < (group + 1) * K; i++) {
      own[i]! /= counts[group]!;
      classShares[i]! /= counts[group]!;
      chance[group]! += own[i]! * classShares[i]!;
    }
  }

  const agreement = new Float64Array(V);
  const told = new Float64Array(V);
  const knowable = new Float64Array(V);
  leaveOneOut(votes, parameters, gold, (vote, others) => {
    const at = groupOf[vote]! * K;
    if (at < 0) return;
    const label = classes[vote]!;
    let expected = 0;
    let square = 0;
    for (let k = 0; k < K; k++) {
      const news = others[k]! - classShares[at + k]!;
      expected += own[at + k]! * news;
      square += news * news;
    }
    agreement[vote] = others[label]!;
    told[vote] = others[label]! - classShares[at + label]! - expected;
    knowable[vote] = square;
  });
  return { agreement, told, knowable, chance, classShares };
}
