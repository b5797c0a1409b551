import { power } from './power.js';

/** How well soft labels agree with gold answers: are they right, and does a stated 80% come true 80% of the time? */
export interface Calibration {
  /** Items with a gold answer; everything below is a mean over them. */
  items: number;
  /** An item whose best class is shared by t classes, the gold answer among them, counts 1/t. */
  accuracy: number;
  /** Natural-log loss of (1 - e) p + e/K, where e is the smoothing. */
  nll: number;
  /** The same loss after a temperature fitted on one half of the gold items is applied to the other: what is left once scale is mended. */
  calibratedNll: number;
  /** Sum over the classes of (p - [class is the gold answer])^2, from 0 to 2. */
  brier: number;
  /** Expected calibration error: |mean confidence - accuracy| over the bins, weighted by their items. */
  ece: number;
  bins: ReliabilityBin[];
}

/** The items whose best class has a probability in (low, high]. */
export interface ReliabilityBin {
  low: number;
  high: number;
  items: number;
  /** Means over the bin's items; NaN in an empty bin. */
  confidence: number;
  accuracy: number;
}

export interface CalibrationOptions {
  /** Equally wide bins of the reliability diagram. */
  bins?: number;
  /** e in (1 - e) p + e/K, which keeps one certain mistake from making the loss infinite. */
  smoothing?: number;
}

/** Probabilities this close, relative to the larger, are equal: sums in another order differ in the last bits. */
const TIE = 1e-9;

/**
 * @param posteriors N x K, row-major.
 * @param gold N class indices, -1 where unknown.
 * @throws RangeError or TypeError for a wrong length, a gold answer that is no class, a number that is no probability, or no gold.
 */
export function calibration(posteriors: Float64Array, classCount: number, gold: ArrayLike<number>, options: CalibrationOptions = {}): Calibration {
  const { bins: binCount = 15, smoothing = 0.01 } = options;
  if (!Number.isInteger(binCount) || binCount < 1) throw new RangeError(`bins is ${binCount}; it must be a whole number from 1`);
  const known = itemsWithGold(posteriors, classCount, gold, smoothing);
  const bins = Array.from({ length: binCount }, () => ({ items: 0, confidence: 0, hits: 0 }));
  let hits = 0;
  let nll = 0;
  let brier = 0;
  for (const item of known) {
    const row = posteriors.subarray(item * classCount, (item + 1) * classCount);
    const answer = gold[item]!;
    const { best, hit } = bestAgainst(row, answer);
    hits += hit;
    nll -= Math.log((1 - smoothing) * row[answer]! + smoothing / classCount);
    brier += 1 - 2 * row[answer]!;
    for (const p of row) brier += p * p;
    const bin = bins[Math.min(binCount - 1, Math.max(0, Math.ceil(best * binCount) - 1))]!;
    bin.items++;
    bin.confidence += best;
    bin.hits += hit;
  }
  const n = known.length;
  return {
    items: n,
    accuracy: hits / n,
    nll: nll / n,
    calibratedNll: crossFittedNll(posteriors, classCount, gold, known, smoothing),
    brier: brier / n,
    ece: bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.hits), 0) / n,
    bins: bins.map(({ items, confidence, hits }, b) => ({
      low: b / binCount,
      high: (b + 1) / binCount,
      items,
      confidence: confidence / items,
      accuracy: hits / items,
    })),
  };
}

/**
 * The temperature T that makes p^(1/T), renormalised, fit the gold answers best (least log loss). Above 1: the soft labels
 * were too sure. It is sought from 0.01 to 100 and stays at the end where the loss still falls there, as it does when every answer is right.
 * @throws as `calibration` does.
 */
export function fitTemperature(posteriors: Float64Array, classCount: number, gold: ArrayLike<number>, smoothing = 0.01): number {
  return temperatureOf(posteriors, classCount, gold, itemsWithGold(posteriors, classCount, gold, smoothing), smoothing);
}

/** Every row smoothed to (1 - e) p + e/K, raised to 1/temperature and renormalised, into a new array. The order of the classes stays. */
export function withTemperature(posteriors: Float64Array, classCount: number, temperature: number, smoothing = 0.01): Float64Array {
  if (!(temperature > 0)) throw new RangeError(`temperature is ${temperature}; it must be above 0`);
  checkSmoothing(smoothing);
  const tempered = new Float64Array(posteriors.length);
  for (let start = 0; start < posteriors.length; start += classCount) {
    // Relative to the row's greatest entry, so that a small temperature cannot take every entry to 0.
    let greatest = 0;
    for (let k = 0; k < classCount; k++) greatest = Math.max(greatest, posteriors[start + k]!);
    const top = smoothed(greatest, classCount, smoothing);
    let total = 0;
    for (let k = 0; k < classCount; k++) {
      total += tempered[start + k] = power(smoothed(posteriors[start + k]!, classCount, smoothing) / top, 1 / temperature);
    }
    for (let k = 0; k < classCount; k++) tempered[start + k]! /= total;
  }
  return tempered;
}

/** The row's greatest probability, and 1/t if the answer is among the t classes that have it, else 0. */
function bestAgainst(row: Float64Array, answer: number): { best: number; hit: number } {
  let best = 0;
  for (const p of row) if (p > best) best = p;
  const least = best * (1 - TIE);
  if (row[answer]! < least) return { best, hit: 0 };
  let tied = 0;
  for (const p of row) if (p >= least) tied++;
  return { best, hit: 1 / tied };
}

function crossFittedNll(posteriors: Float64Array, classCount: number, gold: ArrayLike<number>, known: number[], smoothing: number): number {
  const halves = [known.filter((_, rank) => rank % 2 === 0), known.filter((_, rank) => rank % 2 === 1)];
  let loss = 0;
  for (const [own, other] of [halves, [...halves].reverse()] as [number[], number[]][]) {
    const beta = own.length === 0 ? 1 : 1 / temperatureOf(posteriors, classCount, gold, own, smoothing);
    for (const item of other) loss += tempered(posteriors, classCount, gold, item, smoothing, beta).loss;
  }
  return loss / known.length;
}

/** The loss is convex in 1/T, so its slope changes sign once: bisection on a scale of ratios. */
function temperatureOf(posteriors: Float64Array, classCount: number, gold: ArrayLike<number>, items: number[], smoothing: number): number {
  let low = Math.log(0.01);
  let high = Math.log(100);
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    let slope = 0;
    for (const item of items) slope += tempered(posteriors, classCount, gold, item, smoothing, Math.exp(middle)).slope;
    if (slope < 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/** Log loss of one item at 1/T = beta, and its slope in beta. */
function tempered(posteriors: Float64Array, classCount: number, gold: ArrayLike<number>, item: number, smoothing: number, beta: number) {
  const start = item * classCount;
  let top = 0;
  for (let k = 0; k < classCount; k++) top = Math.max(top, posteriors[start + k]!);
  const logTop = Math.log(smoothed(top, classCount, smoothing));
  let total = 0;
  let weighted = 0;
  let answered = 0;
  for (let k = 0; k < classCount; k++) {
    const log = Math.log(smoothed(posteriors[start + k]!, classCount, smoothing)) - logTop;
    const weight = Math.exp(beta * log);
    total += weight;
    weighted += weight * log;
    if (k === gold[item]) answered = log;
  }
  return { loss: Math.log(total) - beta * answered, slope: weighted / total - answered };
}

function smoothed(p: number, classCount: number, smoothing: number): number {
  return (1 - smoothing) * p + smoothing / classCount;
}

function itemsWithGold(posteriors: Float64Array, classCount: number, gold: ArrayLike<number>, smoothing: number): number[] {
  if (!Number.isInteger(classCount) || classCount < 2) throw new RangeError(`classCount is ${classCount}; it must be a whole number from 2`);
  checkSmoothing(smoothing);
  if (posteriors.length !== gold.length * classCount) {
    throw new TypeError(`posteriors has ${posteriors.length} entries; ${gold.length} gold answers and ${classCount} classes need ${gold.length * classCount}`);
  }
  const known: number[] = [];
  for (let item = 0; item < gold.length; item++) {
    const answer = gold[item]!;
    if (answer === -1) continue;
    if (!Number.isInteger(answer) || answer < 0 || answer >= classCount) {
      throw new RangeError(`item ${item}: gold answer ${answer} is neither -1 nor a class index from 0 to ${classCount - 1}`);
    }
    for (let k = 0; k < classCount; k++) {
      const p = posteriors[item * classCount + k]!;
      if (!(p >= 0 && p <= 1 + 1e-9)) throw new RangeError(`item ${item}: posterior of class ${k} is ${p}; it must be from 0 to 1`);
    }
    known.push(item);
  }
  if (known.length === 0) throw new RangeError('no item has a gold answer, so there is nothing to score');
  return known;
}

function checkSmoothing(smoothing: number): void {
  if (!(smoothing > 0 && smoothing < 1)) throw new RangeError(`smoothing is ${smoothing}; it must be above 0 and below 1`);
}
