import { Injectable, type OnModuleInit } from '@nestjs/common';
import { touchItems } from '../../items/touched-items.js';
import { Jobs } from '../../jobs/jobs.service.js';
import type { Transaction } from '../../platform/database/transaction.js';
import { VoteListeners } from '../../votes/vote-listeners.js';
import { IS_DUE, LeasesStore } from './leases.store.js';

const LOOK_MS = 500;

/** Ends leases: by the votes they were for, in the votes' own transaction; and by time, as the database tells it. */
@Injectable()
export class LeaseLife implements OnModuleInit {
  constructor(
    private readonly store: LeasesStore,
    private readonly listeners: VoteListeners,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.listeners.add((transaction, project, votes) => this.store.settle(
      transaction, project.id, votes.map((vote) => vote.item), votes.map((vote) => vote.annotator), votes.map((vote) => vote.outcome),
    ));
    this.jobs.sweep('expired leases', LOOK_MS, (transaction) => this.expire(transaction));
  }

  /** By the transaction's time, which has just begun: a clock that moves within a statement could not be looked up in an index. */
  async expire(transaction: Transaction): Promise<void> {
    const due: { projectId: number }[] = await transaction.query(
      `select distinct project_id as "projectId" from (
         select project_id from leases where ${IS_DUE} order by expires_at limit 1000
       ) expired`,
    );
    for (const { projectId } of due) await touchItems(transaction, projectId, await this.store.expire(transaction, projectId));
  }
}
