/** Rows of probabilities: N x K matrices, row-major. */

/**
 * Two classes of one item are tied when they differ by no more than this share of the larger: sums of the same votes in
 * another order differ by less, distinct vote counts by more.
 */
const TIE = 1e-9;

/** Divides the K numbers at `offset` by their sum, which is returned; a sum of 0 (no evidence) leaves the uniform row. */
export function normalizeRow(matrix: Float64Array, offset: number, K: number): number {
  let sum = 0;
  for (let k = 0; k < K; k++) sum += matrix[offset + k]!;
  if (sum > 0) for (let k = 0; k < K; k++) matrix[offset + k]! /= sum;
  else matrix.fill(1 / K, offset, offset + K);
  return sum;
}

/** `normalizeRow` on every row. */
export function normalizeRows(matrix: Float64Array, K: number): void {
  for (let offset = 0; offset < matrix.length; offset += K) normalizeRow(matrix, offset, K);
}

/**
 * Turns K log weights at `offset` into probabilities in place, safe from under- and overflow.
 * @returns the log of the sum of the weights.
 */
export function softmaxRow(matrix: Float64Array, offset: number, K: number): number {
  let max = -Infinity;
  for (let k = 0; k < K; k++) max = Math.max(max, matrix[offset + k]!);
  if (max === -Infinity) {
    matrix.fill(1 / K, offset, offset + K);
    return -Infinity;
  }
  for (let k = 0; k < K; k++) matrix[offset + k] = Math.exp(matrix[offset + k]! - max);
  return max + Math.log(normalizeRow(matrix, offset, K));
}

/** The class with the largest probability; of tied ones the first. */
export function bestClass(matrix: Float64Array, offset: number, K: number): number {
  const least = leastBest(matrix, offset, K);
  let k = 0;
  while (!(matrix[offset + k]! >= least) && k < K - 1) k++;
  return k;
}

/** The classes that share the largest probability, ascending. */
export function bestClasses(matrix: Float64Array, offset: number, K: number): number[] {
  const least = leastBest(matrix, offset, K);
  const best: number[] = [];
  for (let k = 0; k < K; k++) if (matrix[offset + k]! >= least) best.push(k);
  return best;
}

/** How many classes share the largest probability: 1 where the row is decided. */
export function tiedClasses(matrix: Float64Array, offset: number, K: number): number {
  const least = leastBest(matrix, offset, K);
  let tied = 0;
  for (let k = 0; k < K; k++) if (matrix[offset + k]! >= least) tied++;
  return tied;
}

/** Rows whose largest probability is shared. */
export function countTies(matrix: Float64Array, K: number): number {
  let ties = 0;
  for (let offset = 0; offset < matrix.length; offset += K) if (tiedClasses(matrix, offset, K) > 1) ties++;
  return ties;
}

/** Shannon entropy of the K probabilities at `offset`, in nats: 0 to ln K. */
export function entropy(matrix: Float64Array, offset: number, K: number): number {
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const p = matrix[offset + k]!;
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
}

/** Row `offset` becomes certain of class k. */
export function setCertain(matrix: Float64Array, offset: number, K: number, k: number): void {
  matrix.fill(0, offset, offset + K);
  matrix[offset + k] = 1;
}

function leastBest(matrix: Float64Array, offset: number, K: number): number {
  let max = matrix[offset]!;
  for (let k = 1; k < K; k++) if (matrix[offset + k]! > max) max = matrix[offset + k]!;
  return max * (1 - TIE);
}
