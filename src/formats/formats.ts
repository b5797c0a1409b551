import { csv } from './csv/csv.js';
import type { Format, ReadableFormat, ReadOptions } from './rows/format.js';
import { ndjson } from './ndjson/ndjson.js';
import { parquet } from './parquet/parquet.js';
import { behind, plainBytes } from './text/plain-bytes.js';
import { type Batch, rowBatches } from './rows/read-rows.js';
import type { RowOf, Table } from './rows/table.js';
import { scannerOf, type TextFormat } from './rows/text-format.js';

/** THE REGISTRY: a format is one file and one line here. These are read and written. */
export const formats: readonly Format[] = [
  csv,
  ndjson,
];

/** All that are read. */
export const readableFormats: readonly ReadableFormat[] = [
  ...formats,
  parquet,
];

/** @throws RangeError naming the formats there are. */
export function findFormat(id: string): Format {
  return findAmong(formats, id);
}

/** @throws RangeError naming the formats there are. */
export function findReadableFormat(id: string): ReadableFormat {
  return findAmong(readableFormats, id);
}

function findAmong<F extends ReadableFormat>(known: readonly F[], id: string): F {
  const format = known.find((candidate) => candidate.id === id);
  if (!format) throw new RangeError(`there is no format ${JSON.stringify(id)}; there are: ${known.map((one) => one.id).join(', ')}`);
  return format;
}

/** The format a Content-Type header names, whatever its parameters and case; undefined when it is none of ours. */
export function formatOfContentType(contentType: string): ReadableFormat | undefined {
  const essence = (written: string) => written.split(';')[0]!.trim().toLowerCase();
  return readableFormats.find(({ contentTypes }) => contentTypes.some((known) => essence(known) === essence(contentType)));
}

/** The text format of a file by its first character: an object or a list of them, or a header. */
export function textFormatOf(head: Uint8Array): TextFormat {
  const text = Buffer.from(head.subarray(0, 64)).toString('utf8').trimStart();
  return /^[{[]/.test(text) ? ndjson : csv;
}

/** `ReadableFormat.read` for a file of any format, which its first bytes tell. */
export async function* readAny<T extends Table>(source: AsyncIterable<Uint8Array>, table: T, options?: ReadOptions): AsyncGenerator<Batch<RowOf<T>>> {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    head = Buffer.concat([head, next.value]);
    if (head.length >= 4) break;
  }
  const whole = behind(head, chunks);
  yield* head.toString('latin1', 0, 4) === 'PAR1' ? parquet.read(whole, table, options) : readText(whole, table, options);
}

/** `Format.read` for a file whose text format is not known beforehand. */
export function readText<T extends Table>(source: AsyncIterable<Uint8Array>, table: T, options: ReadOptions = {}): AsyncGenerator<Batch<RowOf<T>>> {
  return rowBatches(plainBytes(source, options.gzip), table, options, (columns, sink, head) => scannerOf(textFormatOf(head), table, columns, sink, head));
}
