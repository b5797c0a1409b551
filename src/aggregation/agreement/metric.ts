import type { MethodOptions, OptionSpec } from '../method.js';
import type { ClassCounts } from './class-counts.js';
import type { CandidateSets } from '../vote-table.js';
import type { PairVotes } from './pair-votes.js';

/** What a metric assumes of the classes: names, an order, places on a line, or places on a line from a true zero on. */
export type AgreementScale = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/** An agreement metric is one record in one file of `agreement/`, and one line in the registry `agreement.ts`. */
export interface AgreementMetric {
  /** kebab-case, stable. */
  id: string;
  /** Raised whenever the same votes may give another number. */
  version: number;
  title: string;
  /** The paper, with year. */
  source: string;
  scale: AgreementScale;
  /** Where an option has the metric assume more than `scale` says. */
  scaleWith?: (options: MethodOptions) => AgreementScale;
  /** No value is below; null where there is no bound. None is above 1. */
  lowest: number | null;
  options: readonly OptionSpec[];
  /**
   * The value over all votes, NaN where it is undefined. Metrics with neither it nor `ofSets` are means over pairs of annotators:
   * one minus the observed over the expected disagreement, each summed over all shared items of all pairs.
   */
  ofItems?: (counts: ClassCounts, setting: MetricSetting) => number;
  /** The same of votes that may name sets of classes; the counts are of distinct answers, whose members are given. */
  ofSets?: (answers: AnswerSets) => (counts: ClassCounts) => number;
  /**
   * How far two answers lie apart, 0 to 1: what the agreement of one item is made of. Left out where equal classes agree and others do
   * not at all. `counts` are of all selected items.
   */
  distance?: (counts: ClassCounts, setting: MetricSetting, answers: AnswerSets | null) => AnswerDistance;
  /** The disagreements of pairs of annotators: a function to be called for one pair after another. */
  forPairs?: (setting: MetricSetting) => (pair: PairVotes) => PairDisagreement;
}

export type AnswerDistance = (one: number, other: number) => number;

/** The members of each distinct answer: ascending classes, none for the empty set. */
export type AnswerSets = Pick<CandidateSets, 'offsets' | 'classes'>;

export interface MetricSetting {
  classCount: number;
  /** K places of the classes on a line, in units of the caller; interval metrics read them. */
  classValues: Float64Array;
  /** K places in the order of the classes, 0 .. K - 1; ordinal metrics read them. */
  classRanks: Int32Array;
  options: MethodOptions;
}

/** Both summed over the pair's shared items, so that pairs can be added up. The value is 1 - observed / expected. */
export interface PairDisagreement {
  observed: number;
  expected: number;
}
