/**
 * The quantiles of some numbers, on the line between the two order statistics around each: type 7 of Hyndman & Fan, "Sample Quantiles
 * in Statistical Packages" (1996). No two numbers are taken for equal that are not: mathjs takes neighbours for one, and gave now
 * one, now the other.
 * @param values at least one, none NaN; not written to
 * @param probabilities from 0 to 1
 */
export function quantiles(values: ArrayLike<number>, probabilities: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return probabilities.map((probability) => {
    const rank = probability * (sorted.length - 1);
    const below = sorted[Math.floor(rank)]!;
    const above = sorted[Math.ceil(rank)]!;
    return below + (rank - Math.floor(rank)) * (above - below);
  });
}
