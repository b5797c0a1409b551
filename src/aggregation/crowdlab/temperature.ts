import { fastExp } from '../numeric/exp.js';
import type { VoteTable } from '../vote-table.js';

/** The first grid; the second lies to both sides of its best. */
export const coarseTemperatures: readonly number[] = [0.1, 0.2, 0.5, 0.8, 1, 2, 3, 5, 8];
const FINE_STEPS = 4;
/** Probabilities count as at least 1e-30. */
const LOG_FLOOR = Math.log(1e-30);
/** Items a call: one call over all items left the optimiser with slower code on some runs. */
const BLOCK_ITEMS = 512;

/** Natural logarithms of N x K probabilities; -Infinity where they are 0. */
export function logsOf(predictions: Float64Array): Float64Array {
  const logs = new Float64Array(predictions.length);
  for (let i = 0; i < logs.length; i++) logs[i] = Math.log(predictions[i]!);
  return logs;
}

/**
 * The temperature T at which the predictions, proportional to p^(1/T), come closest to the votes: the least mean cross-entropy
 * between an item's vote shares and its prediction, first on a coarse grid of 0.1 to 8, then on four steps to each side of
 * the best. Of equals the first tried. Nine
 * exponentials for each item and class.
 *
 * cleanlab 2.6.5 to 2.9.0 miscounts votes here (by order of appearance, not by class); the votes are counted by class.
 * @param logs N x K, see `logsOf`
 */
export function bestTemperature(votes: VoteTable, logs: Float64Array): number {
  const coarse = softCrossEntropies(votes, logs, coarseTemperatures);
  const best = firstLeast(coarse);
  const fine: number[] = [];
  const between = (low: number, high: number, step: number) => low + (step * (high - low)) / FINE_STEPS;
  if (best > 0) for (let s = 0; s < FINE_STEPS; s++) fine.push(between(coarseTemperatures[best - 1]!, coarseTemperatures[best]!, s));
  if (best < coarseTemperatures.length - 1) for (let s = 0; s <= FINE_STEPS; s++) fine.push(between(coarseTemperatures[best]!, coarseTemperatures[best + 1]!, s));
  const untried = fine.filter((temperature) => !coarseTemperatures.includes(temperature));
  const found = softCrossEntropies(votes, logs, untried);
  const values = fine.map((temperature) => (coarseTemperatures.includes(temperature) ? coarse[coarseTemperatures.indexOf(temperature)]! : found[untried.indexOf(temperature)]!));
  return fine[firstLeast(values)]!;
}

/**
 * For each temperature, the mean over voted items of the cross-entropy between vote shares and scaled prediction, as a share
 * of ln K. Infinitely unlikely votes cost as much as 1e-30.
 */
export function softCrossEntropies(votes: VoteTable, logs: Float64Array, temperatures: readonly number[]): Float64Array {
  const inverse = Float64Array.from(temperatures, (temperature) => 1 / temperature);
  const addTotals = temperatures === coarseTemperatures ? addCoarseTotals : addTotalsAt;
  const sums = new Float64Array(temperatures.length);
  let voted = 0;
  for (let from = 0; from < votes.itemCount; from += BLOCK_ITEMS) {
    voted += addCrossEntropies(votes, logs, inverse, addTotals, from, Math.min(votes.itemCount, from + BLOCK_ITEMS), sums);
  }
  const scale = 1 / (voted * Math.log(votes.classCount));
  return sums.map((sum) => sum * scale);
}

function addCrossEntropies(
  { classCount: K, itemOffsets, classes }: VoteTable, logs: Float64Array, inverse: Float64Array,
  addTotals: typeof addTotalsAt, from: number, to: number, sums: Float64Array,
): number {
  const totals = new Float64Array(inverse.length);
  let voted = 0;
  for (let item = from; item < to; item++) {
    const first = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    if (first === end) continue;
    voted++;
    const row = item * K;
    totals.fill(0);
    addTotals(logs, row, K, inverse, totals);
    for (let t = 0; t < inverse.length; t++) {
      const power = inverse[t]!;
      const logTotal = Math.log(totals[t]!);
      let sum = 0;
      for (let v = first; v < end; v++) sum += Math.max(logs[row + classes[v]!]! * power - logTotal, LOG_FLOOR);
      sums[t]! -= sum / (end - first);
    }
  }
  return voted;
}

/** Adds the sum over the K classes of p^(1/T), for each T. */
function addTotalsAt(logs: Float64Array, row: number, K: number, inverse: Float64Array, totals: Float64Array): void {
  for (let t = 0; t < inverse.length; t++) {
    const power = inverse[t]!;
    let total = 0;
    for (let at = row; at < row + K; at++) total += fastExp(logs[at]! * power);
    totals[t]! += total;
  }
}

/** The same for the coarse grid, most of whose powers are products of p^(1/8): three exponentials a class instead of nine. */
function addCoarseTotals(logs: Float64Array, row: number, K: number, _inverse: Float64Array, totals: Float64Array): void {
  let t01 = 0, t02 = 0, t05 = 0, t08 = 0, t1 = 0, t2 = 0, t3 = 0, t5 = 0, t8 = 0;
  for (let at = row; at < row + K; at++) {
    const log = logs[at]!;
    const eighth = fastExp(log * 0.125);
    const quarter = eighth * eighth;
    const half = quarter * quarter;
    const p = half * half;
    const square = p * p;
    const fifthPower = square * square * p;
    t8 += eighth;
    t5 += fastExp(log * 0.2);
    t3 += fastExp(log * (1 / 3));
    t2 += half;
    t1 += p;
    t08 += p * quarter;
    t05 += square;
    t02 += fifthPower;
    t01 += fifthPower * fifthPower;
  }
  totals[0] = t01;
  totals[1] = t02;
  totals[2] = t05;
  totals[3] = t08;
  totals[4] = t1;
  totals[5] = t2;
  totals[6] = t3;
  totals[7] = t5;
  totals[8] = t8;
}

function firstLeast(values: ArrayLike<number>): number {
  let least = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! < values[least]!) least = i;
  return least;
}

/**
 * Replaces logarithms of N x K probabilities by the probabilities at temperature T: raised to at least 1e-30, to the power
 * 1/T, rows summing to 1.
 */
export function scaleInPlace(logs: Float64Array, classCount: number, temperature: number): void {
  const blockLength = BLOCK_ITEMS * classCount;
  for (let from = 0; from < logs.length; from += blockLength) {
    scaleBlock(logs, classCount, 1 / temperature, from, Math.min(logs.length, from + blockLength));
  }
}

function scaleBlock(logs: Float64Array, K: number, power: number, from: number, to: number): void {
  for (let row = from; row < to; row += K) {
    let total = 0;
    for (let at = row; at < row + K; at++) {
      const p = fastExp(Math.max(logs[at]!, LOG_FLOOR) * power);
      logs[at] = p;
      total += p;
    }
    const scale = 1 / total;
    for (let at = row; at < row + K; at++) logs[at]! *= scale;
  }
}
