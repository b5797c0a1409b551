// Means over crowds, and how much of a difference of means the choice of the crowds explains.

/** Draws of the bootstrap. */
export const draws = 10_000;

/**
 * The mean of the differences b - a with its 95% interval: the crowds are drawn anew, with both scores of each, always by the same seed.
 * @param a scores, one a crowd; @param b the same crowds' in the same order.
 * @returns {mean, low, high}; of a single crowd low and high are NaN.
 */
export function pairedDifference(a, b) {
  const differences = b.map((score, crowd) => score - a[crowd]);
  if (differences.length < 2) return { mean: mean(differences), low: NaN, high: NaN };
  let state = 1;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) / 2 ** 32;
  const means = Float64Array.from({ length: draws }, () => mean(differences.map(() => differences[Math.floor(random() * differences.length)]))).sort();
  return { mean: mean(differences), low: means[draws * 0.025], high: means[draws * 0.975 - 1] };
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** "+0.47 (+0.10 to +0.89)"; bold where the interval leaves 0 out. */
export function differenceWords({ mean: value, low, high }, digits) {
  const signed = (number) => `${number >= 0 ? '+' : ''}${number.toFixed(digits)}`;
  if (Number.isNaN(low)) return signed(value);
  const words = `${signed(value)} (${signed(low)} to ${signed(high)})`;
  return low > 0 || high < 0 ? `**${words}**` : words;
}
