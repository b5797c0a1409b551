import { Injectable } from '@nestjs/common';
import { Idempotency } from '../platform/database/idempotency.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import type { RowResult } from '../platform/row-result.js';
import { Audit, type Actor } from './audit/audit.js';
import type { Project } from './project.entity.js';
import { lockVotes } from './vote-lock.js';

export interface FactChange {
  /** As the audit log and the idempotency key know it. */
  action: string;
  request: unknown;
  /** The first half of an advisory lock's key; the second is the project: one change of its kind at a time. */
  lock: number;
  /** Results of rows that were refused already, at their places. */
  refused: readonly RowResult[];
  idempotencyKey?: string | null;
  /** Whether the project still takes it, once the locks are held. */
  requireProject: (transaction: Transaction, project: Project) => Promise<unknown>;
  /** More to be done in the same transaction, when all rows have their results. */
  alongside?: (transaction: Transaction, results: RowResult[]) => Promise<void>;
}

export interface Written {
  results: RowResult[];
  replayed: boolean;
}

/** Changes of facts that are seldom written, in logs under the tickets of votes: alone in their project, audited, once for an idempotency key. */
@Injectable()
export class FactChanges {
  constructor(
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly audit: Audit,
  ) {}

  /**
   * Two that wrote the same rows at once would have to find out who was first, row by row; taking turns costs nothing that anybody would notice.
   * @param write answers for the rows that `refused` does not
   */
  async make(project: Project, actor: Actor, change: FactChange, write: (transaction: Transaction) => Promise<RowResult[]>): Promise<Written> {
    const { action, request, lock, refused, idempotencyKey, requireProject, alongside } = change;
    const { answer, replayed } = await this.transactions.run(async (transaction) => {
      // Shared with the writers of votes, so that a watermark is above all that was written before it.
      await lockVotes(transaction, project.id, 'shared');
      await transaction.query(`select pg_advisory_xact_lock($1, $2)`, [lock, project.id]);
      await requireProject(transaction, project);
      return this.idempotency.once(transaction, { projectId: project.id, workspaceId: project.workspaceId, key: idempotencyKey ?? null }, [action, request], async () => {
        const results = refused.slice();
        for (const result of await write(transaction)) results[result.index] = result;
        await this.audit.record(transaction, actor, action, project.id, { rows: results.length, ...countOf(results) });
        await alongside?.(transaction, results);
        return results;
      });
    });
    return { results: answer, replayed };
  }
}

/** Ends rows of such a log. @returns the ticket that each item's or annotator's row ended with, by its code */
export async function endFacts(transaction: Transaction, table: 'gold_answers' | 'annotator_priors', code: 'item_code' | 'annotator_code', projectId: number, seqs: readonly number[]): Promise<Map<number, number>> {
  if (seqs.length === 0) return new Map();
  const rows: { code: number; ticket: number }[] = await transaction.query(
    `with ended as (
       update ${table} set ended_seq = nextval('vote_ticket')
       where project_id = $1 and seq = any($2::int8[]) and ended_seq is null returning ${code}, ended_seq
     ) select ${code} as code, ended_seq as ticket from ended`,
    [projectId, seqs],
  );
  return new Map(rows.map(({ code: of, ticket }) => [of, ticket]));
}

function countOf(results: readonly RowResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of results) counts[status.toLowerCase()] = (counts[status.toLowerCase()] ?? 0) + 1;
  return counts;
}
