import type { Batch } from '../formats/rows/read-rows.js';
import type { BatchAnswer } from './bulk-sink.js';

export interface BulkReject {
  /** The line of the file, from 1, where the row begins. */
  line: number;
  code: string;
  message: string;
}

/** What became of the rows of an upload so far; accepted ones are counted by the words of their sink. */
export type BulkTally<Count extends string = never> = Record<Count, number> & {
  rows: number;
  rejected: number;
  /** The first of the rejected rows, in the order of the file. */
  rejects: BulkReject[];
  /** Rows of empty cells, and rows whose answer is empty: they are passed over, and in no other count. */
  emptyRows: number;
  unanswered: number;
  /** Cells that could not be read and count as empty, in rows that are stored. */
  unreadCells: number;
  /** The first of them, and names of classes that are all but the project's, each once. */
  warnings: { line: number; message: string }[];
  /** Columns of the file that mean nothing here, at most 20. */
  unreadColumns: string[];
};

/** How many warnings an answer tells one by one. */
export const WARNINGS_TOLD = 100;

/** How many rejected rows an answer tells one by one; the others are counted. */
export const REJECTS_TOLD = 10_000;

export function emptyTally<Count extends string>(counts: readonly Count[]): BulkTally<Count> {
  return { rows: 0, ...Object.fromEntries(counts.map((count) => [count, 0])), rejected: 0, rejects: [], emptyRows: 0, unanswered: 0, unreadCells: 0, warnings: [], unreadColumns: [] } as unknown as BulkTally<Count>;
}

/** The tally after one more batch, of which `answer` is about the rows; rejected ones were not even read. */
export function addBatch<Count extends string>(
  tally: BulkTally<Count>, batch: Batch<{ line: number }>, answer: BatchAnswer<Count> | null,
): BulkTally<Count> {
  const { rows, rejects: malformed, lost } = batch;
  const refused = answer?.rejects ?? [];
  const rejects = [...malformed, ...refused.map(({ index, code, message }) => ({ line: rows[index]!.line, code, message }))];
  rejects.sort((a, b) => a.line - b.line);
  const added = Object.entries<number>(answer?.counts ?? {}).map(([count, added]) => [count, tally[count as Count] + added]);
  const warnings = [
    ...lost.map(({ line, message }) => ({ line, message: `${message}; the row is stored without it` })),
    ...(answer?.warnings ?? []).filter(({ message }) => !tally.warnings.some((told) => told.message === message)).map(({ index, message }) => ({ line: rows[index]!.line, message })),
  ];
  warnings.sort((a, b) => a.line - b.line);
  return {
    ...tally,
    ...Object.fromEntries(added) as Record<Count, number>,
    rows: tally.rows + rows.length + malformed.length,
    rejected: tally.rejected + rejects.length,
    rejects: tally.rejects.length < REJECTS_TOLD ? [...tally.rejects, ...rejects].slice(0, REJECTS_TOLD) : tally.rejects,
    emptyRows: tally.emptyRows + batch.emptyRows,
    unanswered: tally.unanswered + batch.unanswered,
    unreadCells: tally.unreadCells + lost.length,
    warnings: tally.warnings.length < WARNINGS_TOLD ? [...tally.warnings, ...warnings].slice(0, WARNINGS_TOLD) : tally.warnings,
    unreadColumns: batch.unread,
  };
}
