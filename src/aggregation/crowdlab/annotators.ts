import type { VoteTable } from '../vote-table.js';
import type { CrowdlabFit } from './fit.js';

/** How good each single vote is: the posterior of the class it names, V numbers from 0 to 1. */
export function voteQuality(votes: VoteTable, posteriors: Float64Array): Float64Array {
  const { classCount, items, classes } = votes;
  return Float64Array.from(items, (item, v) => posteriors[item * classCount + classes[v]!]!);
}

export interface AnnotatorStatistics {
  /** M, 0 to 1: mean quality of the annotator's votes, mixed with the agreement on shared items; NaN if it shares no item. */
  quality: Float64Array;
  /** M, 0 to 1: share of its votes that name the consensus; NaN without votes. */
  agreement: Float64Array;
  /** M class indices: of the classes it gave, the one that matches the consensus least; -1 without votes. */
  worstClass: Int32Array;
}

/**
 * CROWDLAB's annotator statistics. Of equally bad classes the worst is the one given most, then the one whose items have the
 * highest mean consensus quality, then the lowest. O(votes).
 * @param posteriors N x K of the fit
 */
export function annotatorStatistics(votes: VoteTable, fit: CrowdlabFit, posteriors: Float64Array): AnnotatorStatistics {
  const { annotatorCount, classCount: K, itemOffsets, items, classes } = votes;
  const order = votes.byAnnotator();
  const quality = new Float64Array(annotatorCount).fill(NaN);
  const agreement = new Float64Array(annotatorCount).fill(NaN);
  const worstClass = new Int32Array(annotatorCount).fill(-1);
  const modelShare = shareOfModels(votes, fit);
  const given = new Int32Array(K);
  const matched = new Int32Array(K);
  const consensusQuality = new Float64Array(K);

  for (let annotator = 0; annotator < annotatorCount; annotator++) {
    const from = order.offsets[annotator]!;
    const to = order.offsets[annotator + 1]!;
    if (from === to) continue;
    let qualities = 0;
    let agreed = 0;
    let shared = 0;
    let agreedShared = 0;
    for (let at = from; at < to; at++) {
      const v = order.votes[at]!;
      const item = items[v]!;
      const k = classes[v]!;
      const match = fit.consensus[item] === k ? 1 : 0;
      qualities += posteriors[item * K + k]!;
      agreed += match;
      if (fit.overlap[item]) {
        shared++;
        agreedShared += match;
      }
      given[k]!++;
      matched[k]! += match;
      consensusQuality[k]! += posteriors[item * K + fit.consensus[item]!]!;
    }
    agreement[annotator] = agreed / (to - from);
    if (shared > 0) quality[annotator] = (modelShare * qualities) / (to - from) + (1 - modelShare) * (agreedShared / shared);
    worstClass[annotator] = worst();
    for (let at = from; at < to; at++) {
      const k = classes[order.votes[at]!]!;
      given[k] = matched[k] = consensusQuality[k] = 0;
    }

    function worst(): number {
      let found = -1;
      for (let at = from; at < to; at++) {
        const k = classes[order.votes[at]!]!;
        if (found < 0 || isWorse(k, found)) found = k;
      }
      return found;
    }
  }
  return { quality, agreement, worstClass };

  function isWorse(k: number, than: number): boolean {
    const difference =
      matched[k]! / given[k]! - matched[than]! / given[than]! ||
      given[than]! - given[k]! ||
      consensusQuality[than]! / given[than]! - consensusQuality[k]! / given[k]! ||
      k - than;
    return difference < 0;
  }

  /** How much of the posterior comes from the models, on average. */
  function shareOfModels({ itemCount, voteCount }: VoteTable, { models, annotators }: CrowdlabFit): number {
    const modelWeight = models.reduce((sum, w) => sum + w, 0) / models.length;
    const annotatorWeight = annotators.reduce((sum, w) => sum + w, 0);
    let voted = 0;
    for (let item = 0; item < itemCount; item++) if (itemOffsets[item] !== itemOffsets[item + 1]) voted++;
    let active = 0;
    for (let a = 0; a < annotatorCount; a++) if (order.offsets[a] !== order.offsets[a + 1]) active++;
    return modelWeight / (modelWeight + (annotatorWeight * (voteCount / voted)) / active);
  }
}
