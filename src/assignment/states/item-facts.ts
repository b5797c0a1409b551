import type { VoteTable } from '../../aggregation/index.js';
import type { ItemFindings } from './item-findings.js';

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
  /** What the current run found about the items beyond their labels; null where no rule asks. */
  findings: ItemFindings | null;
  /** T: hours since the item was added; null where no rule asks. */
  ages: Float64Array | null;
  /** What a vote of each annotator costs, by their number in `votes`; null where no rule asks. */
  annotatorCosts: Float64Array | null;
}

/** What the project's rules say about items. */
export interface ItemRules {
  /** The project's, which rules may name. */
  classes: readonly string[];
  minVotes: number;
  maxVotes: number;
  confidence: number | null;
  policy: string;
  /** Whether there is too little to reason with yet: then first votes are spread. */
  coldStart: boolean;
  overlapShare: number;
  doneRule: string | null;
  priorityRule: string | null;
  flagRule: string | null;
}

/** Votes for each class, below which a run that has not yet seen a vote of each item knows too little. */
const VOTES_A_CLASS = 100;

/**
 * Matrices learnt from a handful of votes send the next ones astray: on 400 items, policies that began at 50 votes needed a
 * fifth more votes in the end than those that waited for one an item.
 * @param runVotes how many votes the current run read; null without one
 */
export function isColdStart(runVotes: number | null, itemCount: number, classCount: number): boolean {
  return runVotes == null || runVotes < Math.min(itemCount, VOTES_A_CLASS * classCount);
}
