import type { ConfusionMatrices } from '../method.js';
import type { RunParameters } from '../run-parameters.js';
import type { AcquisitionScore } from './score.js';

/** True classes less likely than this are left out: each would move the gain by less than 3e-8. */
const NEGLIGIBLE = 1e-9;

/** One annotator's matrix, laid out for scoring. */
interface AnswerModel {
  /** How many classes the annotator uses. */
  answers: number;
  /** K x answers, row-major: P(vote | true class). */
  byTruth: Float64Array;
  /** K: entropy of the annotator's vote for each true class, in nats. */
  entropies: Float64Array;
}

/**
 * The expected fall of an item's entropy when this annotator votes: H(p) - sum over votes of P(vote) H(p after that vote).
 * Computed as the mutual information in its other form, H(vote) - sum_k p(k) H(vote | k), which needs no posterior for each
 * vote: O(K x classes used + classes used logarithms) an item instead of as many logarithms as products.
 */
function gainsOf(model: AnswerModel, posteriors: Float64Array, K: number, items: Int32Array | null, count: number, cost: number): Float64Array {
  const { answers, byTruth, entropies } = model;
  const gains = new Float64Array(count);
  const chances = new Float64Array(answers);
  for (let i = 0; i < count; i++) {
    const at = (items ? items[i]! : i) * K;
    chances.fill(0);
    let expected = 0;
    for (let k = 0; k < K; k++) {
      const p = posteriors[at + k]!;
      if (p < NEGLIGIBLE) continue;
      expected += p * entropies[k]!;
      for (let l = 0, row = k * answers; l < answers; l++) chances[l]! += p * byTruth[row + l]!;
    }
    let entropy = 0;
    for (let l = 0; l < answers; l++) if (chances[l]! > 0) entropy -= chances[l]! * Math.log(chances[l]!);
    // Rounding may take an information of 0 below it.
    gains[i] = Math.max(0, entropy - expected) / cost;
  }
  return gains;
}

/** The matrix of an annotator, or the pooled one for annotators without history. */
function answerModel({ offsets, values }: ConfusionMatrices, annotator: number, K: number): AnswerModel {
  const first = offsets[annotator]!;
  const answers = offsets[annotator + 1]! - first;
  const byTruth = new Float64Array(K * answers);
  const entropies = new Float64Array(K);
  for (let l = 0; l < answers; l++) {
    for (let k = 0; k < K; k++) {
      const chance = values[(first + l) * K + k]!;
      byTruth[k * answers + l] = chance;
      if (chance > 0) entropies[k]! -= chance * Math.log(chance);
    }
  }
  return { answers, byTruth, entropies };
}

export const informationGain: AcquisitionScore = {
  id: 'information-gain',
  version: 1,
  title: 'Expected information gain',
  source: 'Lindley, On a measure of the information provided by an experiment (1956), under the model of Dawid & Skene (1979)',
  reads: ['posteriors', 'parameters', 'costs?'],
  per: 'item-annotator',
  first: 'highest',
  meaning: "nats by which the entropy of the item's soft label is expected to fall, 0 to ln K, divided by the annotator's cost",
  /** For an average annotator: the pooled confusion matrix, at a cost of 1. */
  score({ votes, posteriors, parameters }) {
    return gainsOf(answerModel(parameters!.pooled, 0, votes.classCount), posteriors!, votes.classCount, null, votes.itemCount, 1);
  },
  scoreFor({ votes, posteriors, parameters, costs }, annotator, items) {
    return gainsOf(modelOf(parameters!, annotator, votes.classCount), posteriors!, votes.classCount, items, items.length, costs?.[annotator] ?? 1);
  },
};

function modelOf({ confusion, pooled }: RunParameters, annotator: number, K: number): AnswerModel {
  const known = annotator + 1 < confusion.offsets.length && confusion.offsets[annotator + 1]! > confusion.offsets[annotator]!;
  return known ? answerModel(confusion, annotator, K) : answerModel(pooled, 0, K);
}

/**
 * `scoreItemsFor('information-gain')` for a caller that knows its parts to be sound, as those of a run are, and asks very
 * often about few items.
 * @param posteriors n x K soft labels
 * @returns n numbers, in nats divided by the cost
 */
export function annotatorGains(parameters: RunParameters, annotator: number, posteriors: Float64Array, cost: number): Float64Array {
  const K = parameters.classPriors.length;
  return gainsOf(modelOf(parameters, annotator, K), posteriors, K, null, posteriors.length / K, cost);
}
