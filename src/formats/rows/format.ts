import type { Batch } from './read-rows.js';
import type { RowOf, Table } from './table.js';
import type { Batches } from '../text/writer.js';

/** A format is one record: bytes to rows, and, of most, rows to bytes. */
export interface ReadableFormat {
  id: string;
  title: string;
  /** Without a dot. */
  extension: string;
  /** The first is what answers say; requests may name any. */
  contentTypes: readonly [string, ...string[]];
  /**
   * Typed rows of a stream, in batches of at most `batchSize` (default 10,000) rows and rejects. Holds a batch and 64 KB to 1 MB of the
   * stream, whatever its length.
   * @throws FormatError while being read, after the batches before it, where the file cannot be read on.
   */
  read<T extends Table>(source: AsyncIterable<Uint8Array>, table: T, options?: ReadOptions): AsyncGenerator<Batch<RowOf<T>>>;
}

export interface Format extends ReadableFormat {
  /** The file of these rows, in chunks. */
  write(columns: readonly string[], batches: Batches): AsyncGenerator<Uint8Array>;
}

export interface ReadOptions {
  batchSize?: number;
  /** Most columns without a reader that batches name; 20 where left out. */
  mostUnread?: number;
  /** Left out: found from the first two bytes. */
  gzip?: boolean;
  /** Most bytes that gzip may unpack to. */
  maxUnpackedBytes?: number;
}
