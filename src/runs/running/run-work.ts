import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { DataSource } from 'typeorm';
import type { Progress } from '../../aggregation/index.js';
import { Compute } from '../../compute/compute.service.js';
import { Events } from '../../events/events.service.js';
import { defineJob } from '../../jobs/job.js';
import { Jobs } from '../../jobs/jobs.service.js';
import { Pulse } from '../../jobs/pulse.js';
import { PredictionModels } from '../../predictions/prediction-models.service.js';
import { Config } from '../../platform/config.js';
import { keptVotes, runPhaseSeconds, runsFinished } from '../../platform/metrics.js';
import { maySucceedLater } from '../../platform/outage.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { failed, inTrace, Trace } from '../../platform/trace.js';
import { runChanged } from '../run-changed.js';
import { boundsOf } from './run-cost.js';
import type { RunDone, RunTaskInput, RunTold } from './run.task.js';
import { RunStatus } from '../run.entity.js';
import type { RunKey } from '../../results/blocks.js';
import { MAX_ATTEMPTS, RunsStore, type ClaimedRun, type Pin, type RunLease } from '../runs.store.js';
import type { Keeping, KeptTold } from '../snapshot/votes-at.js';
import { readPin } from '../watermark.js';

/** Two at once, so that a long run of one project does not keep all others waiting. */
export const runJob = defineJob<RunKey>('run', 2);

const RECOVER_MS = 2000;
/** Fewer votes are read in a tenth of a second. */
const KEPT_FROM_VOTES = 100_000;

/** Takes up the runs that wait. */
@Injectable()
export class RunWork implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('runs');
  private readonly underWay = new Map<number, Pulse<Progress>>();

  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly store: RunsStore,
    private readonly jobs: Jobs,
    private readonly events: Events,
    private readonly compute: Compute,
    private readonly predictions: PredictionModels,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(runJob, (key, stop) => this.work(key, stop));
    this.jobs.sweep('lost runs', RECOVER_MS, async (transaction) => {
      for (const key of await this.store.recoverLost(transaction)) await this.enqueue(transaction, key);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    // A cancelled run is no longer its worker's: the next beat finds out, so beat at once. One that succeeded has a thread about to
    // answer, which is kept for the next run: to end it costs more than all else that a small run does.
    await this.events.on(runChanged, (news) => {
      if (typeof news === 'symbol') this.underWay.forEach((pulse) => void pulse.flush());
      else if (news.status !== RunStatus.RUNNING && news.status !== RunStatus.SUCCEEDED) void this.underWay.get(news.runId)?.flush();
    });
  }

  enqueue(transaction: Transaction, key: RunKey): Promise<void> {
    return this.jobs.send(transaction, runJob, `${key.projectId}:${key.runId}`, { projectId: key.projectId, runId: key.runId });
  }

  private async work(key: RunKey, stop: AbortSignal): Promise<void> {
    const run = await this.store.claim(key);
    // Another worker's, cancelled, or done.
    if (!run) return;
    const trace = traceOf(run);
    await inTrace(trace, async () => {
      try {
        await this.perform(run, stop, trace);
      } finally {
        trace?.end();
      }
    });
  }

  private async perform(run: ClaimedRun, stop: AbortSignal, trace: Trace | null): Promise<void> {
    const lost = new AbortController();
    const pulse = new Pulse<Progress>((progress) => this.store.beat(run, progress), async () => {
      // What has succeeded is held no longer either: its thread is about to answer.
      if (!await this.store.secondsOfSuccess(run)) lost.abort(new Error('the run is no longer this worker\'s'));
    });
    this.underWay.set(run.runId, pulse);
    try {
      const pin = await this.pin(run);
      const { seconds, kept } = await this.compute.run<RunTaskInput, RunTold, RunDone>({
        module: new URL('./run.task.js', import.meta.url),
        input: await this.taskInput(run, pin),
        onMessage: (told) => {
          if ('progress' in told) pulse.tell(told.progress);
          else trace?.past(told.phase, told.to, { from: told.from });
        },
        signal: AbortSignal.any([stop, lost.signal]),
      });
      this.succeeded(run, seconds);
      if (kept) this.tellKept(run, kept);
    } catch (error) {
      await pulse.stop();
      // A stop may end the thread between its commit and its answer.
      const seconds = await this.store.secondsOfSuccess(run);
      if (seconds) return this.succeeded(run, seconds);
      if (trace) failed(trace.root, error);
      if (!lost.signal.aborted) await this.end(run, error as Error, stop.aborted);
    } finally {
      await pulse.stop();
      this.underWay.delete(run.runId);
    }
  }

  /** Once and for all attempts, so that a second worker reads what the first one read. */
  private async pin(run: ClaimedRun): Promise<Pin> {
    const { watermark, itemCount, annotatorCount } = run;
    if (watermark != null && itemCount != null && annotatorCount != null) return { watermark, itemCount, annotatorCount, changes: null };
    return this.transactions.run(async (transaction) => {
      const pin = await readPin(transaction, run.projectId, watermark);
      await this.store.pin(transaction, run, pin);
      return pin;
    });
  }

  private async taskInput({ projectId, runId, fence, methodId, methodVersion, options, seed, makeCurrent, classCount, predictionVersions }: ClaimedRun, pin: Pin): Promise<RunTaskInput> {
    return {
      url: (this.source.options as { url: string }).url, channel: runChanged.channel, lease: { projectId, runId, fence },
      methodId, methodVersion, options, seed, makeCurrent, classCount, bounds: boundsOf(this.config.settings),
      keeping: this.keeping(), threads: Math.max(1, Math.floor(availableParallelism() / runJob.concurrency)),
      watermark: pin.watermark, itemCount: pin.itemCount, annotatorCount: pin.annotatorCount,
      predictions: predictionVersions && await this.predictions.byIds(projectId, predictionVersions),
    };
  }

  private succeeded({ methodId, projectId, runId, requestId }: ClaimedRun, seconds: Record<string, number>): void {
    runsFinished.inc({ method: methodId, status: 'SUCCEEDED' });
    for (const [phase, time] of Object.entries(seconds)) runPhaseSeconds.observe({ phase }, time);
    this.logger.log({ projectId, runId, method: methodId, seconds, ...(requestId != null && { requestId }) }, 'a run succeeded');
  }

  private keeping(): Keeping | null {
    const { ASSAY_DATA_DIR, KEPT_VOTES_MEGABYTES } = this.config.settings;
    return KEPT_VOTES_MEGABYTES > 0 ? { folder: join(ASSAY_DATA_DIR, 'kept-votes'), mostBytes: KEPT_VOTES_MEGABYTES * 1e6, fromVotes: KEPT_FROM_VOTES } : null;
  }

  /** A fault of the disk costs the next run time, and nothing else. */
  private tellKept({ projectId, runId }: RunLease, { use, end, fault }: KeptTold): void {
    keptVotes.inc({ result: use });
    keptVotes.inc({ result: end });
    if (fault != null) this.logger.warn({ projectId, runId, use, end, fault }, 'the votes of a run could not be kept, or what was kept not be read');
  }

  /** A stop and an outage give the run back; whatever the method or its input is at fault for fails it. */
  private async end(run: ClaimedRun, error: Error, stopping: boolean): Promise<void> {
    const outage = maySucceedLater(error);
    if (stopping || (outage && run.attempt < MAX_ATTEMPTS)) {
      await this.transactions.run(async (transaction) => {
        if (await this.store.giveBack(transaction, run, stopping)) await this.enqueue(transaction, run);
      });
      return;
    }
    const failed = await this.store.fail(run, outage ? `the database did not answer ${run.attempt} times: ${error.message}` : error.message);
    // FenceError: it was taken from us at the last moment, and there is nothing to say.
    if (!failed) return;
    runsFinished.inc({ method: run.methodId, status: 'FAILED' });
    this.logger.warn({ err: error, projectId: run.projectId, runId: run.runId, ...(run.requestId != null && { requestId: run.requestId }) }, 'a run failed');
  }
}

/** Goes on where the request stood that asked for it, or begins here; the time that it waited is a span beside it. */
function traceOf({ traceparent, requestId, methodId, runId, projectId, attempt, askedAt, claimedAt }: ClaimedRun): Trace | null {
  const attributes = {
    'assay.run': runId, 'assay.project': projectId, 'assay.method': methodId, 'assay.attempt': attempt, ...(requestId != null && { 'assay.request_id': requestId }),
  };
  // Of a second attempt nobody has kept since when it waited.
  if (attempt === 1 && traceparent != null) Trace.begin('queued', traceparent, { kind: SpanKind.CONSUMER, attributes, from: askedAt })?.root.end(claimedAt);
  return Trace.begin('run', traceparent, { kind: SpanKind.CONSUMER, attributes });
}
