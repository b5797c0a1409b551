import type { VoteColumns } from '../vote-table.js';
import type { Uniform } from '../numeric/sampling.js';

/** How an annotator of a simulated crowd behaves. */
export const behaviours = ['honest', 'spammer', 'colluder', 'drifter'] as const;
export type Behaviour = (typeof behaviours)[number];

/** A crowd whose truth is known. Everything follows from the options and the seed. */
export interface SimulatedCrowd {
  /** Votes in the order in which they were cast, item after item: ready for `new VoteTable(crowd.columns)`. */
  columns: VoteColumns & { items: Int32Array; annotators: Int32Array; classes: Int32Array };
  /** N true classes. */
  truth: Int32Array;
  parameters: CrowdParameters;
}

/** What the votes were drawn from. Fields in question marks belong to some models only. */
export interface CrowdParameters {
  /** K numbers that sum to 1. */
  classPriors: Float64Array;
  /** M entries. */
  behaviour: Behaviour[];
  /** M numbers: the chance that the annotator, were it honest, is right on a typical item (glad: one of difficulty 1). */
  skill: Float64Array;
  /** M relative chances of being given the next item; they sum to 1. */
  activity: Float64Array;
  /** The group of each colluder, -1 for the others. */
  group: Int32Array;
  /** The one class a spammer always answers; -1 where it answers at random, and for others. */
  constantAnswer: Int32Array;
  /**
   * P(vote = l | true class = k) of one honest annotator at [k * K + l]; dawid-skene and one-coin. Spammers, colluders and
   * drifters have one too: it is what they would do if they tried.
   */
  confusionOf?: (annotator: number) => Float64Array;
  /** glad: M abilities and N easinesses, P(right) = sigmoid(ability * easiness). */
  ability?: Float64Array;
  easiness?: Float64Array;
  /** top-two: N second-best classes and N chances in [.5, 1] that who knows the pair picks the true one. */
  second?: Int32Array;
  clarity?: Float64Array;
}

/** What a model of honest answers is given. */
export interface CrowdPlan {
  itemCount: number;
  annotatorCount: number;
  classCount: number;
  truth: Int32Array;
  skill: Float64Array;
  options: { confusable: number; easinessSpread: number };
}

/** How honest annotators answer: one record a file, one line in `simulate.ts`. */
export interface AnswerModel {
  id: string;
  title: string;
  source: string;
  /** Draws what the model needs beyond the skills, and returns the way to draw one answer. */
  prepare(plan: CrowdPlan, random: Uniform): { parameters: Partial<CrowdParameters>; answer: (annotator: number, item: number) => number };
}
