import { setImmediate as otherWork } from 'node:timers/promises';
import { ByteSink } from './byte-sink.js';

/** What a cell may hold. Numbers that are not finite are written as no value. */
export type CellValue = string | number | boolean | Date | Json | null | undefined;

/** A cell that is JSON already: written as it is where the format is JSON, else as its text. */
export class Json {
  constructor(
    /** In one line. */
    readonly text: string,
  ) {}
}

/** Rows as text, one format's way. Made for one list of columns, which every row follows. */
export interface RowWriter {
  /** What stands before the first row. */
  header(sink: ByteSink): void;
  row(values: readonly CellValue[], sink: ByteSink): void;
}

const chunkLength = 1 << 17;

/**
 * The file in chunks of about 128 KB. Batches may come from a database cursor; each is taken whole before a chunk is handed on.
 */
export async function* textChunks(writer: RowWriter, batches: Batches): AsyncGenerator<Buffer> {
  const sink = new ByteSink(chunkLength + (chunkLength >> 3));
  writer.header(sink);
  for await (const batch of batches) {
    for (const values of batch) {
      writer.row(values, sink);
      if (sink.length < chunkLength) continue;
      yield sink.take();
      // A reader that keeps up would leave no moment for others, nor for the rows that come next.
      await otherWork();
    }
  }
  if (sink.length > 0) yield sink.take();
}

type Rows = Iterable<readonly CellValue[]>;
export type Batches = AsyncIterable<Rows> | Iterable<Rows>;
