import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../jobs/jobs.service.js';
import type { Transaction } from '../platform/transaction.js';

const LOOK_MS = 10_000;
const KEPT_FOR = '1 hour';

/**
 * A project that runs every minute would fill the disk with results that nobody asked for. Those of automatic runs are
 * dropped an hour after the run ended, unless it is still current: a reader amid its pages has that long, and what was
 * dropped can be had again to the bit, since the run's row keeps what it read.
 */
@Injectable()
export class DroppedResults implements OnModuleInit {
  constructor(private readonly jobs: Jobs) {}

  onModuleInit(): void {
    this.jobs.sweep('old results', LOOK_MS, (transaction) => this.drop(transaction));
  }

  /** One run at a time, lest a transaction grow long. */
  private async drop(transaction: Transaction): Promise<void> {
    const [run]: { projectId: number; runId: number }[] = await transaction.query(
      `select run.project_id as "projectId", run.id as "runId" from runs run join projects project on project.id = run.project_id
       where run.origin = 'RULE' and run.status = 'SUCCEEDED' and run.results_dropped_at is null
         and run.finished_at < clock_timestamp() - interval '${KEPT_FOR}' and project.current_run_id is distinct from run.id
       order by run.finished_at limit 1 for update of run skip locked`,
    );
    if (!run) return;
    // Locked as setCurrentRun locks it: had it become current since the look, it would be seen here.
    const [current] = await transaction.query(`select 1 from projects where id = $1 and current_run_id = $2`, [run.projectId, run.runId]);
    if (current) return;
    for (const table of ['soft_labels', 'annotator_results']) {
      await transaction.query(`delete from ${table} where project_id = $1 and run_id = $2`, [run.projectId, run.runId]);
    }
    await transaction.query(`update runs set results_dropped_at = clock_timestamp() where project_id = $1 and id = $2`, [run.projectId, run.runId]);
  }
}
