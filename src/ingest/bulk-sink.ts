import { columnMap, mapped, type RowOf, type Table } from '../formats/rows/table.js';
import { RowStatus, type RowResult } from '../platform/row-result.js';
import type { Transaction } from '../platform/database/transaction.js';

/** What became of the rows of one batch: how many by the sink's counts, and each rejected one by its place in the batch. */
export interface BatchAnswer<Count extends string> {
  counts: Record<Count, number>;
  rejects: readonly { index: number; code: string; message: string }[];
  /** What is to be told beside, once, with the place of the first row that it is about. */
  warnings?: readonly { index: number; message: string }[];
}

/** Where the rows of one upload go. One is made for each upload, and knows its project. */
export interface BulkSink<T extends Table = Table, Count extends string = string> {
  /** Names all that the upload asks for beside its rows: the same idempotency key does not go with another. */
  kind: string;
  table: T;
  /** What an answer counts beside rejected rows, in its order. */
  counts: readonly Count[];
  /** Rows that are committed together. */
  batchRows: number;
  /** Writes rows in one transaction, and calls `note` at its end; a transaction that is tried again calls it again. */
  write(rows: RowOf<T>[], note: (transaction: Transaction, answer: BatchAnswer<Count>) => Promise<void>): Promise<void>;
  /** More to be done when the last of the rows are written: the file's last, or those before the place where it breaks off. */
  finish?(transaction: Transaction, isWhole: boolean): Promise<void>;
}

/**
 * The sink for a file that calls columns as a list such as `item=task_id,annotator=worker_id` says.
 * @throws RangeError for what is no such list, and for a column that the table does not have
 */
export function withColumns<T extends Table, Count extends string>(sink: BulkSink<T, Count>, map: string | null): BulkSink<T, Count> {
  return map === null ? sink : { ...sink, kind: `${sink.kind} ${map}`, table: mapped(sink.table, columnMap(map)) };
}

/** The counts of sinks that answer with row results. */
export const rowCounts = ['created', 'updated', 'unchanged'] as const;

export function answerOf(results: readonly RowResult[]): BatchAnswer<(typeof rowCounts)[number]> {
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const rejects: { index: number; code: string; message: string }[] = [];
  for (const { index, status, code, message } of results) {
    if (status === RowStatus.REJECTED) rejects.push({ index, code: code!, message: message! });
    else counts[status.toLowerCase() as keyof typeof counts]++;
  }
  return { counts, rejects };
}
