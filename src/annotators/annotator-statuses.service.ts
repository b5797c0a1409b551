import { Injectable } from '@nestjs/common';
import { rejectedRow, RowStatus, type RowResult } from '../platform/row-result.js';
import { excerpt, requireText } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { Audit, type Actor } from '../projects/audit/audit.js';
import type { Project } from '../projects/project.entity.js';
import { AnnotatorStatus } from './annotator.entity.js';
import { acceptRows } from './annotator-rows.js';
import { AnnotatorsService } from './annotators.service.js';

const actions = {
  [AnnotatorStatus.ACTIVE]: 'activateAnnotators',
  [AnnotatorStatus.PAUSED]: 'pauseAnnotators',
  [AnnotatorStatus.BLOCKED]: 'blockAnnotators',
} as const;

/** A person's word holds against a rule until the annotator has given so many votes more. */
export const VOTES_BEFORE_OVERRULED = 20;
const PAUSES_AT_ONCE = 10_000;

/** Whether annotators are given items, as people or the project's rule decide it. */
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

  /**
   * Pauses those of them who are active, by the project's rule and not by a person: nobody who was activated and has not given
   * 20 votes since. The audit log tells why of each. @returns how many were paused
   */
  async pauseByRule(projectId: number, pauses: readonly { code: number; reason: string }[]): Promise<number> {
    let paused = 0;
    for (let from = 0; from < pauses.length; from += PAUSES_AT_ONCE) {
      const some = pauses.slice(from, from + PAUSES_AT_ONCE);
      paused += await this.transactions.run(async (transaction) => {
        const annotators = await changeByRule(transaction, projectId, some);
        if (annotators.length > 0) await this.audit.record(transaction, await ruleOf(transaction, projectId), 'pauseAnnotators', projectId, { by: 'pauseRule', annotators });
        return annotators.length;
      });
    }
    return paused;
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
    `update annotators set status = $3, status_reason = $4, status_at = case when status = $3 then status_at else clock_timestamp() end, status_votes = ${VOTES}
     where project_id = $1 and external_id = any($2) and (status, status_reason) is distinct from ($3, $4::text) returning external_id`,
    [projectId, ids, status, reason],
  );
  return new Set(rows.map((row) => row.external_id));
}

async function changeByRule(transaction: Transaction, projectId: number, pauses: readonly { code: number; reason: string }[]): Promise<{ annotator: string; reason: string }[]> {
  const [rows]: [{ annotator: string; reason: string }[], number] = await transaction.query(
    `update annotators set status = 'PAUSED', status_reason = proposed.reason, status_at = clock_timestamp(), status_votes = ${VOTES}
     from unnest($2::int4[], $3::text[]) as proposed(code, reason)
     where annotators.project_id = $1 and annotators.code = proposed.code and status = 'ACTIVE'
       and (status_votes is null or status_votes + ${VOTES_BEFORE_OVERRULED} <= ${VOTES})
     returning external_id as annotator, proposed.reason`,
    [projectId, pauses.map((pause) => pause.code), pauses.map((pause) => pause.reason)],
  );
  return rows;
}

const VOTES = `(select counts.votes from annotator_counts counts where counts.project_id = $1 and counts.annotator_code = annotators.code)`;

async function ruleOf(transaction: Transaction, projectId: number): Promise<Actor> {
  const [project]: Actor[] = await transaction.query(`select workspace_id as "workspaceId" from projects where id = $1`, [projectId]);
  return project!;
}
