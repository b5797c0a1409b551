/** How many points of a distribution are kept. */
const KNOTS = 256;

/** Ascending points that cut the numbers into equal parts; empty without numbers. */
export function quantilesOf(numbers: Float64Array): number[] {
  const sorted = numbers.slice().sort();
  if (sorted.length === 0) return [];
  return Array.from({ length: KNOTS + 1 }, (_, knot) => sorted[Math.round((knot / KNOTS) * (sorted.length - 1))]!);
}

/** The share of the distribution that lies below a number, 0 to 1; between two points a straight line. */
export function rankIn(quantiles: readonly number[], value: number): number {
  const last = quantiles.length - 1;
  if (last < 0 || value <= quantiles[0]!) return 0;
  if (value > quantiles[last]!) return 1;
  // The first point that is not below the value.
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (quantiles[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return (low - 1 + shareOf(value, quantiles[low - 1]!, quantiles[low]!)) / last;
}

/** The difference of two numbers may be beyond all numbers; of the smallest there are no halves. */
function shareOf(value: number, from: number, to: number): number {
  return to - from < Infinity ? (value - from) / (to - from) : (value / 2 - from / 2) / (to / 2 - from / 2);
}
