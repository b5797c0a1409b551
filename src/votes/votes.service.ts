import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { ItemsService } from '../items/items.service.js';
import { touchItems } from '../items/touched-items.js';
import { Idempotency, type IdempotencyScope } from '../platform/database/idempotency.js';
import { votePhaseSeconds, votesReceived } from '../platform/metrics.js';
import { requireRowCount } from '../platform/row-result.js';
import { excerpt } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { stillCoded, withCodes } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { lockVotes } from '../projects/vote-lock.js';
import { AnswerSheet, countAnswers, type PendingVote, type VoteAnswers } from './vote-batch.js';
import { type NearMiss, outcomes, VoteRowCheck, type VoteRow } from './vote-row.js';
import { VoteListeners } from './vote-listeners.js';
import { MeetsOtherVotes, VoteWriter } from './vote-writer.js';

export interface SubmitOptions {
  idempotency?: Pick<IdempotencyScope, 'key' | 'ownerKeyId'>;
  /** More to be done in the transaction of the votes: bulk imports note how far they are. */
  alongside?: (transaction: Transaction, answers: VoteAnswers, nearMisses: readonly NearMiss[]) => Promise<void>;
}

export interface Submitted {
  answers: VoteAnswers;
  /** Of the rows, whether they were written by this call or by one before it. */
  nearMisses: readonly NearMiss[];
  replayed: boolean;
}

@Injectable()
export class VotesService {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly items: ItemsService,
    private readonly annotators: AnnotatorsService,
    private readonly listeners: VoteListeners,
  ) {}

  /**
   * Writes up to 10,000 votes and answers for each row. What is answered is committed: an answer other than REJECTED is durable.
   * Votes, counts and idempotency key are one transaction; new items and annotators are committed before it, and stay if it fails.
   */
  async submit(project: Project, rows: readonly VoteRow[], options: SubmitOptions = {}): Promise<Submitted> {
    requireRowCount(rows, 'input.votes');
    return withCodes(project, (current) => this.submitCoded(current, rows, options));
  }

  private async submitCoded(project: Project, rows: readonly VoteRow[], options: SubmitOptions): Promise<Submitted> {
    const { rejects, pending, nearMisses } = await this.prepare(project, rows);
    let end = votePhaseSeconds.startTimer();
    const write = (isAlone: boolean) => this.transactions.run(async (transaction) => {
      await lockVotes(transaction, project.id, isAlone ? 'exclusive' : 'shared');
      // Rules may have changed since the caller's look-up; under the lock they hold until the commit.
      const current = await stillCoded(transaction, project);
      return this.idempotency.once(
        transaction,
        { projectId: project.id, workspaceId: project.workspaceId, key: null, ...options.idempotency },
        ['submitVotes', rows],
        async () => {
          const sheet = new AnswerSheet(rows.length);
          for (const [index, fault] of rejects) sheet.reject(index, fault.code, fault.message);
          // A transaction that is tried again begins anew: the writer numbers repeats in the rows it is given.
          for (const vote of pending) vote.repeatIndex = 0;
          if (pending.length > 0) await new VoteWriter(transaction, project.id, current.repeatPolicy, project.classes, sheet, isAlone).write(pending);
          const answers = sheet.finish();
          const taken = pending.filter((vote) => !sheet.rejection(vote.index));
          await touchItems(transaction, project.id, taken.map((vote) => vote.item));
          await this.listeners.tell(transaction, current, taken);
          await options.alongside?.(transaction, answers, nearMisses);
          end({ phase: 'write' });
          end = votePhaseSeconds.startTimer();
          return answers;
        },
      );
    });
    const { answer, replayed } = await write(false).catch((error: unknown) => {
      if (error instanceof MeetsOtherVotes) return write(true);
      throw error;
    });
    end({ phase: 'commit' });
    if (!replayed) for (const [status, count] of Object.entries(countAnswers(answer))) votesReceived.inc({ status }, count);
    return { answers: answer, nearMisses, replayed };
  }

  /** Checks rows and finds their codes: what is left is ready to be written, sorted by item, annotator and place. */
  async prepare(project: Project, rows: readonly VoteRow[]) {
    const endCheck = votePhaseSeconds.startTimer();
    const check = new VoteRowCheck(project.classes);
    const rejects = new Map<number, { code: string; message: string }>();
    const accepted: number[] = [];
    rows.forEach((row, index) => {
      const fault = check.fault(row, index);
      if (fault) rejects.set(index, fault);
      else accepted.push(index);
    });
    endCheck({ phase: 'check' });
    const endCodes = votePhaseSeconds.startTimer();
    const itemCodes = await this.items.dictionary.codes(project.id, accepted.map((index) => rows[index]!.item), project.createUnknownItems);
    const annotatorCodes = await this.annotators.dictionary.codes(project.id, accepted.map((index) => rows[index]!.annotator), project.createUnknownAnnotators, project.annotatorErasures);
    endCodes({ phase: 'codes' });
    const pending: PendingVote[] = [];
    accepted.forEach((index, i) => {
      const row = rows[index]!;
      const item = itemCodes[i]!;
      const annotator = annotatorCodes[i]!;
      if (item < 0) rejects.set(index, { code: 'UNKNOWN_ITEM', message: `item ${excerpt(row.item)} is not in the project, which makes no items of itself; add it first` });
      else if (annotator < 0) rejects.set(index, { code: 'UNKNOWN_ANNOTATOR', message: `annotator ${excerpt(row.annotator)} is not in the project, which makes no annotators of itself; add them first` });
      else pending.push({ index, item, annotator, classIndex: check.indexOf(row), outcome: outcomes.indexOf(row.outcome ?? 'CLASS'), repeatIndex: 0, row });
    });
    pending.sort((a, b) => a.item - b.item || a.annotator - b.annotator || a.index - b.index);
    return { rejects, pending, nearMisses: check.nearMisses() };
  }
}
