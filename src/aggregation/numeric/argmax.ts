/**
 * The lowest class of the highest of the K numbers at `at`. Equality is exact, as references have it; see `bestClass` for
 * ties up to rounding.
 */
export function argmax(rows: Float64Array, at: number, K: number): number {
  let best = 0;
  for (let k = 1; k < K; k++) if (rows[at + k]! > rows[at + best]!) best = k;
  return best;
}
