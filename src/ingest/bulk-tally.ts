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
  /** Columns of the file that mean nothing here, at most 20. */
  unreadColumns: string[];
};

/** How many rejected rows an answer tells one by one; the others are counted. */
export const REJECTS_TOLD = 10_000;

export function emptyTally<Count extends string>(counts: readonly Count[]): BulkTally<Count> {
  return { rows: 0, ...Object.fromEntries(counts.map((count) => [count, 0])), rejected: 0, rejects: [], unreadColumns: [] } as unknown as BulkTally<Count>;
}

/** The tally after one more batch: `lines` are those of the rows that `answer` is about; `malformed` rows were not even read. */
export function addBatch<Count extends string>(
  tally: BulkTally<Count>, lines: readonly number[], answer: BatchAnswer<Count> | null, malformed: readonly BulkReject[], unreadColumns: string[],
): BulkTally<Count> {
  const refused = answer?.rejects ?? [];
  const rejects = [...malformed, ...refused.map(({ index, code, message }) => ({ line: lines[index]!, code, message }))];
  rejects.sort((a, b) => a.line - b.line);
  const added = Object.entries<number>(answer?.counts ?? {}).map(([count, rows]) => [count, tally[count as Count] + rows]);
  return {
    ...tally,
    ...Object.fromEntries(added) as Record<Count, number>,
    rows: tally.rows + lines.length + malformed.length,
    rejected: tally.rejected + rejects.length,
    rejects: tally.rejects.length < REJECTS_TOLD ? [...tally.rejects, ...rejects].slice(0, REJECTS_TOLD) : tally.rejects,
    unreadColumns,
  };
}
