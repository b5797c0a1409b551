import type { CostEstimate } from './numeric/cost.js';
import type { VoteTable } from './vote-table.js';

/** What a method may read. Arrays are never written to. */
export interface AggregationInput {
  votes: VoteTable;
  /** Known answers, length N: a class index, or -1 where unknown. */
  gold?: Int32Array;
  /** Model predictions, one N x K row-major array a model; rows sum to 1 and are out of sample. */
  predictions?: Float64Array[];
  /** An earlier run's parameters to start from, over the same annotators and classes. */
  warmStart?: { confusion: ConfusionMatrices; classPriors: Float64Array };
  /** What is known of the annotators from elsewhere, as counts of [vote | true class] added to the M step. */
  priorCounts?: ConfusionMatrices;
}

/** One matrix an annotator, kept only over the classes the annotator used; every other entry is 0. */
export interface ConfusionMatrices {
  /** M + 1 offsets into `labels`. */
  offsets: Int32Array;
  /** The classes each annotator used, ascending. */
  labels: Int32Array;
  /** labels.length x K, row-major: `values[row * K + k]` = P(vote = labels[row] | true class = k). */
  values: Float64Array;
  /**
   * M x K where a method with a prior tells: the votes behind each annotator's column of each true class, pseudo-votes and expected
   * ones. A value v of a column with evidence n is the mean of Beta(v n, (1 - v) n).
   */
  evidence?: Float64Array;
}

export interface MethodResult {
  /** N x K, row-major; rows sum to 1. */
  posteriors: Float64Array;
  /** M numbers, the method's own skill (see the record's `quality`); NaN where the annotator has no votes. */
  annotatorQuality?: Float64Array;
  confusion?: ConfusionMatrices;
  /** K numbers that sum to 1. */
  classPriors?: Float64Array;
  diagnostics: RunDiagnostics;
  /** What else the method found, by the names that its record declares: one number for each of what the finding is about. */
  findings?: Record<string, Float64Array>;
}

export interface RunDiagnostics {
  iterations: number;
  /** False when the cap on iterations ended the run. Methods without iterations report true. */
  converged: boolean;
  /** The objective after each iteration (for EM: natural-log marginal likelihood). */
  trace: number[];
  /** Items whose best class is shared by two or more classes. */
  ties: number;
  warnings: string[];
}

export interface RunContext {
  /** Every random draw derives from it. Same input, options and seed: the same bits. */
  seed: number;
  /** Called once an iteration, and up to 32 times within a long one; throwing from it ends the run. */
  onProgress?: (progress: Progress) => void;
  /** Threads a kernel may use, itself included; the bits do not depend on it. 1 when absent. */
  threads?: number;
}

export interface Progress {
  phase: string;
  /** The one that ended, or that is under way. */
  iteration: number;
  objective?: number;
  /** The share of the iteration that is done; absent once it has ended. */
  done?: number;
}

export type OptionValue = number | boolean | string;

export type OptionSpec =
  | { name: string; type: 'integer' | 'number'; default: number; min: number; max: number; doc: string }
  | { name: string; type: 'boolean'; default: boolean; doc: string }
  | { name: string; type: 'choice'; default: string; choices: readonly string[]; doc: string };

export type MethodOptions = Record<string, OptionValue>;

/** Something that a method finds beyond soft labels, skills and confusion matrices. */
export interface FindingSpec {
  /** camelCase, stable: it is stored with every run, and names fields, columns and orders. */
  name: string;
  /** What each number is about: N, M, K or as many as there are models, or 1. */
  per: 'item' | 'annotator' | 'class' | 'model' | 'run';
  /** A class is an index, -1 where the answer is withheld; a boolean is 0 or 1. NaN is unknown. */
  type: 'number' | 'probability' | 'class' | 'boolean';
  /** Ends of a number's range, where it has them. */
  min?: number;
  max?: number;
  /** Names of the findings that are the ends of its 95% interval. */
  interval?: readonly [low: string, high: string];
  /** For readers of results: what the number says, with its unit. */
  meaning: string;
}

/** A method is one record in one file of `methods/`, and one line in the registry `methods.ts`. */
export interface AggregationMethod {
  /** kebab-case, stable: it is stored with every run. */
  id: string;
  /** Raised whenever the same input may give other bits. */
  version: number;
  /** Earlier versions that can still be run, so that a run of one of them can be repeated to the bit; of the same id, and without earlier ones of their own. */
  earlier?: readonly AggregationMethod[];
  title: string;
  /** The paper, with year. */
  source: string;
  reads: readonly ('votes' | 'gold' | 'predictions' | 'warm-start' | 'prior-counts' | 'candidate-sets')[];
  options: readonly OptionSpec[];
  /** The most classes the method can tell apart, where it has a limit (2 for methods of yes and no). */
  maxClasses?: number;
  /** Cost in words, e.g. "O(votes x K) an iteration". */
  cost: string;
  /** The same in numbers, before anything is computed: one of those in `numeric/cost.ts`, or a function of its own. */
  estimate: CostEstimate;
  returns: readonly ('posteriors' | 'quality' | 'confusion' | 'class-priors')[];
  /** What `annotatorQuality` means for this method, with its range. */
  quality?: string;
  /** Names of the findings that are the ends of the 95% interval of `annotatorQuality`, where there is one. */
  qualityInterval?: readonly [low: string, high: string];
  /**
   * What becomes of an item's label when votes come or go after the run. Left out: with matrices of the method's own, the E step
   * of Dawid-Skene by them; without any, as `moved`: the run's label times the chances of the votes that came, over those that went.
   */
  liveLabels?: 'moved';
  /** All that `run` may find beyond these; a variant or a crowd may leave some out. */
  finds?: readonly FindingSpec[];
  /** `options` arrives complete and checked (see `resolveOptions`). */
  run(input: AggregationInput, options: MethodOptions, context: RunContext): MethodResult;
}
