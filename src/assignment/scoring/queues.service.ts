import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Compute } from '../../compute/compute.service.js';
import { defineJob } from '../../jobs/job.js';
import { Jobs } from '../../jobs/jobs.service.js';
import { AssayError } from '../../platform/errors.js';
import type { Asked } from '../../platform/database/prepared.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { changesOf } from '../../projects/vote-changes.js';
import type { RescoreTaskInput } from './rescore.task.js';
import type { AssignmentTerms } from '../queue/terms.store.js';

const rescoreJob = defineJob<{ projectId: number }>('rescore', 1);

const LOOK_MS = 500;
const SHORT_MS = 5000;
/** A queue is scored again when so much of it may have been voted on. */
const VOTED_SHARE = 0.8;
/** By so much longer is a queue that somebody came to the end of: of a million items, all are queued after two such ends. */
const GROWTH = 4;
/** A policy that only calls name is dropped when none has named it for so long. */
const KEPT_FOR = '1 day';
/** How long a call waits for the first order of its policy. */
const WAIT_MS = 10_000;
const STEP_MS = 20;

/** The orders in which a project's items are taken, one for each policy in use, kept up with runs, rules and predictions. */
@Injectable()
export class Queues implements OnModuleInit {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
    private readonly compute: Compute,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(rescoreJob, ({ projectId }, stop) => this.rescore(projectId, stop));
    this.jobs.sweep('stale queues', LOOK_MS, (transaction) => this.sendStale(transaction));
    this.jobs.sweep('short queues', SHORT_MS, scoreShort);
    this.jobs.sweep('unused queues', 60_000, dropUnused);
  }

  /** The terms of a call, once the queue of its policy has been scored for the first time. @throws UNAVAILABLE where that takes longer than 10 s. */
  async scored(projectId: number, read: () => Promise<AssignmentTerms>, policy: string | null): Promise<AssignmentTerms> {
    let terms = await read();
    for (const until = Date.now() + WAIT_MS; !terms.scored; terms = await read()) {
      if (terms.generation == null) await this.open(projectId, policy ?? terms.policy);
      if (Date.now() > until) throw new AssayError('UNAVAILABLE', 'the items are being put in order for the first time; try again', { retryAfterSeconds: 5 });
      await sleep(STEP_MS);
    }
    if (policy != null && policy !== terms.policy) await this.keep(projectId, policy);
    return terms;
  }

  /**
   * For a walk that came to the end of the queue while more items lie behind: a longer one is made. However many of its items
   * an annotator has answered, in the end all open items are in it.
   */
  async lengthen(database: Asked, projectId: number, generation: number): Promise<void> {
    await database.query(
      `update project_queues set length = least(length::int8 * ${GROWTH}, 2147483647), scoring_version = null
       where project_id = $1 and generation = $2 and building is null and scoring_version is not null`,
      [projectId, generation],
    );
  }

  private open(projectId: number, policy: string): Promise<void> {
    return this.transactions.run(async (transaction) => {
      await transaction.query(`insert into project_queues (project_id, policy) values ($1, $2) on conflict do nothing`, [projectId, policy]);
      await this.send(transaction, projectId);
    });
  }

  private send(transaction: Transaction, projectId: number): Promise<void> {
    return this.jobs.send(transaction, rescoreJob, String(projectId), { projectId });
  }

  private async keep(projectId: number, policy: string): Promise<void> {
    await this.source.query(
      `update project_queues set asked_at = clock_timestamp() where project_id = $1 and policy = $2 and asked_at < clock_timestamp() - interval '1 minute'`, [projectId, policy],
    );
  }

  /** Whatever a queue was scored by and is no longer so: the run, the rules, the predictions. Seen in the rows themselves, so that no news can be missed. */
  private async sendStale(transaction: Transaction): Promise<void> {
    await transaction.query(
      `insert into project_queues (project_id, policy)
       select project.id, project.policy from projects project
       where archived_at is null and not exists (select 1 from project_queues where project_id = project.id and policy = project.policy)
       limit 100 on conflict do nothing`,
    );
    const stale: { projectId: number }[] = await transaction.query(
      `select distinct project.id as "projectId" from projects project join project_queues queue on queue.project_id = project.id
       where project.archived_at is null
         and (queue.scored_at is null or queue.run_id is distinct from project.current_run_id or queue.scoring_version is distinct from project.scoring_version)
       limit 100`,
    );
    for (const { projectId } of stale) await this.send(transaction, projectId);
  }

  private async rescore(projectId: number, stop: AbortSignal): Promise<void> {
    await this.compute.run<RescoreTaskInput, never, void>({
      module: new URL('./rescore.task.js', import.meta.url),
      input: { url: (this.source.options as { url: string }).url, projectId }, signal: stop,
    }).catch((error: Error) => {
      // The sweep finds the queue stale again when the process is back.
      if (!stop.aborted) throw error;
    });
  }
}

/** Votes take the front's items out of the queue: before none are left, the next are put in order. */
async function scoreShort(transaction: Transaction): Promise<void> {
  await transaction.query(
    `update project_queues queue set scoring_version = null
     where last_item is not null and building is null and scoring_version is not null and ${changesOf('queue.project_id')} - changes > ${VOTED_SHARE} * length`,
  );
}

async function dropUnused(transaction: Transaction): Promise<void> {
  await transaction.query(
    `with unused as (
       delete from project_queues queue using projects project
       where project.id = queue.project_id and project.policy <> queue.policy and queue.asked_at < clock_timestamp() - interval '${KEPT_FOR}'
       returning queue.project_id, queue.generation
     )
     delete from item_queue using unused where item_queue.project_id = unused.project_id and item_queue.generation = unused.generation`,
  );
}
