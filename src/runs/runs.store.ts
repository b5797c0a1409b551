import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Cost, CostSize, MethodOptions, Progress } from '../aggregation/index.js';
import type { Transaction } from '../platform/database/transaction.js';
import { currentTraceparent } from '../platform/trace.js';
import type { RunKey } from '../results/blocks.js';
import type { RunOrigin } from './run.entity.js';
import { runChanged } from './run-changed.js';

/** A worker that does not beat for so long has lost its run. By the database's clock alone. */
export const LEASE_SECONDS = 15;
/** After so many lost workers or outages a run is given up. */
export const MAX_ATTEMPTS = 3;

export interface NewRun {
  projectId: number;
  methodId: string;
  methodVersion: number;
  options: MethodOptions;
  seed: number;
  watermark: number | null;
  origin: RunOrigin;
  makeCurrent: boolean;
  /** Null for methods that read none. */
  predictionVersions: number[] | null;
  /** Null where the method is not known. */
  cost: Cost | null;
  /** Of the request that asked for it; its trace goes with it, too. */
  requestId?: string | null;
}

/** The right to work on a run. Whoever writes for the run names the fence, and writes nothing once another has it. */
export interface RunLease extends RunKey {
  fence: string;
}

export interface ClaimedRun extends RunLease {
  methodId: string;
  methodVersion: number;
  options: MethodOptions;
  seed: number;
  watermark: number | null;
  makeCurrent: boolean;
  attempt: number;
  itemCount: number | null;
  annotatorCount: number | null;
  classCount: number;
  predictionVersions: number[] | null;
  requestId: string | null;
  traceparent: string | null;
  /** When it was asked for and when this claimed it, in ms of the epoch by the database's clock. */
  askedAt: number;
  claimedAt: number;
}

/** What a run reads, so that it can read the same again. */
export interface Pin {
  watermark: number;
  /** Null where an older watermark was asked for: what changed until then is not known any more. */
  changes: number | null;
  itemCount: number;
  annotatorCount: number;
}

/** Every change of a run's row is one statement that also tells it. */
@Injectable()
export class RunsStore {
  constructor(private readonly source: DataSource) {}

  async insert(transaction: Transaction, run: NewRun): Promise<number> {
    const [row]: { id: number }[] = await transaction.query(
      `insert into runs (project_id, method_id, method_version, options, seed, watermark, origin, make_current, prediction_versions, estimated_operations, estimated_bytes, request_id, traceparent)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning id`,
      [run.projectId, run.methodId, run.methodVersion, JSON.stringify(run.options), run.seed, run.watermark, run.origin, run.makeCurrent, run.predictionVersions, run.cost?.operations ?? null, run.cost?.bytes ?? null, run.requestId ?? null, currentTraceparent()],
    );
    return row!.id;
  }

  /** The project as it is now: of an older watermark no more than that. */
  async sizeNow(projectId: number, classes: number, models: readonly number[] | null, handle: EntityManager = this.source.manager): Promise<CostSize> {
    const [row]: { votes: string; items: number; annotators: number }[] = await handle.query(
      `select coalesce(sum(counts.votes), 0)::text as votes, codes.next_item_code as items, codes.next_annotator_code as annotators
       from project_codes codes left join project_counts counts on counts.project_id = codes.project_id
       where codes.project_id = $1 group by codes.project_id`, [projectId],
    );
    return { items: row?.items ?? 0, annotators: row?.annotators ?? 0, votes: Number(row?.votes ?? 0), classes, models: models?.length ?? 0 };
  }

  /** @returns null where the run is not waiting: done, cancelled, or another worker's. */
  async claim({ projectId, runId }: RunKey): Promise<ClaimedRun | null> {
    const fence = randomUUID();
    const [run] = await this.change(this.source.manager,
      `status = 'RUNNING', attempt = attempt + 1, fence = $3, ${LEASE}, started_at = coalesce(started_at, clock_timestamp()),
       phase = 'start', iteration = null, iteration_done = null, log_likelihood = null`,
      `project_id = $1 and id = $2 and status = 'QUEUED'`, [projectId, runId, fence],
      `method_id as "methodId", method_version as "methodVersion", options, seed, watermark, make_current as "makeCurrent", attempt,
       item_count as "itemCount", annotator_count as "annotatorCount", prediction_versions as "predictionVersions",
       request_id as "requestId", traceparent, ${epochMs('created_at')} as "askedAt", ${epochMs('clock_timestamp()')} as "claimedAt",
       (select cardinality(classes) from projects where projects.id = changed.project_id) as "classCount"`);
    return run ? { ...(run as unknown as ClaimedRun), projectId, runId, fence } : null;
  }

  /** @returns whether the run is still the holder's. */
  async beat(lease: RunLease, progress: Progress | null): Promise<boolean> {
    if (!progress) return this.changeHeld(this.source.manager, lease, LEASE);
    return this.changeHeld(this.source.manager, lease, `${LEASE}, phase = $4, iteration = $5, log_likelihood = $6, iteration_done = $7`,
      [progress.phase, progress.iteration, Number.isFinite(progress.objective) ? progress.objective : null, progress.done ?? null]);
  }

  async pin(transaction: Transaction, lease: RunLease, pin: Pin): Promise<boolean> {
    return this.changeHeld(transaction, lease, 'watermark = $4, changes_at_watermark = $5, item_count = $6, annotator_count = $7',
      [pin.watermark, pin.changes, pin.itemCount, pin.annotatorCount]);
  }

  /** Back to the queue. `uncounted` where the worker gave it up in good order. */
  async giveBack(transaction: Transaction, lease: RunLease, uncounted: boolean): Promise<boolean> {
    return this.changeHeld(transaction, lease, `status = 'QUEUED', fence = null, lease_until = null, attempt = attempt - ${uncounted ? 1 : 0}`);
  }

  /** Seconds by phase where the holder of this lease published the results; null where it did not. */
  async secondsOfSuccess({ projectId, runId, fence }: RunLease): Promise<Record<string, number> | null> {
    const [row]: { seconds: Record<string, number> }[] = await this.source.query(
      `select seconds from runs where project_id = $1 and id = $2 and fence = $3 and status = 'SUCCEEDED'`, [projectId, runId, fence],
    );
    return row?.seconds ?? null;
  }

  async fail(lease: RunLease, failure: string): Promise<boolean> {
    return this.changeHeld(this.source.manager, lease, `status = 'FAILED', failure = $4, ${ENDING}`, [failure]);
  }

  /** From here on the worker's fence is no longer the run's. @returns whether there was something to cancel. */
  async cancel(transaction: Transaction, { projectId, runId }: RunKey): Promise<boolean> {
    const changed = await this.change(transaction, `status = 'CANCELLED', ${ENDING}`,
      `project_id = $1 and id = $2 and status in ('QUEUED', 'RUNNING')`, [projectId, runId]);
    return changed.length > 0;
  }

  /** All of a project that have not ended. */
  async cancelAll(transaction: Transaction, projectId: number): Promise<number> {
    const changed = await this.change(transaction, `status = 'CANCELLED', ${ENDING}`, `project_id = $1 and status in ('QUEUED', 'RUNNING')`, [projectId]);
    return changed.length;
  }

  /** Runs whose worker was lost go back to the queue, or are given up. @returns those that wait, the oldest first. */
  async recoverLost(transaction: Transaction): Promise<RunKey[]> {
    await this.change(transaction,
      `status = 'FAILED', ${ENDING}, failure = 'the worker was lost ' || attempt || ' times, the last time in phase ' || coalesce(phase, 'start')`,
      `status = 'RUNNING' and lease_until < clock_timestamp() and attempt >= ${MAX_ATTEMPTS}`, []);
    await this.change(transaction, `status = 'QUEUED', fence = null, lease_until = null`,
      `status = 'RUNNING' and lease_until < clock_timestamp()`, []);
    return transaction.query(`select project_id as "projectId", id as "runId" from runs where status = 'QUEUED' order by id limit 100`);
  }

  /** `$1` to `$3` are the lease; `parameters` begin at `$4`. */
  private async changeHeld(handle: EntityManager, lease: RunLease, set: string, parameters: unknown[] = []): Promise<boolean> {
    const changed = await this.change(handle, set, `project_id = $1 and id = $2 and fence = $3 and status = 'RUNNING'`,
      [lease.projectId, lease.runId, lease.fence, ...parameters]);
    return changed.length > 0;
  }

  private async change(handle: EntityManager, set: string, where: string, parameters: unknown[], returning = 'id'): Promise<object[]> {
    return handle.query(
      `with changed as (update runs set ${set} where ${where} returning *) select ${returning}, ${TELL} from changed`,
      parameters,
    );
  }
}

const epochMs = (time: string) => `(extract(epoch from ${time}) * 1000)::float8`;

/** clock_timestamp, not now: a statement may have waited for a lock. */
const LEASE = `lease_until = clock_timestamp() + interval '${LEASE_SECONDS} seconds'`;
const ENDING = `fence = null, lease_until = null, finished_at = clock_timestamp()`;

/** For statements whose CTE `changed` names project_id, id and status. */
export const TELL = `pg_notify('${runChanged.channel}', json_build_object('projectId', changed.project_id, 'runId', changed.id, 'status', changed.status)::text)`;
