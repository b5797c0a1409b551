import { Fault, type RowKind, writtenRow } from './row-check.js';

/** The most rows of one call, by the service's limits, and the most bytes: half of what a GraphQL body may have. */
export const ROWS_PER_CALL = 10_000;
const BYTES_PER_CALL = 8 * 1024 * 1024;

export type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** Rows of one call. */
export interface Batch<Row> {
  /** Counted from 0: the same rows make the same batches again, so that idempotency keys fit. */
  number: number;
  /** The place of its first row among all. */
  first: number;
  rows: Row[];
  /** Those that cannot be sent, by their place in `rows`. */
  faults: Map<number, Fault>;
  /** The others as JSON, and their places in `rows`. */
  texts: string[];
  places: number[];
  /** Told where it was asked for. */
  isLast: boolean;
}

/** @param tellsLast the next row that can be sent is there before a batch is given, so that the last one is known as such */
export async function* batchesOf<Row>(rows: Rows<Row>, kind: RowKind, rowsPerCall: number, tellsLast: boolean): AsyncGenerator<Batch<Row>> {
  let batch = newBatch<Row>(0, 0);
  let bytes = 0;
  const next = () => {
    const full = batch;
    batch = newBatch<Row>(full.number + 1, full.first + full.rows.length);
    bytes = 0;
    return full;
  };
  for await (const row of rows) {
    const text = writtenRow(kind, row);
    const size = typeof text === 'string' ? bytesOf(text) + 1 : 0;
    if (size > 0 && batch.texts.length > 0 && (batch.texts.length >= rowsPerCall || bytes + size > BYTES_PER_CALL)) yield next();
    if (typeof text === 'string') {
      batch.places.push(batch.rows.length);
      batch.texts.push(text);
      bytes += size;
    } else {
      batch.faults.set(batch.rows.length, text);
    }
    batch.rows.push(row);
    // Whoever makes rows of answers to those before need not wait for one more.
    if (!tellsLast && batch.rows.length >= rowsPerCall) yield next();
  }
  if (batch.rows.length > 0) yield { ...batch, isLast: true };
}

function newBatch<Row>(number: number, first: number): Batch<Row> {
  return { number, first, rows: [], faults: new Map(), texts: [], places: [], isLast: false };
}

const encoder = new TextEncoder();

function bytesOf(text: string): number {
  return /^[\x00-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length;
}
