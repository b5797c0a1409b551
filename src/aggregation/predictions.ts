import type { VoteTable } from './vote-table.js';

/** How far a row of probabilities may be from summing to 1. */
export const ROW_SUM_TOLERANCE = 1e-6;

/**
 * Checks models' predictions: one N x K row-major array a model, each row K probabilities that sum to 1 +- 1e-6. O(models x N x K).
 * @throws TypeError without a model or for an array of the wrong length; RangeError for a number outside 0 to 1 (NaN too)
 *   and for a row that does not sum to 1, naming model, item, class, the value and the limit.
 */
export function checkPredictions(predictions: readonly Float64Array[] | undefined, itemCount: number, classCount: number): asserts predictions is readonly Float64Array[] {
  if (!predictions?.length) throw new TypeError("no model's predictions were given; one N x K array a model is needed");
  predictions.forEach((rows, model) => checkRows(rows, itemCount, classCount, `predictions of model ${model}`));
}

/**
 * The same check for one N x K array of probabilities, `name` saying in an error what the array is.
 * @throws as `checkPredictions`
 */
export function checkRows(rows: Float64Array, itemCount: number, classCount: number, name: string): void {
  if (!Number.isInteger(classCount) || classCount < 1) throw new RangeError(`classCount is ${classCount}; it must be a whole number of at least 1`);
  if (rows.length !== itemCount * classCount) {
    throw new TypeError(`${name}: ${rows.length} numbers for ${itemCount} items of ${classCount} classes; there must be ${itemCount * classCount}`);
  }
  for (let item = 0, at = 0; item < itemCount; item++) {
    let sum = 0;
    for (const end = at + classCount; at < end; at++) {
      const p = rows[at]!;
      // Written so that NaN fails too.
      if (!(p >= 0 && p <= 1 + ROW_SUM_TOLERANCE)) {
        throw new RangeError(`${name}: item ${item}, class ${at - item * classCount}: ${p} is not a probability from 0 to 1`);
      }
      sum += p;
    }
    if (!(Math.abs(sum - 1) <= ROW_SUM_TOLERANCE)) {
      throw new RangeError(`${name}: item ${item}: the ${classCount} probabilities sum to ${sum}; they must sum to 1 within ${ROW_SUM_TOLERANCE}`);
    }
  }
}

/** @throws TypeError when votes name candidate sets: what reads one class a vote cannot use them. */
export function refuseCandidateSets(votes: VoteTable, reader: string): void {
  if (votes.candidateSets) throw new TypeError(`${reader} reads one class a vote; these votes name candidate sets`);
}
