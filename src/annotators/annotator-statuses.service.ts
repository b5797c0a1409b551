import { Injectable } from '@nestjs/common';
import { rejectedRow, RowStatus, type RowResult } from '../platform/row-result.js';
import { excerpt, requireText } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/transaction.js';
import { Audit, type Actor } from '../projects/audit.js';
import type { Project } from '../projects/project.entity.js';
import { AnnotatorStatus } from './annotator.entity.js';
import { acceptRows } from './annotator-rows.js';
import { AnnotatorsService } from './annotators.service.js';

const actions = {
  [AnnotatorStatus.ACTIVE]: 'activateAnnotators',
  [AnnotatorStatus.PAUSED]: 'pauseAnnotators',
  [AnnotatorStatus.BLOCKED]: 'blockAnnotators',
} as const;

/** Whether annotators are given items, as people decide it. */
@Injectable()
export class AnnotatorStatuses {
  constructor(
    private readonly transactions: Transactions,
    private readonly annotators: AnnotatorsService,
    private readonly audit: Audit,
  ) {}

  /** Unknown annotators are made or refused by the project's rule. The audit log names those whose status or reason changed. */
  async set(project: Project, actor: Actor, status: AnnotatorStatus, externalIds: readonly string[], reason: string | null): Promise<RowResult[]> {
    if (reason != null) requireText(reason, 'input.reason');
    const { places, results } = acceptRows(externalIds, 'input.annotators', (id) => id);
    const ids = [...places.keys()];
    const shown = status === AnnotatorStatus.ACTIVE ? null : reason;
    await this.transactions.run(async (transaction) => {
      const known = await this.known(transaction, project.id, ids);
      if (project.createUnknownAnnotators) await this.annotators.dictionary.insertIn(transaction, project.id, ids);
      const changed = await change(transaction, project.id, status, ids, shown);
      ids.forEach((id) => {
        const index = places.get(id)!;
        if (known.has(id)) results[index] = { index, status: changed.has(id) ? RowStatus.UPDATED : RowStatus.UNCHANGED };
        else if (project.createUnknownAnnotators) results[index] = { index, status: RowStatus.CREATED };
        else results[index] = rejectedRow(index, 'UNKNOWN_ANNOTATOR', `annotator ${excerpt(id)} is not in the project, which makes no annotators of itself; add them first`);
      });
      if (changed.size > 0) await this.audit.record(transaction, actor, actions[status], project.id, { annotators: [...changed], reason });
    });
    return results;
  }

  private async known(transaction: Transaction, projectId: number, ids: readonly string[]): Promise<Set<string>> {
    const rows: { external_id: string }[] = await transaction.query(
      `select external_id from annotators where project_id = $1 and external_id = any($2)`, [projectId, ids],
    );
    return new Set(rows.map((row) => row.external_id));
  }
}

/** Another reason for the same status leaves the time since when they have it. @returns whom it changed. */
async function change(transaction: Transaction, projectId: number, status: AnnotatorStatus, ids: readonly string[], reason: string | null): Promise<Set<string>> {
  const [rows]: [{ external_id: string }[], number] = await transaction.query(
    `update annotators set status = $3, status_reason = $4, status_at = case when status = $3 then status_at else clock_timestamp() end
     where project_id = $1 and external_id = any($2) and (status, status_reason) is distinct from ($3, $4::text) returning external_id`,
    [projectId, ids, status, reason],
  );
  return new Set(rows.map((row) => row.external_id));
}
