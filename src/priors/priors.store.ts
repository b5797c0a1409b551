import { int4Array } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';
import { endFacts } from '../projects/fact-changes.js';
import type { CheckedPrior } from './prior-row.js';

/** The first half of an advisory lock's key; the second is the project. */
export const PRIORS_LOCK = 0x7072696f;

export interface StandingPrior {
  seq: number;
  annotatorCode: number;
  /** Of all that a prior says. */
  said: string;
}

export type CodedPrior = CheckedPrior & { annotatorCode: number };

/** SQL of priors. Every method runs in the caller's transaction, under the project's shared vote lock and the lock of priors. */
export const priorsStore = {
  async standing(transaction: Transaction, projectId: number, annotators: readonly number[]): Promise<Map<number, StandingPrior>> {
    const rows: { seq: number; annotatorCode: number; votes: number; accuracy: number | null; truths: number[] | null; labels: number[] | null; counts: number[] | null; reason: string | null; fromProject: number | null; fromRun: number | null }[] = await transaction.query(
      `select seq, annotator_code as "annotatorCode", votes, accuracy, truths, labels, counts, reason, from_project as "fromProject", from_run as "fromRun" from annotator_priors
       where project_id = $1 and annotator_code = any($2) and ended_seq is null`,
      [projectId, int4Array(annotators)],
    );
    return new Map(rows.map(({ seq, annotatorCode, ...row }) => [annotatorCode, { seq, annotatorCode, said: saidBy(row) }]));
  },

  /** A prior begins with the ticket that the one it replaces ends with: at no watermark has its annotator none, or two. */
  async write(transaction: Transaction, projectId: number, priors: readonly CodedPrior[], before: ReadonlyMap<number, StandingPrior>, keyId: number | null): Promise<void> {
    const replaced = priors.flatMap(({ annotatorCode }) => before.get(annotatorCode) ?? []);
    const ended = await priorsStore.end(transaction, projectId, replaced.map(({ seq }) => seq));
    const rows = priors.map(({ annotatorCode, votes, accuracy, cells, reason, source }) => ({
      seq: ended.get(annotatorCode) ?? null, annotator: annotatorCode, votes, accuracy, reason, from_project: source?.projectId ?? null, from_run: source?.runId ?? null,
      truths: cells && sqlArray(cells.truths), labels: cells && sqlArray(cells.labels), counts: cells && sqlArray(cells.counts),
    }));
    await transaction.query(
      `insert into annotator_priors (project_id, api_key_id, seq, annotator_code, votes, accuracy, reason, from_project, from_run, truths, labels, counts)
       select $1::int4, $2, coalesce(given.seq, nextval('vote_ticket')), annotator, votes, accuracy, reason, from_project, from_run, truths::int2[], labels::int2[], counts::float8[]
       from json_to_recordset($3::json)
         as given(seq int8, annotator int4, votes float8, accuracy float8, reason text, from_project int4, from_run int8, truths text, labels text, counts text)`,
      [projectId, keyId, JSON.stringify(rows)],
    );
  },

  /** @returns the ticket that each annotator's prior ended with. */
  end(transaction: Transaction, projectId: number, seqs: readonly number[]): Promise<Map<number, number>> {
    return endFacts(transaction, 'annotator_priors', 'annotator_code', projectId, seqs);
  },
};

/** As one text, by which two are told apart. */
export function saidBy(
  { votes, accuracy, truths, labels, counts, reason, fromProject, fromRun }:
  { votes: number; accuracy: number | null; truths: number[] | null; labels: number[] | null; counts: number[] | null; reason: string | null; fromProject: number | null; fromRun: number | null },
): string {
  return JSON.stringify([votes, accuracy, truths, labels, counts, reason, fromProject, fromRun]);
}

export function saidByChecked({ votes, accuracy, cells, reason, source }: CheckedPrior): string {
  return saidBy({ votes, accuracy, truths: cells?.truths ?? null, labels: cells?.labels ?? null, counts: cells?.counts ?? null, reason, fromProject: source?.projectId ?? null, fromRun: source?.runId ?? null });
}

function sqlArray(numbers: readonly number[]): string {
  return `{${numbers.join()}}`;
}
