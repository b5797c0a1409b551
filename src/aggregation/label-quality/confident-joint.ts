import { checkLabelled, type LabelledPredictions } from './labels.js';

/** Thresholds are at least this; two numbers closer than half of it count as equal. */
const LEAST_THRESHOLD = 2e-6;
const CLOSE = 1e-6;

/** Of a class no item is labelled with: no probability reaches it. */
const ABSENT = 2;

/** No rate of errors is estimated above this. */
const MOST_WRONG = 0.9999;

/** How many items were given one class and are confidently another; K x K matrices are row-major. */
export interface ConfidentJoint {
  /** K: how sure the model is of a class where it was given, on average. */
  thresholds: Float64Array;
  /** [given][true] counts of the confident items; the diagonal at least 1. */
  raw: Float64Array;
  /** The same, scaled to the number of labels of each class and rounded to whole items. */
  calibrated: Float64Array;
  /** [given][true] shares: the estimated joint distribution of given and true labels. */
  joint: Float64Array;
  /** N: 1 where the confident class is not the given one. */
  offDiagonal: Uint8Array;
}

/** Mean probability of each class over the items given it; 2 for a class no item is given. */
export function classThresholds({ labels, predictions, classCount: K }: LabelledPredictions): Float64Array {
  const sums = new Float64Array(K);
  const counts = labelCounts(labels, K);
  for (let item = 0; item < labels.length; item++) sums[labels[item]!]! += predictions[item * K + labels[item]!]!;
  return sums.map((sum, k) => (counts[k] ? Math.max(sum / counts[k], LEAST_THRESHOLD) : ABSENT));
}

/**
 * Confident learning's joint (Northcutt, Jiang & Chuang 2021): an item counts for the class whose threshold its probability
 * reaches; where several do, for the likeliest class; where none does, not at all. O(N x K + K^2).
 * @throws as `checkLabelled`
 */
export function confidentJoint(given: LabelledPredictions): ConfidentJoint {
  const { labels, predictions, classCount: K } = given;
  checkLabelled(given);
  const thresholds = classThresholds(given);
  const raw = new Float64Array(K * K);
  const offDiagonal = new Uint8Array(labels.length);
  for (let item = 0; item < labels.length; item++) {
    const guess = confidentClass(predictions, item * K, K, thresholds);
    if (guess < 0) continue;
    raw[labels[item]! * K + guess]!++;
    if (guess !== labels[item]) offDiagonal[item] = 1;
  }
  for (let k = 0; k < K; k++) raw[k * K + k] = Math.max(1, raw[k * K + k]!);
  const calibrated = calibrate(raw, labelCounts(labels, K), labels.length);
  const total = Math.max(sum(calibrated), Number.MIN_VALUE);
  return { thresholds, raw, calibrated, joint: calibrated.map((n) => n / total), offDiagonal };
}

export function labelCounts(labels: Int32Array, K: number): Int32Array {
  const counts = new Int32Array(K);
  for (let item = 0; item < labels.length; item++) counts[labels[item]!]!++;
  return counts;
}

/** What the confident joint says of the labelling as a whole; K x K matrices are row-major. */
export interface NoiseEstimates {
  /** [given][true]: P(given | true). */
  noise: Float64Array;
  /** [true][given]: P(true | given). */
  inverse: Float64Array;
  /** K: estimated shares of the true classes. */
  truePriors: Float64Array;
}

/** @param calibrated [given][true] counts of `confidentJoint`; rates of errors are at most 0.9999, priors within 1e-6 to 1 */
export function noiseEstimates(calibrated: Float64Array, K: number): NoiseEstimates {
  const givenTotals = new Float64Array(K);
  const trueTotals = new Float64Array(K);
  for (let given = 0; given < K; given++) {
    for (let truth = 0; truth < K; truth++) {
      givenTotals[given]! += calibrated[given * K + truth]!;
      trueTotals[truth]! += calibrated[given * K + truth]!;
    }
  }
  const noise = new Float64Array(K * K);
  const inverse = new Float64Array(K * K);
  for (let given = 0; given < K; given++) {
    for (let truth = 0; truth < K; truth++) {
      const count = calibrated[given * K + truth]!;
      const most = given === truth ? 1 : MOST_WRONG;
      noise[given * K + truth] = share(count, trueTotals[truth]!, most);
      inverse[truth * K + given] = share(count, givenTotals[given]!, most);
    }
  }
  const total = sum(givenTotals);
  const priors = givenTotals.map((n, k) => {
    const right = noise[k * K + k]!;
    return right > 0 ? Math.min(1, Math.max(CLOSE, (inverse[k * K + k]! / right) * (n / total))) : CLOSE;
  });
  const priorTotal = sum(priors);
  return { noise, inverse, truePriors: priors.map((prior) => prior / priorTotal) };
}

function share(count: number, total: number, most: number): number {
  return total > 0 ? Math.min(count / total, most) : 0;
}

/** The only class at its threshold, or the likeliest class if several are; -1 if none is. */
function confidentClass(rows: Float64Array, at: number, K: number, thresholds: Float64Array): number {
  let confident = 0;
  let only = -1;
  let likeliest = 0;
  for (let k = 0; k < K; k++) {
    if (rows[at + k]! >= thresholds[k]! - CLOSE) {
      confident++;
      only = k;
    }
    if (rows[at + k]! > rows[at + likeliest]!) likeliest = k;
  }
  return confident > 1 ? likeliest : only;
}

/** Rows scaled to the label counts, then all to N, then rounded so that rows keep their sums. */
function calibrate(raw: Float64Array, counts: Int32Array, N: number): Float64Array {
  const K = counts.length;
  const scaled = raw.slice();
  for (let given = 0; given < K; given++) {
    const row = scaled.subarray(given * K, (given + 1) * K);
    const scale = counts[given]! / sum(row);
    for (let k = 0; k < K; k++) row[k]! *= scale;
  }
  const total = sum(scaled);
  if (total > 0) for (let i = 0; i < scaled.length; i++) scaled[i]! *= N / total;
  roundRows(scaled, K);
  return scaled;
}

/** Rounds each row of K numbers to whole numbers whose sum is the rounded sum of the row. */
export function roundRows(matrix: Float64Array, K: number): void {
  for (let at = 0; at < matrix.length; at += K) roundKeepingSum(matrix.subarray(at, at + K));
}

/** Half to even; what is then missing from the sum is added (or taken) one by one, largest remainder first, of equals the last. */
function roundKeepingSum(row: Float64Array): void {
  const target = roundHalfEven(sum(row));
  const exact = row.slice();
  for (let k = 0; k < row.length; k++) row[k] = roundHalfEven(row[k]!);
  for (let missing = target - sum(row); missing !== 0; missing = target - sum(row)) {
    const sign = Math.sign(missing);
    const remainder = (k: number) => sign * (exact[k]! - row[k]!);
    const order = Array.from(exact.keys()).sort((a, b) => remainder(b) - remainder(a) || b - a);
    for (const k of order.slice(0, Math.abs(missing))) row[k]! += sign;
  }
}

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function sum(numbers: Float64Array): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i]!;
  return total;
}
