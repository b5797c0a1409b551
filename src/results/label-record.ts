/** The form of the probabilities, and the votes. */
const HEAD_BYTES = 5;
const DENSE = 0;
const SPARSE = 1;
/** Of a sparse row: a class, and its probability. */
const ENTRY_BYTES = 10;
/** Below this nothing is saved. */
const SPARSE_FROM_CLASSES = 16;

/** The most that a record takes. */
export function mostRecordBytes(K: number): number {
  return HEAD_BYTES + 8 * K;
}

/**
 * A soft label in bytes, exact to the bit: K probabilities or, where most of them are the same number, that number and the
 * others with their classes.
 * @param at where it begins, with room for `mostRecordBytes(K)`
 * @returns where it ends
 */
export function writeRecord(view: DataView, at: number, votes: number, row: Float64Array, from: number, K: number): number {
  const background = K < SPARSE_FROM_CLASSES ? NaN : mostFrequent(row, from, K);
  let others = K;
  if (!Number.isNaN(background)) for (let k = 0; k < K; k++) if (row[from + k] === background) others--;
  const isSparse = 8 + others * ENTRY_BYTES < 8 * K;
  view.setUint8(at, isSparse ? SPARSE : DENSE);
  view.setUint32(at + 1, votes, true);
  let to = at + HEAD_BYTES;
  if (!isSparse) {
    for (let k = 0; k < K; k++, to += 8) view.setFloat64(to, row[from + k]!, true);
    return to;
  }
  view.setFloat64(to, background, true);
  to += 8;
  for (let k = 0; k < K; k++) {
    if (row[from + k] === background) continue;
    view.setUint16(to, k, true);
    view.setFloat64(to + 2, row[from + k]!, true);
    to += ENTRY_BYTES;
  }
  return to;
}

/** target[to...] = the K probabilities of the record between `at` and `end`. @returns its votes. @throws where it is none of K classes */
export function readRecord(view: DataView, at: number, end: number, target: Float64Array, to: number, K: number): number {
  const isSparse = view.getUint8(at) === SPARSE;
  const votes = view.getUint32(at + 1, true);
  let from = at + HEAD_BYTES;
  if (isSparse) {
    target.fill(view.getFloat64(from, true), to, to + K);
    for (from += 8; from < end; from += ENTRY_BYTES) {
      const k = view.getUint16(from, true);
      if (k >= K) break;
      target[to + k] = view.getFloat64(from + 2, true);
    }
  } else if (from + 8 * K === end) for (let k = 0; k < K; k++, from += 8) target[to + k] = view.getFloat64(from, true);
  if (from !== end) throw new Error(`a soft label of ${end - at} bytes is none of ${K} classes`);
  return votes;
}

/** The number that over half of the row is, if there is one; else any of them (Boyer and Moore's majority vote). */
function mostFrequent(row: Float64Array, from: number, K: number): number {
  let candidate = NaN;
  let lead = 0;
  for (let k = from; k < from + K; k++) {
    if (lead === 0) candidate = row[k]!;
    lead += row[k] === candidate ? 1 : -1;
  }
  return candidate;
}
