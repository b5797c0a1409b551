import { Injectable, Logger } from '@nestjs/common';
import { Events } from '../../events/events.service.js';
import { conflict, invalid, refusing } from '../../platform/errors.js';
import { Config } from '../../platform/config.js';
import { Idempotency } from '../../platform/database/idempotency.js';
import { runsFinished } from '../../platform/metrics.js';
import type { Principal } from '../../platform/principal.js';
import { PredictionModels } from '../../predictions/prediction-models.service.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { Audit, type Actor } from '../../projects/audit/audit.js';
import { holdProject, requireOpen } from '../../projects/project-access.js';
import type { Project } from '../../projects/project.entity.js';
import { runChanged } from '../run-changed.js';
import { boundsOf, refuseCostly } from './run-cost.js';
import { resolvePredictions, resolveRequest, type RunRequest } from './run-request.js';
import { RunWork } from './run-work.js';
import { ENDED, Run, RunOrigin, RunStatus } from '../run.entity.js';
import { RunsStore } from '../runs.store.js';
import { requireResults, RunReader } from '../run-reader.js';
import { newestWatermark } from '../watermark.js';

@Injectable()
export class RunsService {
  private readonly logger = new Logger('runs');

  constructor(
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly reader: RunReader,
    private readonly audit: Audit,
    private readonly events: Events,
    private readonly store: RunsStore,
    private readonly work: RunWork,
    private readonly predictions: PredictionModels,
    private readonly config: Config,
  ) {}

  /** @throws INVALID_INPUT for a method, option or watermark that cannot be; CONFLICT for an archived project. */
  async start(actor: Actor, project: Project, request: RunRequest = {}, idempotencyKey: string | null = null): Promise<{ run: Run; replayed: boolean }> {
    requireOpen(project);
    const { method, options } = resolveRequest(project, request);
    const predictionVersions = await resolvePredictions(this.predictions, project, method, request);
    const size = await this.store.sizeNow(project.id, project.classes.length, predictionVersions);
    refusing('input.method', () => refuseCostly(method, size, options, boundsOf(this.config.settings)));
    const cost = method.estimate(size, options);
    const { seed = 0, makeCurrent = true } = request;
    const watermark = request.watermark == null ? null : Number(request.watermark);
    const { answer, replayed } = await this.transactions.run((transaction) => this.idempotency.once(
      transaction,
      { projectId: project.id, workspaceId: project.workspaceId, key: idempotencyKey },
      [
        'startRun', request.method ?? null, request.options ?? null, seed, watermark, makeCurrent,
        ...(request.predictions?.length ? [request.predictions] : []), ...(request.methodVersion == null ? [] : [{ methodVersion: request.methodVersion }]),
      ],
      async () => {
        await holdProject(transaction, project.id);
        await requireSettled(transaction, project, watermark);
        const runId = await this.store.insert(transaction, {
          projectId: project.id, methodId: method.id, methodVersion: method.version, options, seed, watermark, origin: RunOrigin.REQUEST, makeCurrent, predictionVersions, cost,
          requestId: actor.requestId,
        });
        await this.work.enqueue(transaction, { projectId: project.id, runId });
        await this.audit.record(transaction, actor, 'startRun', project.id, { run: runId, method: method.id, options, seed, watermark, makeCurrent });
        return { runId };
      },
    ));
    return { run: await this.reader.read(project.id, answer.runId), replayed };
  }

  /** A run that was cancelled before stays so. @throws CONFLICT for one that ended otherwise. */
  async cancel(caller: Principal, actor: Actor, id: string): Promise<Run> {
    const run = await this.reader.find(caller, id);
    const cancelled = await this.transactions.run(async (transaction) => {
      if (!await this.store.cancel(transaction, { projectId: run.projectId, runId: run.id })) return false;
      await this.audit.record(transaction, actor, 'cancelRun', run.projectId, { run: run.id });
      return true;
    });
    if (cancelled) {
      runsFinished.inc({ method: run.methodId, status: 'CANCELLED' });
      this.logger.log({ projectId: run.projectId, runId: run.id, method: run.methodId }, 'a run was cancelled');
    }
    const ended = await this.reader.read(run.projectId, run.id);
    if (ended.status !== RunStatus.CANCELLED) throw conflict(`the run has ${ended.status.toLowerCase()} already`);
    return ended;
  }

  /** @throws CONFLICT for a run without results. */
  async setCurrent(caller: Principal, actor: Actor, id: string): Promise<Run> {
    const run = await this.reader.find(caller, id);
    return this.transactions.run(async (transaction) => {
      // Locked, so that its results are not dropped between the look and the change.
      const current = await transaction.getRepository(Run).findOneOrFail({
        where: { projectId: run.projectId, id: run.id }, lock: { mode: 'pessimistic_write' },
      });
      requireResults(current);
      await transaction.query(`update projects set current_run_id = $2 where id = $1`, [run.projectId, run.id]);
      await this.audit.record(transaction, actor, 'setCurrentRun', run.projectId, { run: run.id });
      return current;
    });
  }

  /** Waits for the run's end, for callers without a subscription. */
  async ended(projectId: number, runId: number): Promise<Run> {
    const news = await this.events.latest(runChanged, (told) => told.projectId === projectId && told.runId === runId);
    try {
      for (;;) {
        const run = await this.reader.read(projectId, runId);
        if (ENDED.includes(run.status)) return run;
        await news.next();
      }
    } finally {
      await news.return();
    }
  }
}

/** A watermark of the future would not be the same tomorrow. */
async function requireSettled(transaction: Transaction, project: Project, watermark: number | null): Promise<void> {
  if (watermark == null) return;
  const newest = await newestWatermark(transaction, project.id);
  if (watermark < 0 || watermark > newest) throw invalid(`input.watermark is ${watermark}; the project's votes go from 0 to ${newest}`, 'input.watermark');
}
