import type { VoteRow, RowFault } from './vote-row.js';

export enum VoteStatus {
  CREATED = 'CREATED',
  SUPERSEDED = 'SUPERSEDED',
  DUPLICATE = 'DUPLICATE',
  REJECTED = 'REJECTED',
}

/** One row on its way into the log: checked, and with its codes. */
export interface PendingVote {
  index: number;
  item: number;
  annotator: number;
  classIndex: number;
  outcome: number;
  repeatIndex: number;
  row: VoteRow;
}

/** What became of each row of one call, in a form that is small to store: a letter a row, words only where there is something to say. */
export interface VoteAnswers {
  /** C, S, D or R for each row. */
  statuses: string;
  details: [index: number, code: string, message: string][];
}

const letters = { C: VoteStatus.CREATED, S: VoteStatus.SUPERSEDED, D: VoteStatus.DUPLICATE, R: VoteStatus.REJECTED } as const;

export interface VoteAnswer {
  index: number;
  status: VoteStatus;
  code: string | null;
  message: string | null;
}

/** The answers of one batch while it is being worked on. */
export class AnswerSheet {
  private readonly statuses: string[];
  private readonly details = new Map<number, RowFault>();

  constructor(rowCount: number) {
    this.statuses = new Array<string>(rowCount).fill('');
  }

  set(index: number, status: VoteStatus, detail?: RowFault): void {
    this.statuses[index] = status[0]!;
    if (detail) this.details.set(index, detail);
  }

  reject(index: number, code: string, message: string): void {
    this.set(index, VoteStatus.REJECTED, { code, message });
  }

  /** Why a row was rejected; null where it was not. */
  rejection(index: number): RowFault | null {
    return this.statuses[index] === 'R' ? this.details.get(index)! : null;
  }

  /** @throws where a row has no answer: each is to be accounted for. */
  finish(): VoteAnswers {
    const open = this.statuses.indexOf('');
    if (open >= 0) throw new Error(`row ${open} has no answer`);
    return { statuses: this.statuses.join(''), details: [...this.details].map(([index, { code, message }]) => [index, code, message] as [number, string, string]).sort((a, b) => a[0] - b[0]) };
  }
}

export function readAnswers(answers: VoteAnswers): VoteAnswer[] {
  const details = new Map(answers.details.map(([index, code, message]) => [index, { code, message }]));
  return Array.from(answers.statuses, (letter, index) => ({
    index, status: letters[letter as keyof typeof letters], code: details.get(index)?.code ?? null, message: details.get(index)?.message ?? null,
  }));
}

export function countAnswers(answers: VoteAnswers): Record<VoteStatus, number> {
  const counts = { CREATED: 0, SUPERSEDED: 0, DUPLICATE: 0, REJECTED: 0 };
  for (const letter of answers.statuses) counts[letters[letter as keyof typeof letters]]++;
  return counts;
}
