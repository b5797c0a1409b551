import { majorityWithPredictions } from '../crowdlab/consensus.js';
import { fitCrowdlab, hasOverlap, posteriorRows } from '../crowdlab/fit.js';
import { bestTemperature, logsOf, scaleInPlace } from '../crowdlab/temperature.js';
import { argmax } from '../numeric/argmax.js';
import { VoteTable } from '../vote-table.js';
import type { AcquisitionScore } from './score.js';

export interface ActiveLabResult {
  /** N numbers from 0 to 1: the lowest are asked about first. */
  scores: Float64Array;
  weights: ActiveLabWeights;
  /** N class indices: the CROWDLAB consensus where an item has votes, else what the models say. */
  consensus: Int32Array;
  warnings: string[];
}

/** What a scoring of the whole pool found about models and annotators: enough to score some of its items again. */
export interface ActiveLabWeights {
  /** Whether items had votes of two annotators, so that there was something to learn from. */
  overlap: boolean;
  /** One a model. */
  temperatures: number[];
  models: number[];
  /** M; 0 for annotators without votes. */
  annotators: ArrayLike<number>;
  /** Over the annotators with votes: also for one that the pool did not know. */
  meanAnnotatorWeight: number;
  /** Chance that a vote names the consensus, and that it names one given other class. */
  agree: number;
  disagree: number;
}

/**
 * Scores of some items with the weights of an earlier scoring of the whole pool: what each is worth after further votes,
 * until the next scoring learns from those too. For items whose votes did not change these are the earlier scores, ties of
 * the consensus aside. O(models x items x K + votes).
 * @param predictions n x K a model, checked
 * @param votes of these items; annotators by their codes of the pool
 * @returns n numbers
 */
export function activeLabAgain(votes: VoteTable, predictions: readonly Float64Array[], weights: ActiveLabWeights): Float64Array {
  const models = weights.overlap ? predictions.map((rows, m) => scaledRows(rows, votes.classCount, weights.temperatures[m]!)) : predictions;
  const annotators = Float64Array.from({ length: votes.annotatorCount }, (_, a) => weights.annotators[a] || weights.meanAnnotatorWeight);
  const modelWeights = Float64Array.from(weights.models);
  const weighing = { meanWeight: weights.meanAnnotatorWeight, modelTotal: sum(modelWeights), annotators };
  const scores = new Float64Array(votes.itemCount);
  scoreVoted(votes, weighing, weights.overlap ? bestOfPosterior() : qualityOfSingleVotes(votes, models), scores);
  scoreUnvoted(votes, weighing, modelWeights, models, scores);
  return scores;

  function bestOfPosterior(): (item: number) => number {
    const { agree, disagree } = weights;
    const rowOf = posteriorRows(votes, models, { annotators, models: modelWeights, agree, disagree });
    return (item) => rowOf(item).reduce((most, p) => Math.max(most, p), 0);
  }
}

/**
 * ActiveLab (Goh & Mueller 2023): how sure the consensus of an item would be if one more annotator, of mean weight and
 * without any knowledge, voted on it. Predictions are scaled by the temperature that fits the votes best and the consensus
 * and the weights are CROWDLAB's. Items without votes compete on the same scale, so the score decides between asking again
 * about an old item and taking a new one. 1M items x 10 classes take 1 s, most of it in the search for the temperature.
 * @param predictions N x K a model, checked; for items with votes, out of sample
 */
export function activeLab(votes: VoteTable, predictions: readonly Float64Array[]): ActiveLabResult {
  const overlap = hasOverlap(votes);
  const temperatures = predictions.map(() => 1);
  const models = predictions.map((rows, m) => {
    // Without overlap there is nothing to fit a temperature to.
    if (!overlap) return rows;
    const logs = logsOf(rows);
    temperatures[m] = bestTemperature(votes, logs);
    scaleInPlace(logs, votes.classCount, temperatures[m]);
    return logs;
  });
  const fit = fitCrowdlab(votes, models);
  const weighing = { meanWeight: meanAnnotatorWeight(votes, fit.annotators), modelTotal: sum(fit.models), annotators: fit.annotators };
  const scores = new Float64Array(votes.itemCount);
  const quality = overlap ? qualityOfConsensus() : qualityOfSingleVotes(votes, models);
  scoreVoted(votes, weighing, quality, scores);
  scoreUnvoted(votes, weighing, fit.models, models, scores);
  return {
    scores, consensus: fit.consensus, warnings: fit.warnings,
    weights: {
      overlap, temperatures, models: Array.from(fit.models), annotators: fit.annotators,
      meanAnnotatorWeight: weighing.meanWeight, agree: fit.agree, disagree: fit.disagree,
    },
  };

  function qualityOfConsensus(): (item: number) => number {
    const rowOf = posteriorRows(votes, models, fit);
    return (item) => rowOf(item)[fit.consensus[item]!]!;
  }
}

/** Where no two annotators met, only the models can tell how good a vote is. */
function qualityOfSingleVotes(votes: VoteTable, models: readonly Float64Array[]): (item: number) => number {
  const labels = majorityWithPredictions(votes, models);
  return (item) => meanOver(models, item * votes.classCount + labels[item]!);
}

function scaledRows(rows: Float64Array, K: number, temperature: number): Float64Array {
  const logs = logsOf(rows);
  scaleInPlace(logs, K, temperature);
  return logs;
}

interface Weighing {
  annotators: Float64Array;
  meanWeight: number;
  modelTotal: number;
}

function scoreVoted({ itemCount, classCount, itemOffsets, annotators }: VoteTable, weighing: Weighing, quality: (item: number) => number, scores: Float64Array): void {
  const { meanWeight, modelTotal } = weighing;
  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    if (first === end) continue;
    let total = modelTotal;
    for (let v = first; v < end; v++) total += weighing.annotators[annotators[v]!]!;
    scores[item] = (total * quality(item) + meanWeight / classCount) / (total + meanWeight);
  }
}

function scoreUnvoted(votes: VoteTable, { meanWeight, modelTotal }: Weighing, modelWeights: Float64Array, models: readonly Float64Array[], scores: Float64Array): void {
  const { itemCount, classCount, itemOffsets } = votes;
  const guesses = models.length > 1 ? guessesOfModels(votes, models) : null;
  for (let item = 0; item < itemCount; item++) {
    if (itemOffsets[item] !== itemOffsets[item + 1]) continue;
    const guess = guesses ? guesses[item]! : argmax(models[0]!, item * classCount, classCount);
    let support = 0;
    for (let m = 0; m < models.length; m++) support += modelWeights[m]! * models[m]![item * classCount + guess]!;
    scores[item] = (support + meanWeight / classCount) / (modelTotal + meanWeight);
  }
}

/** Of the items without votes, the majority vote of the models' best classes: the models are the annotators. */
function guessesOfModels({ itemCount, classCount, itemOffsets }: VoteTable, models: readonly Float64Array[]): Int32Array {
  const items: number[] = [];
  for (let item = 0; item < itemCount; item++) if (itemOffsets[item] === itemOffsets[item + 1]) for (let m = 0; m < models.length; m++) items.push(item);
  const pool = new VoteTable({
    items,
    annotators: items.map((_, v) => v % models.length),
    classes: items.map((item, v) => argmax(models[v % models.length]!, item * classCount, classCount)),
    itemCount, annotatorCount: models.length, classCount,
  });
  return majorityWithPredictions(pool, models);
}

/** 1 without annotators. */
function meanAnnotatorWeight({ annotatorCount, annotators }: VoteTable, weights: Float64Array): number {
  const seen = new Uint8Array(annotatorCount);
  for (let v = 0; v < annotators.length; v++) seen[annotators[v]!] = 1;
  const active = seen.reduce((count, one) => count + one, 0);
  return active > 0 ? sum(weights) / active : 1;
}

function meanOver(models: readonly Float64Array[], at: number): number {
  let total = 0;
  for (const rows of models) total += rows[at]!;
  return total / models.length;
}

function sum(numbers: Float64Array): number {
  return numbers.reduce((total, n) => total + n, 0);
}

export const activelab: AcquisitionScore = {
  id: 'activelab',
  version: 1,
  title: 'ActiveLab',
  source: 'Goh & Mueller, ActiveLab: Active Learning with Re-Labeling by Multiple Annotators (2023)',
  reads: ['votes', 'predictions'],
  per: 'item',
  first: 'lowest',
  meaning: 'how sure the consensus would be after one more vote of unknown worth, 0 to 1',
  score: ({ votes, predictions }) => activeLab(votes, predictions!).scores,
};
