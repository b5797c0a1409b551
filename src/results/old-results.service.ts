import type { ClientBase } from 'pg';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Jobs } from '../jobs/jobs.service.js';
import type { Asked } from '../platform/database/prepared.js';
import type { Transaction } from '../platform/database/transaction.js';
import type { RunKey } from './blocks.js';
import { labelsReady, rowsToBlocks } from './old-rows.js';

const LOOK_MS = 10_000;
/** For as long as processes of the version before may read the rows. */
const ROWS_KEPT_FOR = '1 day';
/** Runs that are known to be in blocks. */
const MOST_KNOWN = 100_000;

/**
 * Older versions kept a row an item in soft_labels. Those of a run become blocks when somebody asks for them, or in the
 * background, the newest first; their rows go a day later.
 */
@Injectable()
export class OldResults implements OnModuleInit {
  private readonly known = new Set<string>();
  private readonly underWay = new Map<string, Promise<boolean>>();

  constructor(
    private readonly source: DataSource,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep('labels kept as rows', LOOK_MS, (transaction) => this.sweep(transaction));
  }

  /** Before a run's blocks are read: waits until its labels are in them. */
  async ready(key: RunKey, database: Asked = this.source): Promise<void> {
    const name = `${key.projectId}:${key.runId}`;
    if (this.known.has(name)) return;
    // All who ask for one run at once wait for one.
    let done = this.underWay.get(name);
    if (!done) this.underWay.set(name, done = labelsReady(database, this.url, key).finally(() => this.underWay.delete(name)));
    if (!await done) return;
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.add(name);
  }

  private get url(): string {
    return (this.source.options as { url: string }).url;
  }

  private async sweep(transaction: Transaction): Promise<boolean> {
    const where = `label_rows and status = 'SUCCEEDED' and results_dropped_at is null`;
    const [old]: RunKey[] = await transaction.query(
      `select project_id as "projectId", id as "runId" from runs where ${where} and label_blocks_since is null and exists (select 1 from projects where id = runs.project_id) order by id desc limit 1`,
    );
    if (old) return rowsToBlocks(await transaction.queryRunner!.connect() as ClientBase, this.url, old);
    const [past]: RunKey[] = await transaction.query(
      `select project_id as "projectId", id as "runId" from runs where ${where} and label_blocks_since < clock_timestamp() - interval '${ROWS_KEPT_FOR}' limit 1 for update skip locked`,
    );
    if (!past) return false;
    await transaction.query(`delete from soft_labels where project_id = $1 and run_id = $2`, [past.projectId, past.runId]);
    await transaction.query(`update runs set label_rows = false where project_id = $1 and id = $2`, [past.projectId, past.runId]);
    return true;
  }
}
