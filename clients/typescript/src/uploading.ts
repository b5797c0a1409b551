import type { KeyedOptions } from './assay.js';
import type { Project } from './project.js';
import { resultOfImport, resultOfUpload, type RowsResult } from './rows-result.js';
import { type RowsOptions, thrownOrGiven } from './submitting.js';
import { newKey, parameters } from './service.js';

export type Bytes = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** Bytes, a Blob such as a File, or a function that opens a stream, are sent again where that helps; a stream itself is sent once. */
export type FileSource = Uint8Array | Blob | Bytes | (() => Bytes);

export type FileFormat = 'csv' | 'ndjson' | 'parquet';

export interface UploadOptions extends KeyedOptions, Pick<RowsOptions, 'onRejected'> {
  /** Told by the first bytes where it is left out. */
  format?: FileFormat;
  /** Our names to those of the file: `{ item: 'task_id' }`. */
  map?: Record<string, string>;
  /** Milliseconds to wait for the answer once all is sent: an hour. */
  answerTimeoutMs?: number;
}

export interface UploadVotesOptions extends UploadOptions {
  /** A row an item and a column an annotator. */
  wide?: boolean;
  /** A file of another platform: `label-studio`, `auto` and others of docs/importing.md, which knows its columns. */
  from?: string;
  /** What importing takes for it: `{ question: 'sentiment', dryRun: true }`. */
  options?: Record<string, string | number | boolean>;
}

const contentTypes: Record<FileFormat, string> = { csv: 'text/csv', ndjson: 'application/x-ndjson', parquet: 'application/vnd.apache.parquet' };

export async function upload(
  project: Project, table: 'votes' | 'items' | 'gold' | 'predictions', file: FileSource, options: UploadVotesOptions, more: Record<string, string | number | boolean | undefined> = {},
): Promise<RowsResult<never>> {
  const { format, map, wide, from, signal, answerTimeoutMs = 3_600_000, idempotencyKey: key = newKey() } = options;
  if (from !== undefined && (format !== undefined || map !== undefined || wide)) throw new TypeError('format, map and wide are for files without from, which knows the columns of a platform');
  const body = await opened(file, from === undefined && format === undefined);
  const told = from === undefined ? format ?? body.format! : undefined;
  const answer = await project.assay.service.route({
    method: 'POST', reopen: body.reopen, key, signal, answerTimeoutMs, mayRepeat: body.isRepeatable, headers: { 'content-type': told ? contentTypes[told] : 'application/octet-stream' },
    target: project.target(table + parameters({ format: told, map: map && Object.entries(map).map((pair) => pair.join('=')).join(','), from, wide, ...options.options, ...more })),
    whyOnce: 'a stream is sent once; give a function that opens it, or open it anew and send it with the idempotencyKey of this error',
  });
  return thrownOrGiven<never>(from === undefined ? resultOfUpload(answer) : resultOfImport(answer), options.onRejected);
}

interface Opened {
  isRepeatable: boolean;
  reopen: () => Uint8Array | Blob | AsyncIterable<Uint8Array>;
  format?: FileFormat;
}

async function opened(file: FileSource, tellsFormat: boolean): Promise<Opened> {
  if (file instanceof Uint8Array) return { isRepeatable: true, reopen: () => file, format: tellsFormat ? await formatOf(file.subarray(0, HEAD)) : undefined };
  if (file instanceof Blob) return { isRepeatable: true, reopen: () => file, format: tellsFormat ? await formatOf(new Uint8Array(await file.slice(0, HEAD).arrayBuffer())) : undefined };
  if (typeof file === 'function') {
    if (!tellsFormat) return { isRepeatable: true, reopen: () => iterated(file()) };
    for await (const head of iterated(file())) return { isRepeatable: true, reopen: () => iterated(file()), format: await formatOf(head) };
    return { isRepeatable: true, reopen: () => iterated(file()), format: 'csv' };
  }
  const pieces = iterated(file);
  if (!tellsFormat) return { isRepeatable: false, reopen: () => pieces };
  const iterator = pieces[Symbol.asyncIterator]();
  const head = await iterator.next();
  return { isRepeatable: false, reopen: () => behind(head, iterator), format: head.done ? 'csv' : await formatOf(head.value) };
}

async function* behind(head: IteratorResult<Uint8Array>, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = head; !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

/** Streams of Safari are no iterables. @throws TypeError for what is no stream at all */
async function* iterated(bytes: Bytes): AsyncGenerator<Uint8Array> {
  if (typeof bytes !== 'object' || bytes === null || !(Symbol.asyncIterator in bytes || 'getReader' in bytes)) {
    throw new TypeError(`a file is bytes (Uint8Array), a Blob, a stream of bytes or a function that opens one, not ${typeof bytes}`);
  }
  if (Symbol.asyncIterator in bytes) return yield* bytes;
  const reader = (bytes as ReadableStream<Uint8Array>).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

const HEAD = 4096;

/** As the service tells it: Parquet by its first bytes, NDJSON by an object or a list, all else CSV. Of gzip, by what is in it. */
async function formatOf(head: Uint8Array): Promise<FileFormat> {
  const bytes = head[0] === 0x1f && head[1] === 0x8b ? await unpacked(head) : head;
  const text = new TextDecoder().decode(bytes.subarray(0, HEAD));
  if (text.startsWith('PAR1')) return 'parquet';
  return /^\s*[{[]/.test(text) ? 'ndjson' : 'csv';
}

/** The beginning of what is in a gzip stream, of which the end is missing. */
async function unpacked(head: Uint8Array): Promise<Uint8Array> {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  // The first piece is read before the end is found to be missing.
  void writer.write(head as Uint8Array<ArrayBuffer>).catch(() => {});
  const reader = stream.readable.getReader();
  const first = reader.read().catch(() => ({ value: undefined }));
  void writer.close().catch(() => {});
  const { value } = await first;
  void reader.cancel().catch(() => {});
  return (value as Uint8Array | undefined) ?? new Uint8Array();
}
