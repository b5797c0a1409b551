import { resolveOptions } from '../options.js';
import type { VoteTable } from '../vote-table.js';
import type { AgreementMetric, MetricSetting } from './metric.js';

export interface AgreementRequest {
  /** The metric's id. */
  metric: string;
  /** Votes for candidate sets are no single class and are passed over; repeated votes count each (pairwise metrics: together as one). */
  votes: VoteTable;
  options?: Record<string, unknown>;
  /** Only these items: distinct item indices; all if absent. */
  items?: ArrayLike<number>;
  /** Places of the K classes on a line, for interval metrics; 0 .. K - 1 if absent. */
  classValues?: ArrayLike<number>;
}

/** @throws RangeError or TypeError naming the field, the value and the limits. */
export function checkedRequest(request: AgreementRequest, metric: AgreementMetric): { setting: MetricSetting; items: ArrayLike<number> | null } {
  const { votes, options, items, classValues } = request;
  const values = classValues ? Float64Array.from(classValues) : Float64Array.from({ length: votes.classCount }, (_, k) => k);
  if (values.length !== votes.classCount) throw new TypeError(`classValues has ${values.length} entries; it must have one for each of the ${votes.classCount} classes`);
  const unfit = values.findIndex((value) => !Number.isFinite(value));
  if (unfit >= 0) throw new RangeError(`classValues[${unfit}] is ${values[unfit]}; it must be a finite number`);
  if (items) checkSelection(items, votes.itemCount);
  const setting: MetricSetting = { classCount: votes.classCount, classValues: values, options: resolveOptions(metric, options) };
  return { setting, items: items ?? null };
}

function checkSelection(items: ArrayLike<number>, itemCount: number): void {
  const chosen = new Uint8Array(itemCount);
  for (let s = 0; s < items.length; s++) {
    const item = items[s]!;
    if (!Number.isInteger(item) || item < 0 || item >= itemCount) throw new RangeError(`items[${s}] is ${item}; it must be an item index from 0 to ${itemCount - 1}`);
    if (chosen[item]) throw new RangeError(`items[${s}] is ${item}, which was selected before`);
    chosen[item] = 1;
  }
}

/** N entries: 1 for the selected items, 0 for the others. */
export function selectionWeights(items: ArrayLike<number>, itemCount: number): Uint8Array {
  const weights = new Uint8Array(itemCount);
  for (let s = 0; s < items.length; s++) weights[items[s]!] = 1;
  return weights;
}
