import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { builtFile, Compute } from '../compute/compute.service.js';
import { Events } from '../events/events.service.js';
import { defineTopic } from '../events/topic.js';
import { defineJob } from '../jobs/job.js';
import { Jobs } from '../jobs/jobs.service.js';
import { Pulse } from '../jobs/pulse.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { maySucceedLater } from '../platform/outage.js';
import { reportKind } from './report-kind.js';
import type { ReportTaskInput } from './report.task.js';
import { MAX_ATTEMPTS, ReportsStore, type ClaimedReport, type ReportKey } from './reports.store.js';

const reportJob = defineJob<ReportKey>('report', 1);

/** Its worker looks at once whether it still has it. */
export const reportCancelled = defineTopic<ReportKey>('report_cancelled');

const RECOVER_MS = 2000;
const DROP_MS = 60_000;

/** Takes up the reports that wait, as runs are: the row tells what is to be done, so that a lost worker's report is found again. */
@Injectable()
export class ReportWork implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('reports');
  private readonly underWay = new Map<number, Pulse>();

  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly store: ReportsStore,
    private readonly jobs: Jobs,
    private readonly events: Events,
    private readonly compute: Compute,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(reportJob, (key, stop) => this.work(key, stop));
    this.jobs.sweep('lost reports', RECOVER_MS, async (transaction) => {
      for (const key of await this.store.recoverLost(transaction)) await this.enqueue(transaction, key);
    });
    this.jobs.sweep('unused reports', DROP_MS, (transaction) => this.store.dropUnused(transaction));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.events.on(reportCancelled, (news) => {
      if (typeof news === 'symbol') this.underWay.forEach((pulse) => void pulse.flush());
      else void this.underWay.get(news.reportId)?.flush();
    });
  }

  enqueue(transaction: Transaction, { projectId, reportId }: ReportKey): Promise<void> {
    return this.jobs.send(transaction, reportJob, `${projectId}:${reportId}`, { projectId, reportId });
  }

  private async work(key: ReportKey, stop: AbortSignal): Promise<void> {
    const report = await this.store.claim(key);
    // Another worker's, cancelled, or done.
    if (!report) return;
    const lost = new AbortController();
    const pulse = new Pulse(() => this.store.beat(report), () => lost.abort(new Error('the report is no longer this worker\'s')));
    this.underWay.set(report.reportId, pulse);
    try {
      await this.compute.run<ReportTaskInput, never, void>({
        module: new URL('./report.task.js', import.meta.url), input: this.taskInput(report), signal: AbortSignal.any([stop, lost.signal]),
      });
    } catch (error) {
      await pulse.stop();
      if (!lost.signal.aborted) await this.end(report, error as Error, stop.aborted);
    } finally {
      await pulse.stop();
      this.underWay.delete(report.reportId);
    }
  }

  private taskInput({ projectId, reportId, fence, kind, request, watermark, itemCount, annotatorCount }: ClaimedReport): ReportTaskInput {
    return {
      url: (this.source.options as { url: string }).url, module: builtFile(reportKind(kind).module).href,
      lease: { projectId, reportId, fence }, task: { projectId, watermark, itemCount, annotatorCount, request },
    };
  }

  /** A stop and an outage give it back; whatever the request or its votes are at fault for fails it. Where it succeeded at the last moment, both change nothing. */
  private async end(report: ClaimedReport, error: Error, stopping: boolean): Promise<void> {
    const outage = maySucceedLater(error);
    if (stopping || (outage && report.attempt < MAX_ATTEMPTS)) {
      await this.transactions.run(async (transaction) => {
        if (await this.store.giveBack(transaction, report, stopping)) await this.enqueue(transaction, report);
      });
      return;
    }
    const failed = await this.store.fail(report, outage ? `the database did not answer ${report.attempt} times: ${error.message}` : error.message);
    if (failed) this.logger.warn({ err: error, projectId: report.projectId, reportId: report.reportId, kind: report.kind }, 'a report failed');
  }
}
