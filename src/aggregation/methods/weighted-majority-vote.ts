import type { AggregationMethod, ConfusionMatrices } from '../method.js';
import { passes } from '../numeric/cost.js';
import { countTies, setCertain, softmaxRow } from '../numeric/simplex.js';
import type { VoteTable } from '../vote-table.js';

/**
 * What the votes say if each annotator is right as often as is known beforehand, and wrong answers fall on the other classes
 * alike: a class's weight is the sum over its votes of ln(p (K - 1) / (1 - p)). Nothing is learnt from the votes, so that an
 * annotator counts from the first vote on, and no crowd of others can talk an accuracy up or down.
 */
export const weightedMajorityVote: AggregationMethod = {
  id: 'weighted-majority-vote',
  version: 1,
  title: 'Weighted majority vote',
  source: 'Nitzan & Paroush, "Optimal Decision Rules in Uncertain Dichotomous Choice Situations", International Economic Review 23(2), 1982; for K classes that are wrong alike',
  reads: ['votes', 'gold', 'prior-counts', 'candidate-sets'],
  options: [
    {
      name: 'unknownAccuracy', type: 'number', default: 0.7, min: 0, max: 1,
      doc: 'Accuracy of annotators of whom nothing is known; what is known of the others is joined by one vote of that accuracy, so that nobody is held for infallible.',
    },
  ],
  cost: 'O(votes + items x K), one pass',
  estimate: passes(4),
  returns: ['posteriors', 'quality'],
  quality: 'the accuracy by which their votes were weighed, as it was known beforehand; 0 to 1',
  finds: [
    { name: 'weight', per: 'annotator', type: 'number', meaning: 'what one of their votes adds to the log-odds of its class, in nats: 0 where their answers tell nothing, negative where they are wrong more often than by chance' },
  ],
  run({ votes, gold, priorCounts }, { unknownAccuracy }) {
    const { itemCount, annotatorCount, classCount: K, itemOffsets, annotators } = votes;
    const accuracies = priorAccuracies(votes, priorCounts, bounded(unknownAccuracy as number));
    const weights = accuracies.map((p) => weightOf(p, 1, K));
    const posteriors = new Float64Array(itemCount * K);
    for (let item = 0; item < itemCount; item++) {
      const at = item * K;
      if (gold && gold[item]! >= 0) {
        setCertain(posteriors, at, K, gold[item]!);
        continue;
      }
      for (let vote = itemOffsets[item]!; vote < itemOffsets[item + 1]!; vote++) addVote(votes, vote, accuracies[annotators[vote]!]!, weights[annotators[vote]!]!, posteriors, at);
      softmaxRow(posteriors, at, K);
    }
    const known = knownAnnotators(priorCounts, annotatorCount);
    const warnings = known > 0 ? [] : ['nothing is known of any annotator beforehand, so that all votes weigh alike: give prior accuracies, or choose a method that learns them from the votes'];
    return {
      posteriors, annotatorQuality: ofVoters(votes, accuracies), findings: { weight: ofVoters(votes, weights) },
      diagnostics: { iterations: 1, converged: true, trace: [], ties: countTies(posteriors, K), warnings },
    };
  },
};

/** A vote for one class, or for a set of which one is meant. */
function addVote({ classes, classCount: K, candidateSets }: VoteTable, vote: number, accuracy: number, weight: number, out: Float64Array, at: number): void {
  const label = classes[vote]!;
  if (label < K) {
    out[at + label]! += weight;
    return;
  }
  const first = candidateSets!.offsets[label - K]!;
  const last = candidateSets!.offsets[label - K + 1]!;
  const weightOfSet = weightOf(accuracy, last - first, K);
  for (let m = first; m < last; m++) out[at + candidateSets!.classes[m]!]! += weightOfSet;
}

/** ln of how much likelier an answer that names `size` classes is where one of them is true than where none is. */
function weightOf(accuracy: number, size: number, K: number): number {
  const wrong = (1 - accuracy) / (K - 1);
  return Math.log((accuracy + (size - 1) * wrong) / (size * wrong));
}

/** M accuracies: what is known, joined by one vote of the accuracy of those of whom nothing is. */
function priorAccuracies({ annotatorCount, classCount: K }: VoteTable, prior: ConfusionMatrices | undefined, unknown: number): Float64Array {
  const accuracies = new Float64Array(annotatorCount).fill(unknown);
  if (!prior) return accuracies;
  for (let annotator = 0; annotator < annotatorCount; annotator++) {
    let right = 0;
    let all = 0;
    for (let row = prior.offsets[annotator]!; row < prior.offsets[annotator + 1]!; row++) {
      right += prior.values[row * K + prior.labels[row]!]!;
      for (let k = 0; k < K; k++) all += prior.values[row * K + k]!;
    }
    accuracies[annotator] = (right + unknown) / (all + 1);
  }
  return accuracies;
}

function knownAnnotators(prior: ConfusionMatrices | undefined, annotatorCount: number): number {
  let known = 0;
  for (let annotator = 0; prior && annotator < annotatorCount; annotator++) if (prior.offsets[annotator + 1]! > prior.offsets[annotator]!) known++;
  return known;
}

/** 0 and 1 would weigh infinitely much. */
function bounded(accuracy: number): number {
  return Math.min(Math.max(accuracy, 1e-9), 1 - 1e-9);
}

/** NaN where an annotator has no votes. */
function ofVoters(votes: VoteTable, values: Float64Array): Float64Array {
  const { offsets } = votes.byAnnotator();
  return values.map((value, annotator) => (offsets[annotator + 1]! > offsets[annotator]! ? value : NaN));
}
