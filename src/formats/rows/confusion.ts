import { classColumn } from './tables.js';

/** The columns of a confusion matrix's row: P(vote | true class) for each true class, and with intervals their lower and upper ends. */
export function confusionColumns(classes: readonly string[], withIntervals: boolean): string[] {
  const chances = classes.map(classColumn);
  return withIntervals ? [...chances, ...classes.map((name) => `low_${name}`), ...classes.map((name) => `high_${name}`)] : chances;
}

/**
 * The cells of those columns.
 * @param chances K numbers; @param evidence votes and pseudo-votes behind each of them, null where the method does not tell.
 */
export function confusionRow(chances: readonly number[], evidence: readonly number[] | null, interval: (share: number, count: number) => { low: number; high: number }): number[] {
  if (!evidence) return [...chances];
  const intervals = chances.map((chance, k) => interval(chance, evidence[k]!));
  return [...chances, ...intervals.map(({ low }) => low), ...intervals.map(({ high }) => high)];
}
