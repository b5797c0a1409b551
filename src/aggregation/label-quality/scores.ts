import { checkLabelled, type LabelledPredictions } from './labels.js';
import { classThresholds } from './confident-joint.js';

export const labelScores = ['self-confidence', 'normalized-margin', 'confidence-weighted-entropy'] as const;
export type LabelScore = (typeof labelScores)[number];

/** Probabilities inside logarithms and divisors are at least this. */
const FLOOR = 1e-6;

/**
 * How far each given label can be trusted, low = suspicious (Northcutt, Jiang & Chuang 2021; Kuan & Mueller 2022):
 * self-confidence p(label), 0 to 1; normalized-margin (p(label) - the best other p + 1) / 2, 0 to 1;
 * confidence-weighted-entropy ln(v + 1) / v with v = entropy / ln K / p(label), 0 to 1.
 * @param adjusted scores the predictions after subtracting each class's threshold, so that classes the model is less sure of
 *   are not suspected wholesale; not meant for the entropy
 * @returns N numbers
 * @throws as `checkLabelled`
 */
export function scoreLabels(given: LabelledPredictions, score: LabelScore, adjusted = false): Float64Array {
  checkLabelled(given);
  return scoreChecked(adjusted ? adjustedPredictions(given) : given, score);
}

/** `scoreLabels` of labels and predictions that were checked. */
export function scoreChecked({ labels, predictions, classCount: K }: LabelledPredictions, score: LabelScore): Float64Array {
  const scores = new Float64Array(labels.length);
  for (let item = 0; item < labels.length; item++) scores[item] = SCORES[score](predictions, item * K, K, labels[item]!);
  return scores;
}

const SCORES: Record<LabelScore, (rows: Float64Array, at: number, K: number, label: number) => number> = {
  'self-confidence': (rows, at, _K, label) => rows[at + label]!,
  'normalized-margin': (rows, at, K, label) => {
    let other = -Infinity;
    for (let k = 0; k < K; k++) if (k !== label && rows[at + k]! > other) other = rows[at + k]!;
    return (rows[at + label]! - other + 1) / 2;
  },
  'confidence-weighted-entropy': (rows, at, K, label) => {
    const v = normalizedEntropy(rows, at, K) / Math.max(rows[at + label]!, FLOOR);
    return Math.log(v + 1) / Math.max(v, FLOOR);
  },
};

/** Entropy of the K probabilities at `at` as a share of ln K, 0 to 1. */
export function normalizedEntropy(rows: Float64Array, at: number, K: number): number {
  let sum = 0;
  for (let k = 0; k < K; k++) sum -= rows[at + k]! * Math.log(Math.max(rows[at + k]!, FLOOR));
  return sum / Math.log(K);
}

/** Predictions minus the class thresholds, lifted by the largest threshold to stay positive, rows summing to 1 again. */
function adjustedPredictions(given: LabelledPredictions): LabelledPredictions {
  const { predictions, classCount: K } = given;
  const thresholds = classThresholds(given);
  const most = Math.max(...thresholds);
  const rows = new Float64Array(predictions.length);
  for (let at = 0; at < rows.length; at += K) {
    let total = 0;
    for (let k = 0; k < K; k++) total += rows[at + k] = predictions[at + k]! - thresholds[k]! + most;
    for (let k = 0; k < K; k++) rows[at + k]! /= total;
  }
  return { ...given, predictions: rows };
}
