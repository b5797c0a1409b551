import type { VoteTable } from '../aggregation/index.js';

/** What is known about some items of a project, or all of them, when they are judged and scored. T items, K classes. */
export interface ItemFacts {
  /** T codes, ascending. */
  codes: Int32Array;
  /** Standing class votes of these items; annotators numbered by `annotatorCodes`. */
  votes: VoteTable;
  annotatorCodes: ArrayLike<number>;
  /** T: live leases. */
  leases: Int32Array;
  /** T x K: labels as they are now; the class priors for an item without one. */
  posteriors: Float64Array;
  /** T: 1 where there is a label. */
  labelled: Uint8Array;
  /** T class indices, -1 where no answer is known. */
  gold: Int32Array;
  /** One T x K array a model, and for each item whether all models have a row. */
  predictions: { models: Float64Array[]; present: Uint8Array } | null;
  /** T: hours since the item was added; null where no rule asks. */
  ages: Float64Array | null;
  /** What a vote of each annotator costs, by their number in `votes`; null where no rule asks. */
  annotatorCosts: Float64Array | null;
}

/** What the project's rules say about items. */
export interface ItemRules {
  minVotes: number;
  maxVotes: number;
  confidence: number | null;
  policy: string;
  overlapShare: number;
  doneRule: string | null;
  priorityRule: string | null;
  flagRule: string | null;
}
