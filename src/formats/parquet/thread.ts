import { parentPort, workerData } from 'node:worker_threads';
import { FormatError } from '../text/fault.js';
import { PackedBatches, type PackedBatch } from './packed-batches.js';
import type { WantedFile } from './schema.js';

export interface ParquetThreadInput {
  descriptor: number;
  length: number;
  wanted: WantedFile;
  batchSize: number;
}

/** What the thread answers to each message: the next batch, null behind the last, or why there is none. */
export type FromParquetThread = { batch: PackedBatch | null } | { fault: string };

const { descriptor, length, wanted, batchSize } = workerData as ParquetThreadInput;
let batches: PackedBatches | null = null;

parentPort!.on('message', () => {
  const answer = next();
  const batch = 'batch' in answer ? answer.batch : null;
  const memory = batch ? [batch.bytes, batch.starts, batch.ends, batch.numbers, batch.counts].flatMap((array) => (array ? [array.buffer as ArrayBuffer] : [])) : [];
  parentPort!.postMessage(answer, memory);
});

function next(): FromParquetThread {
  try {
    batches ??= new PackedBatches(descriptor, length, wanted, batchSize);
    return { batch: batches.next() };
  } catch (error) {
    if (error instanceof FormatError) return { fault: error.reason };
    // The library and the engine tell broken bytes by whatever they stumble over.
    return { fault: `the Parquet file cannot be read: ${(error as Error).message}` };
  }
}
