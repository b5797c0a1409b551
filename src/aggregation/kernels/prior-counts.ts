import type { ConfusionMatrices } from '../method.js';

/** What is known of one annotator beforehand: a share of right answers, or how often what was answered where what was true. */
export type AnnotatorPrior = { annotator: number; votes: number } & (
  | { accuracy: number }
  /** Parallel: true classes, classes voted for, and counts of any scale, which are brought to `votes` together. */
  | { truths: ArrayLike<number>; labels: ArrayLike<number>; counts: ArrayLike<number> }
);

/** What an accuracy counts as where nobody says. */
export const USUAL_PRIOR_VOTES = 20;

/** 512 MB of doubles. */
const MOST_NUMBERS = 2 ** 26;

/**
 * Counts as methods read them: as if each annotator's last `votes` answers had been seen along with the truth. An accuracy
 * stands for true classes that are alike frequent, and wrong answers that fall on the other classes alike.
 * @param priors by annotator, ascending, each once
 * @throws RangeError naming the annotator and the value, or what the matrices would take.
 */
export function priorCounts(annotatorCount: number, classCount: number, priors: readonly AnnotatorPrior[]): ConfusionMatrices {
  const rowsOf = priors.map((prior) => ('accuracy' in prior ? allClasses(classCount) : usedClasses(prior.labels)));
  const rows = rowsOf.reduce((sum, labels) => sum + labels.length, 0);
  if (rows * classCount > MOST_NUMBERS) {
    throw new RangeError(`what is known beforehand of ${priors.length} annotators over ${classCount} classes is ${rows * classCount} numbers, more than ${MOST_NUMBERS}: give counts of the classes they used in place of accuracies, or know fewer annotators beforehand`);
  }
  const offsets = new Int32Array(annotatorCount + 1);
  const labels = new Int32Array(rows);
  const values = new Float64Array(rows * classCount);
  let row = 0;
  let annotator = -1;
  priors.forEach((prior, p) => {
    if (!(prior.annotator > annotator && prior.annotator < annotatorCount)) throw new RangeError(`annotator ${prior.annotator} is out of order, or not from 0 to ${annotatorCount - 1}`);
    if (!(prior.votes > 0 && prior.votes < Infinity)) throw new RangeError(`what is known of annotator ${prior.annotator} counts as ${prior.votes} votes; it must be a finite number above 0`);
    offsets.fill(row, annotator + 1, prior.annotator + 1);
    labels.set(rowsOf[p]!, row);
    if ('accuracy' in prior) fillAccuracy(prior, classCount, values, row * classCount);
    else fillCounts(prior, rowsOf[p]!, classCount, values, row * classCount);
    row += rowsOf[p]!.length;
    annotator = prior.annotator;
  });
  offsets.fill(row, annotator + 1);
  return { offsets, labels, values };
}

function allClasses(classCount: number): Int32Array {
  return Int32Array.from({ length: classCount }, (_, k) => k);
}

function usedClasses(labels: ArrayLike<number>): Int32Array {
  return Int32Array.from(new Set(Array.from(labels))).sort();
}

function fillAccuracy({ annotator, accuracy, votes }: { annotator: number; accuracy: number; votes: number }, K: number, out: Float64Array, at: number): void {
  if (!(accuracy >= 0 && accuracy <= 1)) throw new RangeError(`the accuracy of annotator ${annotator} is ${accuracy}; it must be from 0 to 1`);
  const right = (votes / K) * accuracy;
  const wrong = ((votes / K) * (1 - accuracy)) / (K - 1);
  for (let label = 0; label < K; label++) for (let k = 0; k < K; k++) out[at + label * K + k] = k === label ? right : wrong;
}

function fillCounts(
  { annotator, truths, labels, counts, votes }: { annotator: number; truths: ArrayLike<number>; labels: ArrayLike<number>; counts: ArrayLike<number>; votes: number },
  rows: Int32Array, K: number, out: Float64Array, at: number,
): void {
  const rowOf = new Map(Array.from(rows, (label, row) => [label, row]));
  let total = 0;
  for (let c = 0; c < counts.length; c++) {
    const [truth, label, count] = [truths[c]!, labels[c]!, counts[c]!];
    if (!(truth >= 0 && truth < K && label >= 0 && label < K)) throw new RangeError(`a count of annotator ${annotator} is of classes ${truth} and ${label}; they must be from 0 to ${K - 1}`);
    if (!(count >= 0 && count < Infinity)) throw new RangeError(`a count of annotator ${annotator} is ${count}; it must be a finite number from 0`);
    out[at + rowOf.get(label)! * K + truth]! += count;
    total += count;
  }
  if (!(total > 0)) throw new RangeError(`the counts of annotator ${annotator} are all 0; leave the annotator out`);
  for (let i = at; i < at + rows.length * K; i++) out[i]! *= votes / total;
}
