import type { Format } from './format.js';
import { FormatError } from '../text/fault.js';
import { plainBytes } from '../text/plain-bytes.js';
import { rowBatches } from './read-rows.js';
import type { Table } from './table.js';
import type { RecordSink, Scanner, WantedColumns } from '../text/scanner.js';
import { type RowWriter, textChunks } from '../text/writer.js';

/** What makes a format whose files are text, one record behind the other. */
export interface TextParts extends Pick<Format, 'id' | 'title' | 'extension' | 'contentTypes'> {
  /** @param head the file's first bytes */
  scanner(columns: WantedColumns, sink: RecordSink, head: Uint8Array): Scanner;
  /** For tables with a row an item and a column an annotator, where the format has such. */
  wideScanner?(columns: WantedColumns, sink: RecordSink): Scanner;
  writer(columns: readonly string[]): RowWriter;
}

export type TextFormat = Format & TextParts;

export function textFormat(parts: TextParts): TextFormat {
  return {
    ...parts,
    read: (source, table, options = {}) =>
      rowBatches(plainBytes(source, options.gzip, options.maxUnpackedBytes), table, options, (columns, sink, head) => scannerOf(parts, table, columns, sink, head)),
    write: (columns, batches) => textChunks(parts.writer(columns), batches),
  };
}

/** @throws FormatError for a wide table where the format has none. */
export function scannerOf(format: TextParts, table: Table, columns: WantedColumns, sink: RecordSink, head: Uint8Array): Scanner {
  if (!table.wide) return format.scanner(columns, sink, head);
  if (!format.wideScanner) throw notWide(format.id);
  return format.wideScanner(columns, sink);
}

export function notWide(id: string): FormatError {
  return new FormatError(`a wide table is a CSV file, and this is ${id}; leave out --wide (?wide=true), or write it as CSV`);
}
