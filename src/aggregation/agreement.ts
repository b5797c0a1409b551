import { percentileInterval, type BootstrapInterval } from './agreement/bootstrap.js';
import { countAnswers } from './agreement/answer-sets.js';
import { countClasses, itemTotal, type ClassCounts } from './agreement/class-counts.js';
import { cohenKappa } from './agreement/cohen-kappa.js';
import { overItems, overPairs, overSets, type Evaluation } from './agreement/evaluation.js';
import { fleissKappa } from './agreement/fleiss-kappa.js';
import { gwetAc1 } from './agreement/gwet-ac1.js';
import { agreementOfItems, type ItemAgreement } from './agreement/item-agreement.js';
import { krippendorffInterval, krippendorffNominal, krippendorffOrdinal, krippendorffRatio } from './agreement/krippendorff-alpha.js';
import type { AgreementMetric, MetricSetting } from './agreement/metric.js';
import { forEachPair } from './agreement/pair-votes.js';
import { percent } from './agreement/percent.js';
import { jaccardAlpha, masiAlpha } from './agreement/set-alpha.js';
import { checkedRequest, selectionWeights, type AgreementRequest } from './agreement/request.js';
import type { MethodOptions } from './method.js';
import { uniformSource } from './numeric/sampling.js';
import type { VoteTable } from './vote-table.js';

export type { BootstrapInterval } from './agreement/bootstrap.js';
export type { AgreementMetric, AgreementScale } from './agreement/metric.js';
export type { ItemAgreement } from './agreement/item-agreement.js';
export { missingScale, type AgreementRequest, type MissingScale } from './agreement/request.js';

/** THE REGISTRY: a metric is one file of `agreement/` and one line here. */
export const agreementMetrics: readonly AgreementMetric[] = [
  percent,
  cohenKappa,
  fleissKappa,
  krippendorffNominal,
  krippendorffOrdinal,
  krippendorffInterval,
  krippendorffRatio,
  jaccardAlpha,
  masiAlpha,
  gwetAc1,
];

/** @throws RangeError naming the metrics there are. */
export function findAgreementMetric(id: string): AgreementMetric {
  const metric = agreementMetrics.find((candidate) => candidate.id === id);
  if (!metric) throw new RangeError(`there is no agreement metric ${JSON.stringify(id)}; there are: ${agreementMetrics.map((m) => m.id).join(', ')}`);
  return metric;
}

export interface AgreementMeasureRequest extends AgreementRequest {
  /** Also the agreement upon each class against all others. */
  perClass?: boolean;
  /** Resamples of the items for an interval; 0 (default) gives none. */
  replicates?: number;
  /** Of the interval, default 0.95. */
  level?: number;
  /** Of the resampling, default 0. */
  seed?: number;
}

const measureKeys: readonly (keyof AgreementMeasureRequest)[] = ['perClass', 'replicates', 'level', 'seed'];

export interface AgreementMeasure {
  metric: string;
  version: number;
  options: MethodOptions;
  /** NaN where undefined: no item with two votes, or (chance-corrected metrics) only one class ever voted. */
  value: number;
  /** Items with a vote, and those of them with at least two, which is what agreement is measured on. */
  votedItems: number;
  comparedItems: number;
  interval: BootstrapInterval | null;
  /** K values, if asked for. */
  perClass: Float64Array | null;
  /** What was assumed of the classes. */
  warnings: string[];
}

/**
 * How far annotators agree beyond chance. Cost: O(votes) for all metrics but Cohen's kappa, which takes the number of pairs
 * of votes on one item; a replicate costs O(distinct items) (see `ClassCounts`), or for Cohen's kappa the whole again.
 * @throws RangeError or TypeError naming the field, the value and the limits.
 */
export function measureAgreement(request: AgreementMeasureRequest): AgreementMeasure {
  const metric = findAgreementMetric(request.metric);
  const { setting, items, warnings } = checkedRequest(request, metric, measureKeys);
  const { votes, replicates = 0, level = 0.95, seed = 0 } = request;
  if (!Number.isInteger(replicates) || replicates < 0 || replicates > 1_000_000) throw new RangeError(`replicates is ${replicates}; it must be a whole number from 0 to 1000000`);
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it must lie between 0 and 1, 0.95 for example`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);

  const { counts, evaluation } = evaluated(metric, votes, items, setting);
  const value = evaluation.value();
  const perClass = request.perClass ? Float64Array.from({ length: votes.classCount }, (_, k) => evaluation.ofClass(k)) : null;
  const interval = replicates > 0 ? percentileInterval(Float64Array.from({ length: replicates }, evaluation.replicates(uniformSource(seed))), level) : null;
  return {
    metric: metric.id, version: metric.version, options: setting.options,
    value, votedItems: itemTotal(counts, 1), comparedItems: itemTotal(counts, 2), interval, perClass, warnings,
  };
}

function evaluated(metric: AgreementMetric, votes: VoteTable, items: ArrayLike<number> | null, setting: MetricSetting): { counts: ClassCounts; evaluation: Evaluation } {
  if (metric.ofSets) {
    const counted = countAnswers(votes, items);
    return { counts: counted.counts, evaluation: overSets(metric.ofSets, counted) };
  }
  const counts = countClasses(votes, items);
  return { counts, evaluation: metric.ofItems ? overItems(metric.ofItems, counts, setting) : overPairs(metric.forPairs!, votes, items, setting) };
}

/** The pairs of annotators that share at least one item, by first and then second annotator; one entry a pair. */
export interface PairwiseAgreement {
  first: Int32Array;
  second: Int32Array;
  /** Items both voted on. */
  sharedItems: Int32Array;
  /** NaN where undefined, as for a kappa of two who both only ever gave the same class. */
  value: Float64Array;
}

const mostPairs = 2 ** 25;

/**
 * The agreement of each pair of annotators: percent agreement or Cohen's kappa.
 * Cost: the pairs of votes on one item, and 20 bytes a pair of annotators.
 * @throws RangeError for a metric that does not compare pairs, and beyond 33,554,432 pairs.
 */
export function pairwiseAgreement(request: AgreementRequest): PairwiseAgreement {
  const metric = findAgreementMetric(request.metric);
  const { setting, items } = checkedRequest(request, metric);
  if (!metric.forPairs) {
    const able = agreementMetrics.filter((m) => m.forPairs).map((m) => m.id);
    throw new RangeError(`${metric.id} does not compare pairs of annotators; these do: ${able.join(', ')}`);
  }
  const measure = metric.forPairs(setting);
  const first: number[] = [];
  const second: number[] = [];
  const sharedItems: number[] = [];
  const value: number[] = [];
  forEachPair({ votes: request.votes, itemWeights: items && selectionWeights(items, request.votes.itemCount), classOf: null }, (pair) => {
    if (first.length === mostPairs) throw new RangeError(`more than ${mostPairs} pairs of annotators share items; select fewer items`);
    const { observed, expected } = measure(pair);
    first.push(pair.a);
    second.push(pair.b);
    sharedItems.push(Math.round(pair.sharedItems));
    value.push(1 - observed / expected);
  });
  return { first: Int32Array.from(first), second: Int32Array.from(second), sharedItems: Int32Array.from(sharedItems), value: Float64Array.from(value) };
}

/**
 * The observed agreement of each item with two votes or more, by ascending item: 1 minus the mean distance of its pairs of votes. Of
 * nominal metrics it is the share of the pairs that agree; those of places take their distance as a part of the largest between two
 * classes voted on such items, ratio and set metrics theirs as it is. Cost: O(votes), and the square of the answers on one item.
 * @throws RangeError or TypeError as `measureAgreement` does
 */
export function itemAgreement(request: AgreementRequest): ItemAgreement {
  const metric = findAgreementMetric(request.metric);
  const { setting, items } = checkedRequest(request, metric);
  return agreementOfItems(metric, request.votes, items, setting);
}

/** M x M, row-major: symmetric, NaN for pairs without a common item and on the diagonal. */
export function agreementMatrix(pairs: PairwiseAgreement, annotatorCount: number): Float64Array {
  const matrix = new Float64Array(annotatorCount * annotatorCount).fill(NaN);
  for (let p = 0; p < pairs.value.length; p++) {
    matrix[pairs.first[p]! * annotatorCount + pairs.second[p]!] = pairs.value[p]!;
    matrix[pairs.second[p]! * annotatorCount + pairs.first[p]!] = pairs.value[p]!;
  }
  return matrix;
}
