import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Events } from '../events/events.service.js';
import { defineTopic } from '../events/topic.js';
import { Config } from '../platform/config.js';
import { ReadinessCheck } from '../platform/http/health.controller.js';
import { Outages } from '../platform/database/outages.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { declaredJobs, type Job, type JobHandler } from './job.js';
import { Queue } from './queue.js';
import { isTold, Repeats } from './repeats.js';

const jobSent = defineTopic<{ name: string }>('job_sent');

/** How long a job may wait where its wake-up was lost. */
export const POLL_MS = 1000;
/** The first half of the advisory key that a sweep holds for its transaction; the second is the hash of its name. */
export const SWEEP_LOCK = 0x73776565;

/** Something done again and again by one process at a time, in a transaction. It writes nothing where it finds nothing to do. */
export type Sweep = { name: string; everyMs: number; work: (transaction: Transaction) => Promise<boolean | void> };

/** Sends work to whichever process is free, and does the work sent here when this process is one that works. */
@Injectable()
export class Jobs extends ReadinessCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly name = 'queue';
  private readonly logger = new Logger('jobs');
  private readonly queue: Queue;
  private readonly handlers = new Map<string, JobHandler<object>>();
  private readonly sweeps: Sweep[] = [];
  private readonly failing = new Repeats();
  private readonly stopping = new AbortController();
  private readonly wakers = new Map<string, Set<() => void>>();
  private loops: Promise<void>[] = [];
  private started = false;

  constructor(
    source: DataSource,
    private readonly transactions: Transactions,
    private readonly events: Events,
    private readonly config: Config,
    private readonly outages: Outages,
  ) {
    super();
    // Every sweep that sleeps listens.
    setMaxListeners(0, this.stopping.signal);
    this.queue = new Queue(source, (error) => {
      if (!outages.note(error, 'job queue')) this.logger.error({ err: error }, 'the job queue met a fault');
    });
  }

  /** The one handler of a job; each module tells its own before the start. */
  handle<Payload extends object>(job: Job<Payload>, handler: JobHandler<Payload>): void {
    if (this.handlers.has(job.name)) throw new Error(`the job ${job.name} has two handlers`);
    this.handlers.set(job.name, handler as JobHandler<object>);
  }

  /** Runs `work` every so often, in whichever working process is first; at once again after it returned true, for more to do. */
  sweep(name: string, everyMs: number, work: Sweep['work']): void {
    this.sweeps.push({ name, everyMs, work });
  }

  /** All that the modules have done again and again. With the jobs that wait or are worked on, it is all that happens unasked. */
  get allSweeps(): readonly Sweep[] {
    return this.sweeps;
  }

  /** The job is sent if the transaction commits, and waits once however often the same key is sent. */
  async send<Payload extends object>(transaction: Transaction, job: Job<Payload>, key: string, payload: Payload): Promise<void> {
    await this.queue.send(transaction, job, key, payload);
    await this.events.publish(jobSent, { name: job.name }, transaction);
  }

  /** Nothing is left of what was sent about a project, done or not. Payloads name it as projectId. @returns how many deliveries there were */
  forgetProject(transaction: Transaction, projectId: number): Promise<number> {
    return this.queue.forget(transaction, projectId);
  }

  check(): string | null {
    return this.started ? this.failing.fault() : 'not started';
  }

  async onApplicationBootstrap(): Promise<void> {
    const jobs = declaredJobs();
    const orphans = jobs.filter((job) => !this.handlers.has(job.name)).map((job) => job.name);
    if (orphans.length > 0) throw new Error(`no handler for the jobs ${orphans.join(', ')}; is a module missing?`);
    await this.queue.start(jobs);
    this.started = true;
    if (!this.config.settings.ASSAY_WORK) return;
    await this.events.on(jobSent, (sent) => this.wakers.forEach((wakers, name) => {
      if (typeof sent === 'symbol' || sent.name === name) wakers.forEach((wake) => wake());
    }));
    this.loops = [
      ...jobs.flatMap((job) => Array.from({ length: job.concurrency }, () => this.work(job))),
      ...this.sweeps.map((sweep) => this.sweepAgain(sweep)),
    ];
  }

  /** Tells handlers to give their work back, and takes no more. Others may take it up while this process finishes its requests. */
  takeNoMore(): void {
    this.stopping.abort(new Error('the process is stopping'));
    this.wakers.forEach((wakers) => wakers.forEach((wake) => wake()));
  }

  /** Before the database goes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.takeNoMore();
    const limit = sleep(this.config.settings.SHUTDOWN_TIMEOUT_SECONDS * 1000, undefined, { ref: false });
    await Promise.race([Promise.all(this.loops), limit]);
    if (this.started) await this.queue.stop();
  }

  private async work(job: Job<object>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      // Armed before looking, so that a job sent between the look and the wait is not slept over.
      const woken = this.wakeUp(job);
      const delivery = await this.queue.take(job);
      if (delivery) await this.deliver(job, delivery);
      else await woken;
    }
  }

  private async deliver(job: Job<object>, delivery: { id: string; data: object }): Promise<void> {
    let failure: Error | undefined;
    try {
      await this.handlers.get(job.name)!(delivery.data, this.stopping.signal);
    } catch (error) {
      failure = error as Error;
      if (!this.outages.note(error, 'a job')) this.logger.error({ err: error, job: job.name, data: delivery.data }, 'a job failed');
    }
    await this.queue.settle(job, delivery, failure).catch((error: unknown) => {
      if (!this.outages.note(error, 'a job')) this.logger.error({ err: error, job: job.name }, 'a job could not be settled');
    });
  }

  private wakeUp(job: Job<object>): Promise<void> {
    const wakers = this.wakers.get(job.name) ?? new Set();
    this.wakers.set(job.name, wakers);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, POLL_MS);
      wakers.add(wake);
    });
  }

  private async sweepAgain({ name, everyMs, work }: Sweep): Promise<void> {
    while (!this.stopping.signal.aborted) {
      let more: boolean | void = false;
      let mine = false;
      try {
        more = await this.transactions.run(async (transaction) => {
          const [row] = await transaction.query(`select pg_try_advisory_xact_lock($1, hashtext($2)) as mine`, [SWEEP_LOCK, name]);
          mine = row.mine;
          return mine ? work(transaction) : false;
        });
        if (mine) this.failing.succeeded(name);
      } catch (error) {
        if (!this.stopping.signal.aborted && !this.outages.note(error, 'a sweep')) {
          const times = this.failing.failed(name);
          if (isTold(times)) this.logger.error({ err: error, sweep: name, times }, 'a sweep failed');
        }
      }
      if (!more) await sleep(everyMs, undefined, { signal: this.stopping.signal }).catch(() => {});
    }
  }
}
