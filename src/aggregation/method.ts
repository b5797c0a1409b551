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
  /** Called at most once an iteration; throwing from it ends the run. */
  onProgress?: (progress: Progress) => void;
  /** Threads a kernel may use, itself included; the bits do not depend on it. 1 when absent. */
  threads?: number;
}

export interface Progress {
  phase: string;
  iteration: number;
  objective?: number;
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
  title: string;
  /** The paper, with year. */
  source: string;
  reads: readonly ('votes' | 'gold' | 'predictions' | 'warm-start' | 'prior-counts' | 'candidate-sets')[];
  options: readonly OptionSpec[];
  /** The most classes the method can tell apart, where it has a limit (2 for methods of yes and no). */
  maxClasses?: number;
  /** Cost in words, e.g. "O(votes x K) an iteration". */
  cost: string;
  returns: readonly ('posteriors' | 'quality' | 'confusion' | 'class-priors')[];
  /** What `annotatorQuality` means for this method, with its range. */
  quality?: string;
  /** Names of the findings that are the ends of the 95% interval of `annotatorQuality`, where there is one. */
  qualityInterval?: readonly [low: string, high: string];
  /** All that `run` may find beyond these; a variant or a crowd may leave some out. */
  finds?: readonly FindingSpec[];
  /** `options` arrives complete and checked (see `resolveOptions`). */
  run(input: AggregationInput, options: MethodOptions, context: RunContext): MethodResult;
}
