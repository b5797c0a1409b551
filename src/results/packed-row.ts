const DENSE = 0;
const SPARSE = 1;
/** Of a sparse row: a place, and its number. */
const ENTRY_BYTES = 10;
/** Below this nothing is saved. */
const SPARSE_FROM = 16;

/** The most that a row takes. */
export function mostRowBytes(K: number): number {
  return 1 + 8 * K;
}

/**
 * K numbers in bytes, exact to the bit: all of them or, where most of them are the same, that one and the others with their places.
 * @param at where it begins, with room for `mostRowBytes(K)`
 * @returns where it ends
 */
export function writeRow(view: DataView, at: number, row: Float64Array, from: number, K: number): number {
  const background = K < SPARSE_FROM ? NaN : mostFrequent(row, from, K);
  let others = K;
  if (!Number.isNaN(background)) for (let k = 0; k < K; k++) if (row[from + k] === background) others--;
  const isSparse = 8 + others * ENTRY_BYTES < 8 * K;
  view.setUint8(at, isSparse ? SPARSE : DENSE);
  let to = at + 1;
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

/** target[to...] = the K numbers of the row between `at` and `end`. @throws where it has another K */
export function readRow(view: DataView, at: number, end: number, target: Float64Array, to: number, K: number): void {
  let from = at + 1;
  if (view.getUint8(at) === SPARSE) {
    target.fill(view.getFloat64(from, true), to, to + K);
    for (from += 8; from < end; from += ENTRY_BYTES) {
      const k = view.getUint16(from, true);
      if (k >= K) break;
      target[to + k] = view.getFloat64(from + 2, true);
    }
  } else if (from + 8 * K === end) for (let k = 0; k < K; k++, from += 8) target[to + k] = view.getFloat64(from, true);
  if (from !== end) throw new Error(`a row of ${end - at} bytes is none of ${K} classes`);
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
