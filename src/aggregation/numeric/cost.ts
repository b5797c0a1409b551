import type { AggregationMethod, MethodOptions } from '../method.js';

/** What a run's cost follows from. */
export interface CostSize {
  /** N, M and K. */
  items: number;
  annotators: number;
  classes: number;
  votes: number;
  /** How many models' predictions are read. */
  models: number;
  /** Whether something is known of annotators beforehand; not where left out. */
  priors?: boolean;
}

/** Orders of magnitude, known before the start: for a bound and a word of warning, not for a bill. */
export interface Cost {
  /** Basic steps over the entries of arrays. */
  operations: number;
  /** Of typed arrays at the peak, those of the result included, without the votes themselves. */
  bytes: number;
}

export type CostEstimate = (size: CostSize, options: MethodOptions) => Cost;

/** Steps that one core takes in a second, about: kernels measured from 100M (exponentials) to 1,000M (WebAssembly). */
const OPERATIONS_A_SECOND = 3e8;

/** The N x K soft labels. */
export function softLabelBytes({ items, classes }: CostSize): number {
  return 8 * items * classes;
}

/** Entries of full confusion matrices: K for each class that an annotator used, of which nobody has more than votes. */
export function confusionEntries({ annotators, classes, votes }: CostSize): number {
  return Math.min(votes, annotators * classes) * classes;
}

/** Iterations that are usual, of those that the options allow; a tolerance of 0 takes all of them. */
export function usualIterations(usual: number, { maxIterations, tolerance }: MethodOptions): number {
  return tolerance === 0 ? (maxIterations as number) : Math.min(usual, maxIterations as number);
}

/** For methods that go through votes and soft labels a few times, or as often as `passes` says. */
export function passes(count: number | ((options: MethodOptions) => number)): CostEstimate {
  return (size, options) => ({
    operations: (typeof count === 'number' ? count : count(options)) * (size.votes + size.items * size.classes),
    bytes: softLabelBytes(size),
  });
}

/**
 * For methods of the Dawid-Skene kind: iterations over votes x K and over full confusion matrices, of which `matrices` are kept.
 * @param usual iterations on real crowds; the option maxIterations bounds them.
 */
export function emOverMatrices(usual: number, { matrices = 2, stepsAnEntry = 3 } = {}): CostEstimate {
  return (size, options) => ({
    operations: usualIterations(usual, options) * (size.votes * size.classes + stepsAnEntry * confusionEntries(size) + size.items * size.classes),
    bytes: 8 * matrices * confusionEntries(size) + softLabelBytes(size),
  });
}

/** For methods that iterate over the votes alone, with a number of steps for each. */
export function iterationsOverVotes(usual: number, stepsAVote: number): CostEstimate {
  return (size, options) => ({
    operations: usualIterations(usual, options) * (stepsAVote * size.votes + size.items * size.classes),
    bytes: softLabelBytes(size) + 24 * size.votes,
  });
}

export interface RunCost extends Cost {
  /** On one core, about. */
  seconds: number;
}

export function runCost(method: AggregationMethod, size: CostSize, options: MethodOptions): RunCost {
  const cost = method.estimate(size, options);
  return { ...cost, seconds: secondsOf(cost) };
}

export function secondsOf({ operations }: Pick<Cost, 'operations'>): number {
  return operations / OPERATIONS_A_SECOND;
}

/** The most that a run may cost. */
export interface CostBounds {
  operations: number;
  bytes: number;
}

/**
 * Why a run is not let in, with its cost, the bound, and which methods would be: null where it is within the bounds.
 * @param names what the bounds are called where they can be raised
 * @param others methods that could take its place
 */
export function costRefusal(
  method: AggregationMethod, size: CostSize, options: MethodOptions, bounds: CostBounds, names: { operations: string; megabytes: string },
  others: readonly { method: AggregationMethod; options: MethodOptions }[],
): string | null {
  const cost = runCost(method, size, options);
  const passed = [
    ...(cost.operations > bounds.operations ? [`${names.operations} is ${shown(bounds.operations)}`] : []),
    ...(cost.bytes > bounds.bytes ? [`${names.megabytes} is ${shown(bounds.bytes / 1e6)}`] : []),
  ];
  if (passed.length === 0) return null;
  const within = others
    .map((other) => ({ id: other.method.id, cost: runCost(other.method, size, other.options) }))
    .filter(({ id, cost: { operations, bytes } }) => id !== method.id && operations <= bounds.operations && bytes <= bounds.bytes)
    .sort((a, b) => a.cost.operations - b.cost.operations)
    .slice(0, 3);
  const instead = within.length > 0 ? `choose another method (${within.map(({ id, cost: { seconds } }) => `${id}, about ${shownSeconds(seconds)}`).join('; ')})` : 'take fewer classes or items';
  return `${method.id} would take ${costInWords(cost)} for ${size.votes} votes on ${size.items} items by ${size.annotators} annotators in ${size.classes} classes, and ` +
    `${passed.join(', ')}: ${instead}, lower its maxIterations or other options, or raise ${passed.map((bound) => bound.split(' ')[0]).join(' and ')}`;
}

/** "about 4e+10 operations (2 min) and 1,200 MB" */
export function costInWords({ operations, bytes, seconds }: RunCost): string {
  return `about ${shown(operations)} operations (${shownSeconds(seconds)}) and ${shown(bytes / 1e6)} MB`;
}

function shown(value: number): string {
  return value >= 1e6 ? value.toExponential(1).replace('.0e', 'e') : Math.ceil(value).toLocaleString('en');
}

function shownSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
