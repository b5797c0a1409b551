/** What a cell may hold. Numbers that are not finite are written as no value. */
export type CellValue = string | number | boolean | Date | null | undefined;

/** Rows as text, one format's way. Made for one list of columns, which every row follows. */
export interface RowWriter {
  /** What stands before the first row. */
  header(): string;
  row(values: readonly CellValue[]): string;
}

const chunkLength = 1 << 17;

/**
 * The file in chunks of about 128 KB. Batches may come from a database cursor; each is taken whole before a chunk is handed on.
 */
export async function* textChunks(writer: RowWriter, batches: Batches): AsyncGenerator<Buffer> {
  let text = writer.header();
  for await (const batch of batches) {
    for (const values of batch) {
      text += writer.row(values);
      if (text.length >= chunkLength) {
        yield Buffer.from(text);
        text = '';
      }
    }
  }
  if (text.length > 0) yield Buffer.from(text);
}

type Rows = Iterable<readonly CellValue[]>;
export type Batches = AsyncIterable<Rows> | Iterable<Rows>;
