import { countOf, findLabelIssues, lowest, type IssueFilter, type IssueOptions } from './issues.js';
import type { LabelledPredictions } from './labels.js';
import { scoreLabels, type LabelScore } from './scores.js';

/** Items that may have any number of tags. */
export interface TaggedPredictions {
  /** N x T, row-major: 1 where the tag was given, else 0. */
  tags: Uint8Array;
  /** N x T: the model's probability of each tag, each for itself. */
  probabilities: Float64Array;
  /** T, at least 1. */
  tagCount: number;
}

/** How an item's tag scores, each low = suspicious, become one score of the item. */
export type TagPooling =
  /** From the highest score down to the lowest: e <- alpha x next + (1 - alpha) x e. Alpha 1 is the minimum, 0 the maximum. */
  | { by: 'moving-average'; alpha: number }
  /** Mean weighted by the softmax of (1 - score) / temperature. */
  | { by: 'softmin'; temperature: number };

export const DEFAULT_POOLING: TagPooling = { by: 'moving-average', alpha: 0.8 };

/**
 * Each tag is a binary problem of its own (Thyagarajan et al., Identifying Incorrect Annotations in Multi-Label
 * Classification Data, 2023): predictions [1 - p, p], label 0 or 1.
 * @throws TypeError for lengths that do not match; RangeError for a tag that is not 0 or 1 and a number that is no
 *   probability, naming item, tag and value
 */
export function tagProblems({ tags, probabilities, tagCount }: TaggedPredictions): LabelledPredictions[] {
  if (!Number.isInteger(tagCount) || tagCount < 1) throw new RangeError(`tagCount is ${tagCount}; it must be a whole number of at least 1`);
  if (tags.length !== probabilities.length || tags.length % tagCount !== 0) {
    throw new TypeError(`${tags.length} tags and ${probabilities.length} probabilities; there must be as many of both, ${tagCount} an item`);
  }
  const itemCount = tags.length / tagCount;
  return Array.from({ length: tagCount }, (_, tag) => {
    const labels = new Int32Array(itemCount);
    const predictions = new Float64Array(2 * itemCount);
    for (let item = 0; item < itemCount; item++) {
      const given = tags[item * tagCount + tag]!;
      const p = probabilities[item * tagCount + tag]!;
      if (given > 1) throw new RangeError(`item ${item}, tag ${tag}: ${given} is neither 0 nor 1`);
      if (!(p >= 0 && p <= 1)) throw new RangeError(`item ${item}, tag ${tag}: ${p} is not a probability from 0 to 1`);
      labels[item] = given;
      predictions[2 * item] = 1 - p;
      predictions[2 * item + 1] = p;
    }
    return { labels, predictions, classCount: 2 };
  });
}

/**
 * One score an item, low = suspicious.
 * @param adjusted see `scoreLabels`
 * @returns N numbers
 * @throws as `tagProblems`
 */
export function scoreTaggedItems(given: TaggedPredictions, score: LabelScore, pooling: TagPooling = DEFAULT_POOLING, adjusted = false): Float64Array {
  return poolTagScores(tagProblems(given).map((problem) => scoreLabels(problem, score, adjusted)), pooling);
}

/** @param byTag T arrays of N scores */
export function poolTagScores(byTag: readonly Float64Array[], pooling: TagPooling): Float64Array {
  const scores = new Float64Array(byTag.length);
  return Float64Array.from(byTag[0]!, (_, item) => {
    byTag.forEach((values, tag) => (scores[tag] = values[item]!));
    return pooling.by === 'softmin' ? softmin(scores, pooling.temperature) : movingAverage(scores, pooling.alpha);
  });
}

function movingAverage(scores: Float64Array, alpha: number): number {
  const descending = scores.slice().sort().reverse();
  return descending.reduce((average, next) => alpha * next + (1 - alpha) * average);
}

function softmin(scores: Float64Array, temperature: number): number {
  const least = Math.min(...scores);
  let weighted = 0;
  let total = 0;
  for (const score of scores) {
    const weight = Math.exp((least - score) / temperature);
    weighted += weight * score;
    total += weight;
  }
  return weighted / total;
}

/**
 * Items of which at least one tag is probably wrong: the union over the tags' binary problems. The low-... filters flag the
 * items with the lowest pooled scores, as many as confident-learning flags.
 * @returns N: 1 where a tag is probably wrong or missing
 * @throws as `tagProblems` and `findLabelIssues`
 */
export function findTagIssues(given: TaggedPredictions, options: IssueOptions = {}): Uint8Array {
  const filter: IssueFilter = options.filter ?? 'prune-by-noise-rate';
  if (filter === 'low-self-confidence' || filter === 'low-normalized-margin') {
    const score = filter === 'low-self-confidence' ? 'self-confidence' : 'normalized-margin';
    return lowest(scoreTaggedItems(given, score), countOf(findTagIssues(given, { filter: 'confident-learning' })));
  }
  const byTag = findIssuesByTag(given, options);
  return byTag[0]!.map((_, item) => (byTag.some((flags) => flags[item]) ? 1 : 0));
}

/** T arrays of N flags: which items' answer about each tag is probably wrong. */
export function findIssuesByTag(given: TaggedPredictions, options: IssueOptions = {}): Uint8Array[] {
  return tagProblems(given).map((problem) => findLabelIssues(problem, options));
}
