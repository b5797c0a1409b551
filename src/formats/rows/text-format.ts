import type { Format } from './format.js';
import { plainBytes } from '../text/plain-bytes.js';
import { rowBatches } from './read-rows.js';
import type { RecordSink, Scanner, WantedColumns } from '../text/scanner.js';
import { type RowWriter, textChunks } from '../text/writer.js';

/** What makes a format whose files are text, one record behind the other. */
export interface TextParts extends Pick<Format, 'id' | 'title' | 'extension' | 'contentTypes'> {
  /** @param head the file's first bytes */
  scanner(columns: WantedColumns, sink: RecordSink, head: Uint8Array): Scanner;
  writer(columns: readonly string[]): RowWriter;
}

export type TextFormat = Format & TextParts;

export function textFormat(parts: TextParts): TextFormat {
  return {
    ...parts,
    read: (source, table, { batchSize = 10_000, gzip, maxUnpackedBytes } = {}) => rowBatches(plainBytes(source, gzip, maxUnpackedBytes), table, batchSize, parts.scanner.bind(parts)),
    write: (columns, batches) => textChunks(parts.writer(columns), batches),
  };
}
