import { confusablePairs, type AggregationMethod, type ConfusablePair, type FindingSpec, type MethodResult } from '../../aggregation/index.js';
import type { FoundOfRun } from '../run.entity.js';

/** Pairs of classes kept of a run: the costliest. */
const MOST_PAIRS = 1000;

/** Some findings side by side: `columns[c][i]` is what was found as `names[c]` about the i-th item or annotator. */
export interface FoundColumns {
  names: string[];
  columns: Float64Array[];
}

/** What the method found about each item, or annotator, in the order of its record; null where it found nothing. */
export function foundColumns({ finds = [] }: AggregationMethod, { findings = {} }: MethodResult, per: 'item' | 'annotator'): FoundColumns | null {
  const names = finds.filter((spec) => spec.per === per && findings[spec.name]).map((spec) => spec.name);
  return names.length > 0 ? { names, columns: names.map((name) => findings[name]!) } : null;
}

export function foundOfRun({ finds = [] }: AggregationMethod, { findings = {} }: MethodResult): FoundOfRun | null {
  const numbersOf = (per: FindingSpec['per']) => Object.fromEntries(finds.filter((spec) => spec.per === per && findings[spec.name])
    .map(({ name }) => [name, Array.from(findings[name]!, (number) => (Number.isFinite(number) ? number : null))]));
  const found: FoundOfRun = { class: numbersOf('class'), model: numbersOf('model'), run: numbersOf('run') };
  return Object.values(found).some((numbers) => Object.keys(numbers).length > 0) ? found : null;
}

/** The pairs of classes that items are confused between, where the method finds each item's two answers. */
export function foundPairs({ findings = {} }: MethodResult): ConfusablePair[] | null {
  const { first, second, confusionProbability } = findings;
  return first && second && confusionProbability ? confusablePairs(first, second, confusionProbability, { most: MOST_PAIRS }) : null;
}
