import { normalizeRow } from '../numeric/simplex.js';
import type { ConfusionRows } from './confusion-rows.js';
import type { PassState } from './pass.js';

/** Expected counts are raised to this, so that no probability is 0 and an annotator who never met a class is uniform on it. */
export const LEAST_COUNT = 1e-10;

/** Counts to parameters: each annotator's columns (one a true class) and the class priors are made to sum to 1. */
export function maximization({ counts, classCounts, confusion, classPriors }: PassState, { offsets }: ConfusionRows, K: number, extra: Float64Array | null) {
  const totals = new Float64Array(K);

  /** Annotator by annotator, so that the second look at the rows finds them in the cache. */
  function normalizeColumns(from: Float64Array): void {
    for (let annotator = 0; annotator + 1 < offsets.length; annotator++) {
      const first = offsets[annotator]! * K;
      const last = offsets[annotator + 1]! * K;
      totals.fill(0);
      for (let row = first; row < last; row += K) {
        for (let k = 0; k < K; k++) {
          const count = from[row + k]!;
          const raised = count > LEAST_COUNT ? count : LEAST_COUNT;
          confusion[row + k] = raised;
          totals[k]! += raised;
        }
      }
      for (let k = 0; k < K; k++) totals[k] = 1 / totals[k]!;
      for (let row = first; row < last; row += K) for (let k = 0; k < K; k++) confusion[row + k]! *= totals[k]!;
    }
  }

  return {
    update: () => {
      if (extra) for (let i = 0; i < counts.length; i++) counts[i]! += extra[i]!;
      normalizeColumns(counts);
      classPriors.set(classCounts);
      normalizeRow(classPriors, 0, K);
    },
    /** After an extrapolation: what fell to 0 or below comes back as nearly 0. */
    restore: () => {
      normalizeColumns(confusion);
      for (let k = 0; k < K; k++) classPriors[k] = Math.max(LEAST_COUNT, classPriors[k]!);
      normalizeRow(classPriors, 0, K);
    },
  };
}
