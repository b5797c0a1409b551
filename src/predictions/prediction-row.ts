import { rejectedRow, requireRowCount, type RowResult } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';

/** One row as a caller sends it, from GraphQL or a bulk file. */
export interface PredictionRow {
  item: string;
  /** K numbers, in the order of the project's classes. */
  probabilities: readonly number[];
}

export interface CheckedPrediction extends PredictionRow {
  /** The row's place in the call. */
  index: number;
}

/** How far a row may be from summing to 1, and a probability above 1. */
const TOLERANCE = 1e-6;

/** Rows that may be written, and the results of those that may not. */
export function checkPredictionRows(rows: readonly PredictionRow[], classes: readonly string[]): { accepted: CheckedPrediction[]; results: RowResult[] } {
  requireRowCount(rows, 'input.rows');
  const accepted: CheckedPrediction[] = [];
  const results: RowResult[] = [];
  rows.forEach(({ item, probabilities }, index) => {
    const idFault = textFault(item);
    const fault = idFault ? (['INVALID_ID', `item ${excerpt(item)}: ${idFault}`] as const) : probabilitiesFault(probabilities, classes);
    if (fault) results[index] = rejectedRow(index, ...fault);
    else accepted.push({ item, probabilities, index });
  });
  return { accepted, results };
}

function probabilitiesFault(probabilities: readonly number[], classes: readonly string[]): readonly [code: string, message: string] | null {
  const K = classes.length;
  if (probabilities.length !== K) {
    const shown = classes.slice(0, 10).map((name) => excerpt(name)).join(', ');
    return ['WRONG_LENGTH', `${probabilities.length} ${probabilities.length === 1 ? 'probability' : 'probabilities'} for ${K} classes; send one for each, in the order ${shown}${K > 10 ? `, and ${K - 10} more` : ''}`];
  }
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const p = probabilities[k]!;
    // Written so that NaN fails too.
    if (!(p >= 0 && p <= 1 + TOLERANCE)) return ['NOT_A_PROBABILITY', `the probability of class ${excerpt(classes[k])} is ${p}; send a number from 0 to 1`];
    sum += p;
  }
  if (Math.abs(sum - 1) <= TOLERANCE) return null;
  return ['WRONG_SUM', `the ${K} probabilities sum to ${sum}; they must sum to 1 within 1e-6: divide each by their sum if that is what they mean`];
}
