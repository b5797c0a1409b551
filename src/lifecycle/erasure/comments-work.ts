import { Injectable, type OnModuleInit } from '@nestjs/common';
import { defineJob } from '../../jobs/job.js';
import { Jobs } from '../../jobs/jobs.service.js';
import { databaseTime } from '../../platform/database/clock.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { AnnotatorErasure } from './annotator-erasure.entity.js';

const commentsJob = defineJob<{ projectId: number; erasureId: number }>('erase-comments', 1);

const LOOK_MS = 5000;
/** An erasure that says nothing for so long is lost, and taken up again. */
const LOST_MS = 15_000;
/** Rows of the log that one transaction goes over: nothing knows where one annotator's votes lie. */
const VOTES_AT_ONCE = 50_000;

/** Removes the comments and voteIds of erased annotators from the log, ended votes' too, a piece of the log at a time. */
@Injectable()
export class CommentsWork implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(commentsJob, ({ projectId, erasureId }, stop) => this.erase(projectId, erasureId, stop));
    this.jobs.sweep('erased annotators', LOOK_MS, (transaction) => this.sendDue(transaction));
  }

  send(transaction: Transaction, projectId: number, erasureId: number): Promise<void> {
    return this.jobs.send(transaction, commentsJob, `${projectId}:${erasureId}`, { projectId, erasureId });
  }

  /** One piece of the log. @returns whether the erasure is done */
  async step(transaction: Transaction, { projectId, id, annotatorCode, nextSeq, lastSeq }: AnnotatorErasure): Promise<boolean> {
    const now = await databaseTime(transaction);
    const [piece]: { last: number | null; count: number }[] = await transaction.query(
      `select max(seq)::float8 as last, count(*)::int as count from (select seq from votes where project_id = $1 and seq > $2 and seq <= $3 order by seq limit ${VOTES_AT_ONCE}) piece`, [projectId, nextSeq, lastSeq],
    );
    const to = piece!.last ?? lastSeq;
    const [, rows]: [unknown, number] = await transaction.query(
      `update votes set comment = null, vote_id = null
       where project_id = $1 and seq > $2 and seq <= $3 and annotator_code = $4 and (comment is not null or vote_id is not null)`, [projectId, nextSeq, to, annotatorCode],
    );
    const isDone = piece!.count < VOTES_AT_ONCE;
    await transaction.query(
      `update annotator_erasures set next_seq = $3, due_at = $4, finished_at = $5,
         changed = case when $6::int8 = 0 then changed else changed || jsonb_build_object('votes', coalesce((changed->>'votes')::int8, 0) + $6::int8) end
       where project_id = $1 and id = $2`,
      [projectId, id, to, new Date(now.getTime() + LOST_MS), isDone ? now : null, rows],
    );
    return isDone;
  }

  /** Killed at any moment it goes on where its last piece ended. */
  private async erase(projectId: number, erasureId: number, stop: AbortSignal): Promise<void> {
    for (let isDone = false; !isDone && !stop.aborted;) {
      isDone = await this.transactions.run(async (transaction) => {
        const erasure = await transaction.getRepository(AnnotatorErasure).findOne({ where: { projectId, id: erasureId }, lock: { mode: 'pessimistic_write' } });
        return !erasure || erasure.finishedAt != null || this.step(transaction, erasure);
      });
    }
  }

  private async sendDue(transaction: Transaction): Promise<void> {
    const now = await databaseTime(transaction);
    const due: { projectId: number; id: number }[] = await transaction.query(
      `select erasure.project_id as "projectId", erasure.id::float8 as id from annotator_erasures erasure join projects on projects.id = erasure.project_id
       where finished_at is null and due_at <= $1 order by due_at limit 100`, [now],
    );
    for (const { projectId, id } of due) {
      await transaction.query(`update annotator_erasures set due_at = $3 where project_id = $1 and id = $2`, [projectId, id, new Date(now.getTime() + LOST_MS)]);
      await this.send(transaction, projectId, id);
    }
  }
}
