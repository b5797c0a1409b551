import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../jobs/jobs.service.js';
import type { Transaction } from '../../platform/database/transaction.js';

const LOOK_MS = 10_000;
const KEPT_FOR = '1 hour';
const ITEMS_AT_ONCE = 1_000_000;

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

  /** As many runs as hold a million items, and one at least, lest a transaction grow long. */
  private async drop(transaction: Transaction): Promise<void> {
    const old: { projectId: number; runId: number; itemCount: number }[] = await transaction.query(
      `select run.project_id as "projectId", run.id as "runId", run.item_count as "itemCount"
       from runs run join projects project on project.id = run.project_id
       where run.origin = 'RULE' and run.status = 'SUCCEEDED' and run.results_dropped_at is null
         and run.finished_at < clock_timestamp() - interval '${KEPT_FOR}' and project.current_run_id is distinct from run.id
       order by run.finished_at limit 100 for update of run skip locked`,
    );
    let items = 0;
    for (const { projectId, runId, itemCount } of old) {
      items += itemCount;
      if (items > ITEMS_AT_ONCE && items > itemCount) break;
      await this.dropRun(transaction, projectId, runId);
    }
  }

  private async dropRun(transaction: Transaction, projectId: number, runId: number): Promise<void> {
    // setCurrentRun takes the run's lock too: had the run become current since the look, it would be seen here.
    const [current] = await transaction.query<unknown[]>(`select 1 from projects where id = $1 and current_run_id = $2`, [projectId, runId]);
    if (current) return;
    for (const table of ['label_blocks', 'soft_labels', 'annotator_results']) {
      await transaction.query(`delete from ${table} where project_id = $1 and run_id = $2`, [projectId, runId]);
    }
    await transaction.query(`update runs set results_dropped_at = clock_timestamp() where project_id = $1 and id = $2`, [projectId, runId]);
  }
}
