import { mostRowBytes, readRow, writeRow } from './packed-row.js';

/** Rows of K numbers each, packed one behind the other: row r lies between starts[r] and starts[r + 1]. */
export interface PackedMatrix {
  starts: Int32Array;
  bytes: Uint8Array;
}

/** SQL for the columns of annotator_results from which `matrixOf` has a confusion matrix. */
export const MATRIX_COLUMNS = 'confusion_values as values, confusion_starts as starts, confusion_rows as bytes';

/** What these columns hold: a run's of an older version the plain numbers, else the packed rows. */
export interface MatrixColumns {
  values: number[] | null;
  starts: number[] | null;
  bytes: Buffer | null;
}

/** values[from...] are `rows` rows of K numbers. */
export function packMatrix(values: Float64Array, from: number, rows: number, K: number): PackedMatrix {
  const starts = new Int32Array(rows + 1);
  const view = new DataView(new ArrayBuffer(rows * mostRowBytes(K)));
  for (let row = 0; row < rows; row++) starts[row + 1] = writeRow(view, starts[row]!, values, from + row * K, K);
  return { starts, bytes: new Uint8Array(view.buffer, 0, starts[rows]) };
}

/** target[to...] = one row. */
export function unpackRow({ starts, bytes }: PackedMatrix, row: number, K: number, target: Float64Array, to: number): void {
  readRow(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), starts[row]!, starts[row + 1]!, target, to, K);
}

/** All rows, K numbers each; null where the method left no matrix. */
export function matrixOf({ values, starts, bytes }: MatrixColumns, K: number): Float64Array | null {
  if (!starts || !bytes) return values && Float64Array.from(values);
  const packed = { starts: Int32Array.from(starts), bytes };
  const numbers = new Float64Array((starts.length - 1) * K);
  for (let row = 0; row + 1 < starts.length; row++) unpackRow(packed, row, K, numbers, row * K);
  return numbers;
}

/** The same in packed form. */
export function packedOf({ values, starts, bytes }: MatrixColumns, K: number): PackedMatrix | null {
  if (starts && bytes) return { starts: Int32Array.from(starts), bytes };
  return values && packMatrix(Float64Array.from(values), 0, values.length / K, K);
}
