import { mostRowBytes, readRow, writeRow } from './packed-row.js';

/** Before the probabilities: the votes. */
const HEAD_BYTES = 4;

/** The most that a record takes. */
export function mostRecordBytes(K: number): number {
  return HEAD_BYTES + mostRowBytes(K);
}

/**
 * A soft label in bytes.
 * @param at where it begins, with room for `mostRecordBytes(K)` @param row has its K probabilities from `from` on
 * @returns where it ends
 */
export function writeRecord(view: DataView, at: number, votes: number, row: Float64Array, from: number, K: number): number {
  view.setUint32(at, votes, true);
  return writeRow(view, at + HEAD_BYTES, row, from, K);
}

/** target[to...] = the K probabilities of the record between `at` and `end`. @returns its votes. @throws where it is none of K classes */
export function readRecord(view: DataView, at: number, end: number, target: Float64Array, to: number, K: number): number {
  readRow(view, at + HEAD_BYTES, end, target, to, K);
  return view.getUint32(at, true);
}
