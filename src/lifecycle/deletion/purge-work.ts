import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Events } from '../../events/events.service.js';
import { defineJob } from '../../jobs/job.js';
import { Jobs } from '../../jobs/jobs.service.js';
import { Config } from '../../platform/config.js';
import { databaseTime } from '../../platform/database/clock.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { globalId } from '../../platform/graphql/global-id.js';
import { Audit } from '../../projects/audit/audit.js';
import { projectGone } from '../../projects/project-gone.js';
import { ProjectDeletion } from './project-deletion.entity.js';
import { projectTables, type ProjectTable } from './project-tables.js';
import { removeRows, type RowKey } from './remove-rows.js';

/** One at once: what waits is no hurry, and the database has other work. The payload does not name the project, so that it need not be forgotten with it. */
const purgeJob = defineJob<{ deletionId: number }>('purge', 1);

const LOOK_MS = 5000;
/** A purge that says nothing for so long is lost, and taken up again. Batches take a fraction of a second. */
const LOST_MS = 15_000;

/** Removes what deleted projects leave, batch by batch, so that neither a transaction nor a lock is long. */
@Injectable()
export class PurgeWork implements OnModuleInit {
  private readonly logger = new Logger('lifecycle');

  constructor(
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
    private readonly events: Events,
    private readonly audit: Audit,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(purgeJob, ({ deletionId }, stop) => this.purge(deletionId, stop));
    this.jobs.sweep('deleted projects', LOOK_MS, (transaction) => this.sendDue(transaction));
  }

  send(transaction: Transaction, deletionId: number): Promise<void> {
    return this.jobs.send(transaction, purgeJob, String(deletionId), { deletionId });
  }

  private async sendDue(transaction: Transaction): Promise<void> {
    const now = await databaseTime(transaction);
    const due: { id: number }[] = await transaction.query(`select id from project_deletions where purged_at is null and due_at <= $1 order by due_at limit 100`, [now]);
    if (due.length === 0) return;
    await transaction.query(`update project_deletions set due_at = $2 where id = any($1)`, [due.map(({ id }) => id), new Date(now.getTime() + LOST_MS)]);
    for (const { id } of due) await this.send(transaction, id);
  }

  /** Killed at any moment it goes on where its last batch ended. */
  private async purge(deletionId: number, stop: AbortSignal): Promise<void> {
    const begun = await this.step(deletionId, async (transaction, deletion, now) => {
      if (deletion.startedAt) return true;
      if (deletion.purgeAfter > now) return false;
      await transaction.query(`update project_deletions set started_at = $2, project = null, touched = '{}' where id = $1`, [deletionId, now]);
      return true;
    });
    if (!begun) return;
    // Until a pass over all tables finds nothing: a call that was under way at the deletion may have written behind it.
    for (let rows = Infinity; rows > 0;) {
      rows = 0;
      for (const table of projectTables) rows += await this.empty(deletionId, table, stop);
      if (stop.aborted) return;
    }
    await this.step(deletionId, (transaction, deletion, now) => this.finish(transaction, deletion, now));
  }

  private async empty(deletionId: number, table: ProjectTable, stop: AbortSignal): Promise<number> {
    let rows = 0;
    for (let last: RowKey | null = null; !stop.aborted;) {
      const after: RowKey | null = last;
      const removed = await this.step(deletionId, async (transaction, deletion) => {
        const batch = await removeRows(transaction, table, { id: deletion.projectId!, workspaceId: deletion.workspaceId }, after);
        await addRemoved(transaction, deletion.id, table.name, batch.rows);
        return batch;
      });
      rows += removed?.rows ?? 0;
      last = removed?.last ?? null;
      if (last === null) break;
    }
    return rows;
  }

  /**
   * One transaction of the purge, with the deletion's row in its hands: two processes that purge the same project take turns, and what
   * was counted was removed. @returns null where there is nothing more to purge
   */
  private step<T>(deletionId: number, work: (transaction: Transaction, deletion: ProjectDeletion, now: Date) => Promise<T>): Promise<T | null> {
    return this.transactions.run(async (transaction) => {
      const deletion = await transaction.getRepository(ProjectDeletion).findOne({ where: { id: deletionId }, lock: { mode: 'pessimistic_write' } });
      if (!deletion || deletion.purgedAt) return null;
      const now = await databaseTime(transaction);
      await transaction.query(`update project_deletions set due_at = $2 where id = $1`, [deletionId, new Date(now.getTime() + LOST_MS)]);
      await transaction.query(`select set_config('assay.forgetting', 'on', true)`);
      return work(transaction, deletion, now);
    });
  }

  /** Once all that was under way when the project was deleted has ended; before that it looks again later. */
  private async finish(transaction: Transaction, { id, workspaceId, projectId, deletedAt, removed }: ProjectDeletion, now: Date): Promise<void> {
    const settled = new Date(deletedAt.getTime() + this.config.settings.EXECUTION_TIMEOUT_MS);
    if (settled > now) {
      await transaction.query(`update project_deletions set due_at = $2 where id = $1`, [id, settled]);
      return;
    }
    const jobs = await this.jobs.forgetProject(transaction, projectId!);
    const [, keys]: [unknown, number] = await transaction.query(
      `delete from idempotency_keys where project_id = 0 and workspace_id = $1 and response = jsonb_build_object('id', $2::int)`, [workspaceId, projectId],
    );
    await addRemoved(transaction, id, 'idempotency_keys', keys);
    await addRemoved(transaction, id, 'jobs', jobs);
    await transaction.query(`update project_deletions set project_id = null, purged_at = $2 where id = $1`, [id, now]);
    await this.audit.record(transaction, { workspaceId }, 'purgeProject', null, { deletion: globalId('ProjectDeletion', id), deletedAt, removed });
    await this.events.publish(projectGone, { projectId: projectId! }, transaction);
    const rows = Object.values(removed).reduce((sum, one) => sum + one, 0);
    this.logger.log({ projectId, rows }, 'a deleted project was purged');
  }
}

async function addRemoved(transaction: Transaction, deletionId: number, name: string, rows: number): Promise<void> {
  if (rows === 0) return;
  await transaction.query(
    `update project_deletions set removed = removed || jsonb_build_object($2::text, coalesce((removed->>$2::text)::int8, 0) + $3::int8) where id = $1`, [deletionId, name, rows],
  );
}
