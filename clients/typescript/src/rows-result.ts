import type { Json } from './schema.js';

/** A row that is not stored. */
export interface Rejected<Row> {
  code: string;
  message: string;
  /** Its place among the caller's rows, from 0, and the row as it was given; of rows that were sent one by one. */
  index?: number;
  row?: Row;
  /** Where it begins in the file, from 1. */
  line?: number;
  /** Its place in a file of another platform, such as `/17/annotations/0`. */
  at?: string;
}

/** What became of rows. `rejected` has all that the service told one by one; `rejectedCount` counts all: of a file, the first 10,000 are told. */
export interface RowsResult<Row> {
  rows: number;
  created: number;
  superseded: number;
  duplicate: number;
  updated: number;
  unchanged: number;
  /** Rows with neither class nor outcome in a file that has such a column: nobody answered. */
  unanswered: number;
  rejectedCount: number;
  rejected: Rejected<Row>[];
  warnings: string[];
  /** Columns of a file that mean nothing here. */
  unreadColumns: string[];
  /** Calls that the service had answered before under the same idempotency key. */
  replayed: number;
  /** Of a file: the answer as it came. */
  answer?: Record<string, Json>;
}

export function emptyResult<Row>(): RowsResult<Row> {
  return { rows: 0, created: 0, superseded: 0, duplicate: 0, updated: 0, unchanged: 0, unanswered: 0, rejectedCount: 0, rejected: [], warnings: [], unreadColumns: [], replayed: 0 };
}

const counts = ['rows', 'created', 'superseded', 'duplicate', 'updated', 'unchanged', 'unanswered'] as const;

/** Of the answer of a route to a file of rows. */
export function resultOfUpload(answer: Record<string, Json>): RowsResult<never> {
  const rejects = (answer.rejects ?? []) as { code: string; message: string; line: number }[];
  const warnings = (answer.warnings ?? []) as { line: number; message: string }[];
  return {
    ...emptyResult<never>(), ...Object.fromEntries(counts.map((name) => [name, Number(answer[name] ?? 0)])),
    rejectedCount: Number(answer.rejected ?? 0), rejected: rejects.map(({ code, message, line }) => ({ code, message, line })),
    warnings: warnings.map(({ line, message }) => `line ${line}: ${message}`), unreadColumns: answer.unreadColumns ?? [], replayed: Number(Boolean(answer.replayed)), answer,
  };
}

/** Of a file of another platform: what became of its votes. `answer` has its items, gold, predictions and what was passed over. */
export function resultOfImport(answer: Record<string, Json>): RowsResult<never> {
  const votes = answer.votes as Record<'found' | 'created' | 'superseded' | 'duplicate', number>;
  const refusals = answer.refusals as { code: string; message: string; file: string; at: string }[];
  const rejectedCount = Object.values(answer.refused as Record<string, number>).reduce((sum, count) => sum + count, 0);
  return {
    ...emptyResult<never>(), rows: votes.found + rejectedCount, created: votes.created, superseded: votes.superseded, duplicate: votes.duplicate,
    rejectedCount, rejected: refusals.map(({ code, message, file, at }) => ({ code, message, at: `${file}, ${at}` })), warnings: answer.notes, answer,
  };
}
