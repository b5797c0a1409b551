import { quantiles } from '../aggregation/index.js';

/** In milliseconds. */
export interface LeadTimes {
  /** Votes with a lead time. */
  votes: number;
  mean: number;
  median: number;
  p10: number;
  p90: number;
}

/** The first edge above 0; what is shorter is one bin. */
const FIRST_EDGE = 100;
/** The R10 series of preferred numbers (ISO 3), in hundredths: ten steps of nearly one ratio to each power of ten. */
const R10 = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];
/** A duration is an int4: 24.9 days at most. */
const DECADES = 8;

/** Bins go from each edge to the one before the next, in milliseconds: 0, 100, 125, 160, ..., 800, 1,000, 1,250, ... */
export const EDGES: readonly number[] = [0, ...Array.from({ length: DECADES * R10.length }, (_, i) => R10[i % R10.length]! * (FIRST_EDGE / 100) * 10 ** Math.floor(i / R10.length))];

/** @param durations in milliseconds. @returns null where there are none. */
export function leadTimes(durations: Int32Array): LeadTimes | null {
  if (durations.length === 0) return null;
  let sum = 0;
  for (const duration of durations) sum += duration;
  const [p10, median, p90] = quantiles(durations, [0.1, 0.5, 0.9]);
  return { votes: durations.length, mean: sum / durations.length, median: median!, p10: p10!, p90: p90! };
}

/** How many lie in each bin of EDGES. */
export function histogram(durations: Int32Array): number[] {
  const counts = new Array<number>(EDGES.length - 1).fill(0);
  for (const duration of durations) counts[binOf(duration)]!++;
  return counts;
}

function binOf(duration: number): number {
  let low = 0;
  let high = EDGES.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (EDGES[middle]! <= duration) low = middle;
    else high = middle;
  }
  return low;
}
