import { quantiles } from '../numeric/quantiles.js';
import { binomial, uniformIndex, weightedIndex, type Uniform } from '../numeric/sampling.js';
import type { ClassCounts } from './class-counts.js';

export interface BootstrapInterval {
  low: number;
  high: number;
  /** Chance that such an interval covers the value, for example 0.95. */
  level: number;
  replicates: number;
  /** Replicates in which the metric was undefined (all votes of one class, say); the interval is over the others. */
  undefinedReplicates: number;
}

/** The interval between the outer quantiles of a metric's values over resampled items; NaN bounds where all were undefined. */
export function percentileInterval(values: Float64Array, level: number): BootstrapInterval {
  const defined = values.filter((value) => !Number.isNaN(value));
  const [low, high] = defined.length === 0 ? [NaN, NaN] : (quantiles(defined, [(1 - level) / 2, (1 + level) / 2]) as [number, number]);
  return { low, high, level, replicates: values.length, undefinedReplicates: values.length - defined.length };
}

/** Draws N of the N items with replacement: one function call a replicate, which overwrites the one before. */
export function resampledCounts(counts: ClassCounts, random: Uniform): () => ClassCounts {
  const distinct = counts.items.length;
  const n = counts.items.reduce((sum, items) => sum + items, 0);
  const replicate = { ...counts, items: new Float64Array(distinct) };
  // A binomial draw costs about as much as forty draws of an item.
  if (n > 40 * distinct) {
    return () => {
      let itemsLeft = n;
      let drawsLeft = n;
      for (let p = 0; p < distinct; p++) {
        const drawn = p === distinct - 1 ? drawsLeft : binomial(random, drawsLeft, counts.items[p]! / itemsLeft);
        replicate.items[p] = drawn;
        itemsLeft -= counts.items[p]!;
        drawsLeft -= drawn;
      }
      return replicate;
    };
  }
  const draw = weightedIndex(counts.items);
  return () => {
    replicate.items.fill(0);
    for (let i = 0; i < n; i++) replicate.items[draw(random)]!++;
    return replicate;
  };
}

/** The same for metrics that ask who voted: how often each of the N items is drawn, out of those listed. */
export function resampledWeights(itemCount: number, items: ArrayLike<number>, random: Uniform): () => Int32Array {
  const weights = new Int32Array(itemCount);
  return () => {
    weights.fill(0);
    for (let i = 0; i < items.length; i++) weights[items[uniformIndex(random, items.length)]!]!++;
    return weights;
  };
}
