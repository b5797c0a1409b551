import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/transaction.js';
import type { Project } from '../projects/project.entity.js';

/** A vote that was taken in: written, or told already by one that stands. */
export interface TakenVote {
  item: number;
  annotator: number;
  /** 0 is a class, as in the log. */
  outcome: number;
}

/** Called in the transaction of the votes, after they are written. What it does happens with them or not at all. */
export type VoteListener = (transaction: Transaction, project: Project, votes: readonly TakenVote[]) => Promise<void>;

/** Who has work to do with each write of votes; modules above tell their own at start. */
@Injectable()
export class VoteListeners {
  private readonly listeners: VoteListener[] = [];

  add(listener: VoteListener): void {
    this.listeners.push(listener);
  }

  async tell(transaction: Transaction, project: Project, votes: readonly TakenVote[]): Promise<void> {
    if (votes.length === 0) return;
    for (const listener of this.listeners) await listener(transaction, project, votes);
  }
}
