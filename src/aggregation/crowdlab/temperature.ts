import { fastExp } from '../numeric/exp.js';
import type { VoteTable } from '../vote-table.js';

const COARSE = [0.1, 0.2, 0.5, 0.8, 1, 2, 3, 5, 8];
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
 * the best. Of equals the first tried. O(15 x N x K).
 *
 * cleanlab 2.6.5 to 2.9.0 miscounts votes here (by order of appearance, not by class); the votes are counted by class.
 * @param logs N x K, see `logsOf`
 */
export function bestTemperature(votes: VoteTable, logs: Float64Array): number {
  const coarse = softCrossEntropies(votes, logs, COARSE);
  const best = firstLeast(coarse);
  const fine: number[] = [];
  const between = (low: number, high: number, step: number) => low + (step * (high - low)) / FINE_STEPS;
  if (best > 0) for (let s = 0; s < FINE_STEPS; s++) fine.push(between(COARSE[best - 1]!, COARSE[best]!, s));
  if (best < COARSE.length - 1) for (let s = 0; s <= FINE_STEPS; s++) fine.push(between(COARSE[best]!, COARSE[best + 1]!, s));
  const untried = fine.filter((temperature) => !COARSE.includes(temperature));
  const found = softCrossEntropies(votes, logs, untried);
  const values = fine.map((temperature) => (COARSE.includes(temperature) ? coarse[COARSE.indexOf(temperature)]! : found[untried.indexOf(temperature)]!));
  return fine[firstLeast(values)]!;
}

/**
 * For each temperature, the mean over voted items of the cross-entropy between vote shares and scaled prediction, as a share
 * of ln K. Infinitely unlikely votes cost as much as 1e-30.
 */
export function softCrossEntropies(votes: VoteTable, logs: Float64Array, temperatures: readonly number[]): Float64Array {
  const inverse = Float64Array.from(temperatures, (temperature) => 1 / temperature);
  const sums = new Float64Array(temperatures.length);
  let voted = 0;
  for (let from = 0; from < votes.itemCount; from += BLOCK_ITEMS) {
    voted += addCrossEntropies(votes, logs, inverse, from, Math.min(votes.itemCount, from + BLOCK_ITEMS), sums);
  }
  const scale = 1 / (voted * Math.log(votes.classCount));
  return sums.map((sum) => sum * scale);
}

function addCrossEntropies({ classCount: K, itemOffsets, classes }: VoteTable, logs: Float64Array, inverse: Float64Array, from: number, to: number, sums: Float64Array): number {
  let voted = 0;
  for (let item = from; item < to; item++) {
    const first = itemOffsets[item]!;
    const end = itemOffsets[item + 1]!;
    if (first === end) continue;
    voted++;
    const row = item * K;
    for (let t = 0; t < inverse.length; t++) {
      const power = inverse[t]!;
      let total = 0;
      for (let at = row; at < row + K; at++) total += fastExp(logs[at]! * power);
      const logTotal = Math.log(total);
      let sum = 0;
      for (let v = first; v < end; v++) sum += Math.max(logs[row + classes[v]!]! * power - logTotal, LOG_FLOOR);
      sums[t]! -= sum / (end - first);
    }
  }
  return voted;
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
