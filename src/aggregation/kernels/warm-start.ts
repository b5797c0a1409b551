import type { AggregationInput } from '../method.js';
import type { ConfusionRows } from './confusion-rows.js';
import type { PassState } from './pass.js';

/**
 * Parameters to start from, out of an earlier run's. Where that run had no row, since the annotator has come since or had not
 * used the class yet, the mean over the annotators it knew stands in; columns are then made to sum to 1 again.
 */
export function warmParameters(earlier: NonNullable<AggregationInput['warmStart']>, rows: ConfusionRows, K: number, { confusion, classPriors }: PassState): void {
  classPriors.set(earlier.classPriors);
  const pooled = pooledConfusion(earlier.confusion, K);
  const { offsets, labels, values } = earlier.confusion;
  const totals = new Float64Array(K);
  for (let annotator = 0; annotator + 1 < rows.offsets.length; annotator++) {
    let source = offsets[annotator]!;
    totals.fill(0);
    for (let row = rows.offsets[annotator]!; row < rows.offsets[annotator + 1]!; row++) {
      const label = rows.labels[row]!;
      while (source < offsets[annotator + 1]! && labels[source]! < label) source++;
      const known = source < offsets[annotator + 1]! && labels[source] === label;
      for (let k = 0; k < K; k++) {
        const value = Math.max(1e-10, known ? values[source * K + k]! : pooled[label * K + k]!);
        confusion[row * K + k] = value;
        totals[k]! += value;
      }
    }
    for (let row = rows.offsets[annotator]!; row < rows.offsets[annotator + 1]!; row++) for (let k = 0; k < K; k++) confusion[row * K + k]! /= totals[k]!;
  }
}

/** K x K, [class voted][true class]: the mean over the annotators with votes. */
function pooledConfusion({ offsets, labels, values }: NonNullable<AggregationInput['warmStart']>['confusion'], K: number): Float64Array {
  const pooled = new Float64Array(K * K);
  let known = 0;
  for (let annotator = 0; annotator + 1 < offsets.length; annotator++) if (offsets[annotator + 1]! > offsets[annotator]!) known++;
  for (let row = 0; row < labels.length; row++) for (let k = 0; k < K; k++) pooled[labels[row]! * K + k]! += values[row * K + k]! / known;
  return pooled;
}
