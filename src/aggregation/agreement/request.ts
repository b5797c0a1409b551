import { shownClasses, type ClassScale } from '../numeric/class-scale.js';
import { refuseUnknownKeys, resolveOptions } from '../options.js';
import type { VoteTable } from '../vote-table.js';
import type { AgreementMetric, AgreementScale, MetricSetting } from './metric.js';

export interface AgreementRequest {
  /** The metric's id. */
  metric: string;
  /** Votes for candidate sets are no single class: only metrics of sets read them; repeated votes count each (pairwise metrics: together as one). */
  votes: VoteTable;
  options?: Record<string, unknown>;
  /** Only these items: distinct item indices; all if absent. */
  items?: ArrayLike<number>;
  /**
   * Places of the K classes on a line, for interval and ratio metrics, which are their order, too. If absent: the numbers that the
   * classes are named for, or, of a table without names, 0 .. K - 1.
   */
  classValues?: ArrayLike<number>;
}

interface CheckedRequest {
  setting: MetricSetting;
  items: ArrayLike<number> | null;
  warnings: string[];
}

const requestKeys = ['metric', 'votes', 'options', 'items', 'classValues'] as const;

/**
 * @param more what else the caller of a measure may give
 * @throws RangeError or TypeError naming the field, the value and the limits; also where the metric needs an order of the
 *   classes, or their places on a line, and neither the votes nor the request tell it.
 */
export function checkedRequest(request: AgreementRequest, metric: AgreementMetric, more: readonly string[] = []): CheckedRequest {
  refuseUnknownKeys(request, [...requestKeys, ...more], 'the request');
  const { votes, options, items, classValues } = request;
  const resolved = resolveOptions(metric, options);
  if (classValues) checkValues(classValues, votes.classCount);
  if (items) checkSelection(items, votes.itemCount);
  const scale = metric.scaleWith?.(resolved) ?? metric.scale;
  requireScale(metric, scale, request);
  const known = votes.classScale;
  const isAssumed = !classValues && known != null && isUnitApart(known);
  const values = classValues ?? (isAssumed ? null : known?.values) ?? Float64Array.from({ length: votes.classCount }, (_, k) => k);
  const setting: MetricSetting = {
    classCount: votes.classCount, classValues: Float64Array.from(values), classRanks: ranksOf(classValues, votes.classCount), options: resolved,
  };
  const warnings = isAssumed && scale === 'interval' ? [`${metric.id} takes the classes ${shownClasses(known.names)} to lie a unit apart, since none is a number; give classValues for other places`] : [];
  return { setting, items: items ?? null, warnings };
}

function checkValues(values: ArrayLike<number>, classCount: number): void {
  if (values.length !== classCount) throw new TypeError(`classValues has ${values.length} entries; it must have one for each of the ${classCount} classes`);
  const unfit = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (unfit >= 0) throw new RangeError(`classValues[${unfit}] is ${values[unfit]}; it must be a finite number`);
}

/** What is not known of the classes and a scale needs: their order, the places on a line of the classes named, or places of zero and above for those that lie below. */
export type MissingScale = { order: readonly string[] } | { places: readonly string[] } | { belowZero: readonly string[] };

/**
 * Names that are no numbers are neither in an order nor on a line by themselves: ranks of their letters would be a number without
 * meaning. A list in which no class is a number puts them a unit apart, which `checkedRequest` warns of; but not in a distance
 * from zero, which a ratio is of.
 */
export function missingScale(scale: AgreementScale, { votes, classValues }: Pick<AgreementRequest, 'votes' | 'classValues'>): MissingScale | null {
  const known = votes.classScale;
  if (scale === 'nominal') return null;
  if (scale === 'ratio') {
    const places = classValues ?? known?.values;
    const belowZero = places ? namesWhere(votes, (k) => places[k]! < 0) : [];
    if (belowZero.length > 0) return { belowZero };
  }
  if (classValues || !known) return null;
  if (!known.isOrdered) return { order: known.names };
  if (scale === 'ordinal' || (scale === 'interval' && isUnitApart(known))) return null;
  const unplaced = namesWhere(votes, (k) => Number.isNaN(known.values[k]));
  return unplaced.length > 0 ? { places: unplaced } : null;
}

/** Of classes that were voted for; a table without names has them by their indices. */
function namesWhere(votes: VoteTable, test: (k: number) => boolean): string[] {
  const voted = new Uint8Array(votes.classCount);
  for (let vote = 0; vote < votes.voteCount; vote++) if (votes.classes[vote]! < votes.classCount) voted[votes.classes[vote]!] = 1;
  return Array.from(voted.keys()).filter((k) => voted[k] && test(k)).map((k) => votes.classScale?.names[k] ?? String(k));
}

function isUnitApart({ values, isOrdered }: ClassScale): boolean {
  return isOrdered && values.every((value) => Number.isNaN(value));
}

function requireScale(metric: AgreementMetric, scale: AgreementScale, request: AgreementRequest): void {
  const missing = missingScale(scale, request);
  if (!missing) return;
  if ('order' in missing) {
    throw new RangeError(`${metric.id}${metric.scale === 'nominal' ? ' with weights' : ''} needs the order of the classes, and ${shownClasses(missing.order)} are not all numbers; give classes: the list in its order`);
  }
  if ('belowZero' in missing) {
    throw new RangeError(`${metric.id} measures from zero, and ${shownClasses(missing.belowZero)} ${missing.belowZero.length === 1 ? 'lies' : 'lie'} below it; give classValues: a number of 0 or more for each class`);
  }
  const { places } = missing;
  throw new RangeError(`${metric.id} needs each class's place on a line, and ${shownClasses(places)} ${places.length === 1 ? 'is no number' : 'are no numbers'}; give classValues: a number for each class`);
}

/** Each class's place in the order of the values; without any, classes are in their order already. */
function ranksOf(values: ArrayLike<number> | undefined, classCount: number): Int32Array {
  const inOrder = Array.from({ length: classCount }, (_, k) => k);
  if (values) inOrder.sort((a, b) => values[a]! - values[b]! || a - b);
  const ranks = new Int32Array(classCount);
  inOrder.forEach((k, rank) => (ranks[k] = rank));
  return ranks;
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
