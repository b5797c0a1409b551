import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FormatError } from '../formats/fault.js';
import type { Format } from '../formats/format.js';
import { voteTable, type VoteRow } from '../formats/tables.js';
import type { Batch } from '../formats/read-rows.js';
import { AssayError } from '../platform/errors.js';
import { Transactions } from '../platform/transaction.js';
import type { Project } from '../projects/project.entity.js';
import { VotesService } from '../votes/votes.service.js';
import { BulkProgress } from './bulk-progress.js';
import { addBatch, emptyTally, type BulkTally } from './bulk-tally.js';

/** Rows that are committed together. */
const BATCH_ROWS = 10_000;

export interface BulkAnswer extends BulkTally {
  /** Rows that an earlier upload with the same key had brought, and that were not written again. */
  resumedAfterRows: number;
  replayed: boolean;
}

/** The upload broke off: what stands in the tally is stored, the rest is not. */
export class BrokenUpload extends AssayError {
  constructor(reason: string, readonly line: number | null, readonly tally: BulkTally, status?: number) {
    super('INVALID_INPUT', reason, { status });
  }
}

/** Votes from a stream, in batches that are committed one by one; holds one batch while the next is being read. */
@Injectable()
export class BulkVotesService {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly votes: VotesService,
  ) {}

  /** @throws BrokenUpload where the file cannot be read on. */
  async load(project: Project, format: Pick<Format, 'read'>, bytes: AsyncIterable<Uint8Array>, key: string | null): Promise<BulkAnswer> {
    const progress = key == null ? null : await BulkProgress.open(this.source, project.id, project.workspaceId, key);
    let tally = progress?.earlier ?? emptyTally;
    const resumedAfterRows = tally.rows;
    try {
      for await (const { value: batch, next } of aheadByOne(format.read(bytes, voteTable, { batchSize: BATCH_ROWS }))) {
        // A short batch is the file's last. Should the file break off in it, a key means that the whole file will come: then its end is not ours to write.
        if (progress && batch.rows.length + batch.rejects.length < BATCH_ROWS) await next;
        if (progress?.skips(batch)) continue;
        tally = await this.write(project, batch, tally, progress);
      }
    } catch (error) {
      if (error instanceof FormatError) throw new BrokenUpload(error.reason, error.line, tally);
      throw error;
    }
    progress?.requireWhole();
    if (progress && !progress.wasFinished && tally.rows > 0) {
      await this.transactions.run((transaction) => progress.note(transaction, tally, true));
    }
    if (tally.rows === 0) throw new BrokenUpload('the file has no rows', null, tally);
    return { ...tally, resumedAfterRows, replayed: progress?.wasFinished ?? false };
  }

  private async write(project: Project, batch: Batch<VoteRow>, before: BulkTally, progress: BulkProgress | null): Promise<BulkTally> {
    const lines = batch.rows.map((row) => row.line);
    let tally = addBatch(before, lines, null, batch.rejects, batch.unread);
    if (batch.rows.length === 0) {
      if (progress) await this.transactions.run((transaction) => progress.note(transaction, tally, false));
      return tally;
    }
    await this.votes.submit(project, batch.rows, {
      alongside: async (transaction, answers) => {
        tally = addBatch(before, lines, answers, batch.rejects, batch.unread);
        await progress?.note(transaction, tally, false);
      },
    });
    return tally;
  }
}

/** Reads the next batch while the one before it is being written; `next` settles when it is there. */
async function* aheadByOne<T>(batches: AsyncIterable<T>): AsyncGenerator<{ value: T; next: Promise<unknown> }> {
  const iterator = batches[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = iterator.next();
      // Looked at in its turn; until then a failure must not count as unhandled.
      next.catch(() => undefined);
      yield { value, next };
    }
  } finally {
    await iterator.return?.();
  }
}
