import { studentQuantile } from './special-functions.js';

/** A figure with its interval, of 95% unless said otherwise. */
export interface Bounded {
  value: number;
  low: number;
  high: number;
}

/**
 * The mean of n numbers, with the interval that Student's t gives it.
 * @param level of the interval; NaN at both ends of one number
 */
export function meanOf(values: Float64Array, level = 0.95): Bounded {
  const n = values.length;
  const value = values.reduce((sum, x) => sum + x, 0) / n;
  if (n < 2) return { value, low: NaN, high: NaN };
  const variance = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (n - 1);
  const width = studentQuantile(1 - (1 - level) / 2, n - 1) * Math.sqrt(variance / n);
  return { value, low: value - width, high: value + width };
}
