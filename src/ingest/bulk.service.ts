import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FormatError } from '../formats/text/fault.js';
import type { ReadableFormat } from '../formats/rows/format.js';
import type { Batch } from '../formats/rows/read-rows.js';
import type { RowOf, Table } from '../formats/rows/table.js';
import { AssayError } from '../platform/errors.js';
import { Transactions } from '../platform/database/transaction.js';
import { holdProject } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { BulkProgress } from './bulk-progress.js';
import type { BulkSink } from './bulk-sink.js';
import { addBatch, emptyTally, type BulkTally } from './bulk-tally.js';

export type BulkAnswer<Count extends string = never> = BulkTally<Count> & {
  /** Rows that an earlier upload with the same key had brought, and that were not written again. */
  resumedAfterRows: number;
  replayed: boolean;
};

/** The upload broke off: what stands in the tally is stored, the rest is not. */
export class BrokenUpload extends AssayError {
  constructor(reason: string, readonly line: number | null, readonly tally: BulkTally, status?: number) {
    super('INVALID_INPUT', reason, { status });
  }
}

/** Rows from a stream, in batches that are committed one by one; holds one batch while the next is being read. */
@Injectable()
export class BulkService {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
  ) {}

  /** @throws BrokenUpload where the file cannot be read on. */
  async load<T extends Table, Count extends string>(
    project: Project, sink: BulkSink<T, Count>, format: Pick<ReadableFormat, 'read'>, bytes: AsyncIterable<Uint8Array>, key: string | null, maxUnpackedBytes?: number,
  ): Promise<BulkAnswer<Count>> {
    const progress = key == null ? null : await BulkProgress.open<BulkTally<Count>>(this.source, sink.kind, project.id, project.workspaceId, key);
    // What a version before noted may count less than is counted now.
    let tally = { ...emptyTally(sink.counts), ...progress?.earlier };
    const resumedAfterRows = tally.rows;
    try {
      for await (const { value: batch, next } of aheadByOne(format.read(bytes, sink.table, { batchSize: sink.batchRows, maxUnpackedBytes }))) {
        // A short batch is the file's last. Should the file break off in it, a key means that the whole file will come: then its end is not ours to write.
        if (progress && batch.rows.length + batch.rejects.length < sink.batchRows) await next;
        if (progress?.skips({ rows: batch.rows, rejects: batch.rejects, unread: batch.unread })) continue;
        tally = await this.write(sink, batch, tally, progress);
      }
    } catch (error) {
      if (tally.rows > 0 && sink.finish) await this.transactions.run((transaction) => sink.finish!(transaction, false));
      if (error instanceof FormatError) throw new BrokenUpload(error.reason, error.line, tally);
      throw error;
    }
    progress?.requireWhole();
    if (tally.rows === 0) throw new BrokenUpload('the file has no rows', null, tally);
    if (!progress?.wasFinished) {
      await this.transactions.run(async (transaction) => {
        await holdProject(transaction, project.id);
        await sink.finish?.(transaction, true);
        await progress?.note(transaction, tally, true);
      });
    }
    return { ...tally, resumedAfterRows, replayed: progress?.wasFinished ?? false };
  }

  private async write<T extends Table, Count extends string>(
    sink: BulkSink<T, Count>, batch: Batch<RowOf<T>>, before: BulkTally<Count>, progress: BulkProgress<BulkTally<Count>> | null,
  ): Promise<BulkTally<Count>> {
    let tally = addBatch(before, batch, null);
    if (batch.rows.length === 0) {
      if (progress) await this.transactions.run((transaction) => progress.note(transaction, tally, false));
      return tally;
    }
    await sink.write(batch.rows, async (transaction, answer) => {
      tally = addBatch(before, batch, answer);
      await progress?.note(transaction, tally, false);
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
