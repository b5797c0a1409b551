import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CellKind } from '../text/cell.js';
import { FormatError } from '../text/fault.js';
import type { ReadableFormat } from '../rows/format.js';
import type { PackedBatch } from './packed-batches.js';
import type { WantedFile } from './schema.js';
import { spool, type Spooled } from '../text/spool.js';
import type { FromParquetThread, ParquetThreadInput } from './thread.js';
import { RowSink, wanted, wantedTexts } from '../rows/read-rows.js';
import { cellsFor } from '../text/scanner.js';
import type { Table } from '../rows/table.js';
import { notWide } from '../rows/text-format.js';

/** Bounds the JavaScript heap of the thread that reads; pages lie outside of it, and have bounds of their own. */
const HEAP_MEGABYTES = 1024;

/**
 * Parquet, read only. Texts are columns of text, whole numbers, dates or times; numbers a list of FLOAT or DOUBLE, or a column
 * each. A row's line is its place in the file, from 1. What comes in is kept in a temporary file, since Parquet is read from
 * its end, and unpacked on a thread of its own: a file that was made to harm ends that thread, and nothing else.
 */
export const parquet: ReadableFormat = {
  id: 'parquet',
  title: 'Apache Parquet',
  extension: 'parquet',
  contentTypes: ['application/vnd.apache.parquet', 'application/x-parquet', 'application/parquet'],
  async *read(source, table, { batchSize = 10_000, mostUnread } = {}) {
    if (table.wide) throw notWide('parquet');
    const file = await spool(source, requireMark);
    try {
      const columns = wantedTexts(table);
      const sink = new RowSink(table, columns, batchSize, mostUnread);
      const cells = cellsFor(columns.length);
      cells.kinds.fill(CellKind.PLAIN);
      let line = 1;
      for await (const batch of packedBatches(file, wantedFile(table), batchSize)) {
        cells.bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
        let number = 0;
        for (let row = 0; row < batch.rowCount; row++) {
          for (let slot = 0; slot < columns.length; slot++) {
            cells.starts[slot] = batch.starts[row * columns.length + slot]!;
            cells.ends[slot] = batch.ends[row * columns.length + slot]!;
          }
          const count = batch.counts ? batch.counts[row]! : -1;
          sink.record(line++, cells, count < 0 ? null : batch.numbers!.subarray(number, number + count));
          if (count > 0) number += count;
        }
        yield* sink.rest({ unread: new Set(batch.unread) });
      }
    } finally {
      await file.close();
    }
  },
};

function wantedFile(table: Table): WantedFile {
  return { columns: [...wanted(table)], texts: wantedTexts(table).length };
}

async function* packedBatches({ descriptor, length }: Spooled, file: WantedFile, batchSize: number): AsyncGenerator<PackedBatch> {
  const workerData: ParquetThreadInput = { descriptor, length, wanted: file, batchSize };
  const worker = new Worker(builtFile(new URL('./thread.js', import.meta.url)), {
    workerData, execArgv: [], env: {}, resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  const exited = once(worker, 'exit');
  try {
    for (;;) {
      worker.postMessage(null);
      const [answer] = await Promise.race([once(worker, 'message'), exited.then(() => { throw new Error('the thread ended'); })]) as [FromParquetThread];
      if ('fault' in answer) throw new FormatError(answer.fault);
      if (!answer.batch) return;
      yield answer.batch;
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(`the Parquet file cannot be read: ${(error as Error).message}`);
  } finally {
    exited.catch(() => undefined);
    await worker.terminate();
  }
}

/** A thread runs compiled JavaScript: under a test runner that reads src/*.ts, take the file that the build made of it. */
function builtFile(url: URL): URL {
  if (!import.meta.url.endsWith('.ts')) return url;
  return new URL(url.href.replace(/\/src\/(?!.*\/src\/)/, '/dist/src/'));
}

/** @throws FormatError for what does not begin as Parquet does */
function requireMark(head: Buffer): void {
  const found = head.toString('latin1', 0, 4);
  if ('PAR1'.startsWith(found)) return;
  if (head[0] === 0x1f) throw new FormatError('the file is gzip; Parquet is packed within, send it as it is');
  throw new FormatError(found === 'PARE' ? 'the Parquet file is encrypted; write it plain' : 'the file does not begin as Parquet does; is it another kind of file?');
}
