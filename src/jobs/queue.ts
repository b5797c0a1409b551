import PgBoss from 'pg-boss';
import type { DataSource } from 'typeorm';
import type { Transaction } from '../platform/database/transaction.js';
import type { Job } from './job.js';

/** Ours among the advisory locks of one database. */
const QUEUE_LOCK = 0x71756575;

export interface Delivery {
  id: string;
  data: object;
}

/**
 * pg-boss as a store of deliveries, on the process's own pool. Its own workers are not used: they leave the completion of a
 * job unawaited, so that a lost connection would end the process, and they know no wake-up.
 */
export class Queue {
  private readonly boss: PgBoss;

  constructor(private readonly source: DataSource, onError: (error: unknown) => void) {
    const pool = (source.driver as unknown as { master: PgBoss.Db & { query: PgBoss.Db['executeSql'] } }).master;
    this.boss = new PgBoss({
      db: { executeSql: (text, values) => pool.query(text, values) },
      schedule: false,
      archiveCompletedAfterSeconds: 3600,
      deleteAfterDays: 1,
    });
    this.boss.on('error', onError);
  }

  /** Makes the schema and the queues where they are missing; processes that start together take turns. */
  async start(jobs: readonly Job<object>[]): Promise<void> {
    const lock = this.source.createQueryRunner();
    try {
      await lock.query('select pg_advisory_lock($1)', [QUEUE_LOCK]);
      await this.boss.start();
      for (const { name } of jobs) {
        if (!await this.boss.getQueue(name)) await this.boss.createQueue(name, { name, policy: 'short' });
      }
    } finally {
      await lock.query('select pg_advisory_unlock($1)', [QUEUE_LOCK]).catch(() => {});
      await lock.release();
    }
  }

  async stop(): Promise<void> {
    await this.boss.stop({ graceful: false, close: false });
  }

  /**
   * Under the policy `short` a key waits at most once, whoever sends it; `stately` would let the job of a killed worker,
   * still called active, stand in the way of its successor. Whether work is still to be done is for its own table to say,
   * so nothing is retried or expired here.
   */
  async send(transaction: Transaction, job: Job<object>, key: string, payload: object): Promise<void> {
    const db = { executeSql: async (text: string, values: unknown[]) => ({ rows: await transaction.query(text, values) }) };
    await this.boss.send(job.name, payload, { db, singletonKey: key, retryLimit: 0, expireInHours: 23 });
  }

  /** Whatever was ever sent about a project, done or not. @returns how many deliveries */
  async forget(transaction: Transaction, projectId: number): Promise<number> {
    let rows = 0;
    for (const table of ['job', 'archive']) {
      const [, count]: [unknown, number] = await transaction.query(`delete from pgboss.${table} where data->>'projectId' = $1`, [String(projectId)]);
      rows += count;
    }
    return rows;
  }

  async take(job: Job<object>): Promise<Delivery | null> {
    const [delivery] = await this.boss.fetch<object>(job.name, { batchSize: 1 });
    return delivery ?? null;
  }

  async settle(job: Job<object>, delivery: Delivery, failure?: Error): Promise<void> {
    if (failure) await this.boss.fail(job.name, delivery.id, { message: failure.message });
    else await this.boss.complete(job.name, delivery.id);
  }
}
