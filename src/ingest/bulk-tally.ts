import { countAnswers, readAnswers, VoteStatus, type VoteAnswers } from '../votes/vote-batch.js';

export interface BulkReject {
  /** The line of the file, from 1, where the row begins. */
  line: number;
  code: string;
  message: string;
}

/** What became of the rows of an upload so far. */
export interface BulkTally {
  rows: number;
  created: number;
  superseded: number;
  duplicate: number;
  rejected: number;
  /** The first of the rejected rows, in the order of the file. */
  rejects: BulkReject[];
  /** Columns of the file that mean nothing here, at most 20. */
  unreadColumns: string[];
}

/** How many rejected rows an answer tells one by one; the others are counted. */
export const REJECTS_TOLD = 10_000;

export const emptyTally: BulkTally = { rows: 0, created: 0, superseded: 0, duplicate: 0, rejected: 0, rejects: [], unreadColumns: [] };

/** The tally after one more batch: `lines` are those of the rows that `answers` are about; `malformed` rows were not even read. */
export function addBatch(tally: BulkTally, lines: readonly number[], answers: VoteAnswers | null, malformed: readonly BulkReject[], unreadColumns: string[]): BulkTally {
  const counts = answers ? countAnswers(answers) : { CREATED: 0, SUPERSEDED: 0, DUPLICATE: 0, REJECTED: 0 };
  const refused = answers && counts.REJECTED > 0 ? readAnswers(answers).filter((answer) => answer.status === VoteStatus.REJECTED) : [];
  const rejects = [...malformed, ...refused.map(({ index, code, message }) => ({ line: lines[index]!, code: code!, message: message! }))];
  rejects.sort((a, b) => a.line - b.line);
  return {
    rows: tally.rows + lines.length + malformed.length,
    created: tally.created + counts.CREATED,
    superseded: tally.superseded + counts.SUPERSEDED,
    duplicate: tally.duplicate + counts.DUPLICATE,
    rejected: tally.rejected + rejects.length,
    rejects: tally.rejects.length < REJECTS_TOLD ? [...tally.rejects, ...rejects].slice(0, REJECTS_TOLD) : tally.rejects,
    unreadColumns,
  };
}
