import type { RunParameters } from '../run-parameters.js';
import type { VoteTable } from '../vote-table.js';

/** What a score may read. Arrays are never written to. */
export interface AcquisitionInput {
  /** All items of the pool; those without votes are the unlabelled ones. */
  votes: VoteTable;
  /** One N x K array a model; rows sum to 1 and are out of sample. */
  predictions?: readonly Float64Array[];
  /** N x K soft labels: those of the current run, or predictions. */
  posteriors?: Float64Array;
  parameters?: RunParameters;
  /** What a vote of each annotator costs, above 0; one the array does not reach costs 1. */
  costs?: Float64Array;
  seed?: number;
  /** N: the items' own numbers in their pool, where the votes are of some of its items: a random score is an item's own. */
  itemNumbers?: Int32Array;
}

/** A part of the input; with a question mark one that the score can do without. */
export type AcquisitionPart = 'votes' | 'predictions' | 'predictions?' | 'posteriors' | 'parameters' | 'costs?' | 'seed';

/** How much another vote on an item would help: one record in one file, and one line in the registry `acquisition.ts`. */
export interface AcquisitionScore {
  /** kebab-case, stable: projects name it as their policy. */
  id: string;
  /** Raised whenever the same input may give other bits. */
  version: number;
  title: string;
  /** The paper, with year. */
  source: string;
  reads: readonly AcquisitionPart[];
  /** Whether the score differs between annotators; then there is `scoreFor`. */
  per: 'item' | 'item-annotator';
  /** Which end is asked about first; each score keeps the sign of its paper. */
  first: 'lowest' | 'highest';
  /** What the numbers mean, with their range. */
  meaning: string;
  /** N numbers. The input arrives checked (see `scoreItems`). */
  score(input: AcquisitionInput): Float64Array;
  /** One number for each of `items`: the worth of a vote of this annotator. */
  scoreFor?(input: AcquisitionInput, annotator: number, items: Int32Array): Float64Array;
}
