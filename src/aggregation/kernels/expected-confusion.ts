import type { AggregationInput, ConfusionMatrices } from '../method.js';
import { normalizeRow } from '../numeric/simplex.js';
import { confusionRows } from './confusion-rows.js';
import { addCounts } from './pass.js';

/** Expected counts are raised to this, so that an annotator who never met a class is uniform on it. */
const LEAST_COUNT = 1e-10;

/** The confusion matrices and class priors that given posteriors imply: one M step. Items without votes or gold answer do not count. */
export function expectedConfusion({ votes, gold }: Pick<AggregationInput, 'votes' | 'gold'>, posteriors: Float64Array): { confusion: ConfusionMatrices; classPriors: Float64Array } {
  const { itemCount, annotatorCount, classCount: K, itemOffsets } = votes;
  const rows = confusionRows(votes);
  const values = new Float64Array(rows.labels.length * K);
  // Members of a candidate set share a vote evenly.
  const even = rows.sets ? new Float64Array(values.length).fill(1) : values;
  const classPriors = new Float64Array(K);
  for (let item = 0; item < itemCount; item++) {
    const first = itemOffsets[item]!;
    const last = itemOffsets[item + 1]!;
    if (first === last && !(gold && gold[item]! >= 0)) continue;
    for (let k = 0; k < K; k++) classPriors[k]! += posteriors[item * K + k]!;
    addCounts(rows, even, first, last, posteriors, item * K, K, values);
  }
  normalizeRow(classPriors, 0, K);
  const totals = new Float64Array(K);
  for (let annotator = 0; annotator < annotatorCount; annotator++) {
    const first = rows.offsets[annotator]! * K;
    const last = rows.offsets[annotator + 1]! * K;
    totals.fill(0);
    for (let row = first; row < last; row += K) for (let k = 0; k < K; k++) totals[k]! += values[row + k] = Math.max(LEAST_COUNT, values[row + k]!);
    for (let row = first; row < last; row += K) for (let k = 0; k < K; k++) values[row + k]! /= totals[k]!;
  }
  return { confusion: { offsets: rows.offsets, labels: rows.labels, values }, classPriors };
}
