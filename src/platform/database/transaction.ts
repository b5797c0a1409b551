import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { sqlState } from '../outage.js';
import { spanned } from '../trace.js';

/** A transaction's handle: inside a transaction it is the only way to the database. */
export type Transaction = EntityManager;

/** PostgreSQL's "try again": deadlock, serialization failure, and a unique key that two writers took at once. */
const RETRIED = new Set(['40P01', '40001', '23505']);
const ATTEMPTS = 6;

@Injectable()
export class Transactions {
  constructor(private readonly source: DataSource) {}

  /**
   * Runs `work` in one transaction, again from its start where PostgreSQL asks for it; `work` must therefore change
   * nothing but the database. A unique key violation is retried because the second try sees the winner's row.
   */
  run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return spanned('transaction', {}, async (span) => {
      for (let attempt = 1; ; attempt++) {
        if (attempt > 1) span?.setAttribute('assay.attempts', attempt);
        try {
          return await this.source.transaction(work);
        } catch (error) {
          if (attempt === ATTEMPTS || !RETRIED.has(sqlState(error) ?? '')) throw error;
          await sleep(2 ** attempt + Math.random() * 10);
        }
      }
    });
  }
}
