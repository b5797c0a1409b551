import type { Uniform } from '../numeric/sampling.js';
import type { VoteTable } from '../vote-table.js';
import { resampledCounts, resampledWeights } from './bootstrap.js';
import { answerSets, answersWith, type AnswerCounts } from './answer-sets.js';
import { oneAgainstRest, someAgainstRest, type ClassCounts } from './class-counts.js';
import type { AgreementMetric, MetricSetting } from './metric.js';
import { forEachPair } from './pair-votes.js';
import { selectionWeights } from './request.js';

/** The ways one metric is asked about one selection of votes. */
export interface Evaluation {
  value(): number;
  /** Where only being of class k or not counts. */
  ofClass(k: number): number;
  /** One value a call, each over items drawn anew with replacement. */
  replicates(random: Uniform): () => number;
}

export function overItems(measure: NonNullable<AgreementMetric['ofItems']>, counts: ClassCounts, setting: MetricSetting): Evaluation {
  return {
    value: () => measure(counts, setting),
    ofClass: (k) => measure(oneAgainstRest(counts, k), binary(setting)),
    replicates(random) {
      const resample = resampledCounts(counts, random);
      return () => measure(resample(), setting);
    },
  };
}

/** Of class k: whether the answers hold it. */
export function overSets(forSets: NonNullable<AgreementMetric['ofSets']>, { counts, answers }: AnswerCounts): Evaluation {
  const measure = forSets(answers);
  const value = measure(counts);
  return {
    value: () => value,
    ofClass: (k) => forSets(answerSets([[0], [1]]))(someAgainstRest(counts, answersWith(answers, k))),
    replicates(random) {
      const resample = resampledCounts(counts, random);
      return () => measure(resample());
    },
  };
}

/** Disagreements of all pairs of annotators, pooled. */
export function overPairs(forPairs: NonNullable<AgreementMetric['forPairs']>, votes: VoteTable, items: ArrayLike<number> | null, setting: MetricSetting): Evaluation {
  const selected = items && selectionWeights(items, votes.itemCount);
  const pooled = (itemWeights: ArrayLike<number> | null, classOf: ArrayLike<number> | null, within: MetricSetting) => {
    const measure = forPairs(within);
    let observed = 0;
    let expected = 0;
    forEachPair({ votes, itemWeights, classOf }, (pair) => {
      const disagreement = measure(pair);
      observed += disagreement.observed;
      expected += disagreement.expected;
    });
    return 1 - observed / expected;
  };
  return {
    value: () => pooled(selected, null, setting),
    ofClass: (k) => pooled(selected, Int32Array.from({ length: votes.classCount }, (_, l) => Number(l === k)), binary(setting)),
    replicates(random) {
      const resample = resampledWeights(votes.itemCount, votedItems(votes, items), random);
      return () => pooled(resample(), null, setting);
    },
  };
}

function votedItems(votes: VoteTable, items: ArrayLike<number> | null): Int32Array {
  const all = items ? Int32Array.from(items) : Int32Array.from({ length: votes.itemCount }, (_, i) => i);
  return all.filter((i) => votes.itemOffsets[i + 1]! > votes.itemOffsets[i]!);
}

/** Of class k against the rest: two classes, a unit apart. */
function binary(setting: MetricSetting): MetricSetting {
  return { ...setting, classCount: 2, classValues: Float64Array.of(0, 1), classRanks: Int32Array.of(0, 1) };
}
