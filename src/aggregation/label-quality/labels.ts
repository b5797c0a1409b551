import { checkRows } from '../predictions.js';

/** A given label an item, and what a model that has not seen it says. */
export interface LabelledPredictions {
  /** N class indices: a consensus, or imported labels. */
  labels: Int32Array;
  /** N x K, row-major; rows sum to 1 and are out of sample. */
  predictions: Float64Array;
  /** K, at least 2. */
  classCount: number;
}

/**
 * @throws TypeError for lengths that do not match; RangeError for K < 2, a label that is no class, a number that is no
 *   probability and a row that does not sum to 1 +- 1e-6, naming the item, the value and the limit
 */
export function checkLabelled({ labels, predictions, classCount }: LabelledPredictions): void {
  // Of one class no label can be wrong.
  if (!Number.isInteger(classCount) || classCount < 2) throw new RangeError(`classCount is ${classCount}; it must be a whole number of at least 2`);
  checkRows(predictions, labels.length, classCount, 'predictions');
  labels.forEach((label, item) => {
    if (label < 0 || label >= classCount) throw new RangeError(`item ${item}: label ${label} is not a class from 0 to ${classCount - 1}`);
  });
}
