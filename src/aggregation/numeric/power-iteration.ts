export interface Eigenvector {
  /** Unit length, its entries' sum not negative. */
  vector: Float64Array;
  iterations: number;
  converged: boolean;
}

/**
 * The leading eigenvector of a symmetric positive semi-definite n x n operator, by power iteration from the constant vector.
 * Converged when a step turns the vector by less than `tolerance`. An operator that takes the vector to 0 ends it there.
 * @param multiply writes the operator times `x` into `y`.
 */
export function leadingEigenvector(n: number, multiply: (x: Float64Array, y: Float64Array) => void, tolerance: number, maxIterations: number): Eigenvector {
  let vector = new Float64Array(n).fill(1 / Math.sqrt(n));
  let next = new Float64Array(n);
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    multiply(vector, next);
    let square = 0;
    for (let i = 0; i < n; i++) square += next[i]! * next[i]!;
    if (!(square > 0)) return { vector, iterations: iteration, converged: true };
    const scale = 1 / Math.sqrt(square);
    let moved = 0;
    for (let i = 0; i < n; i++) {
      next[i]! *= scale;
      moved += (next[i]! - vector[i]!) ** 2;
    }
    [vector, next] = [next, vector];
    if (Math.sqrt(moved) < tolerance) return { vector: pointingUp(vector), iterations: iteration, converged: true };
  }
  return { vector: pointingUp(vector), iterations: maxIterations, converged: false };
}

function pointingUp(vector: Float64Array): Float64Array {
  let sum = 0;
  for (const x of vector) sum += x;
  return sum < 0 ? vector.map((x) => -x) : vector;
}
