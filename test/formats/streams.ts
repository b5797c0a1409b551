import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { CellValue } from '../../src/formats/text/writer.js';
import type { Format } from '../../src/formats/rows/format.js';
import type { RowOf, Table } from '../../src/formats/rows/table.js';
import type { Reject } from '../../src/formats/rows/read-rows.js';

/** The bytes cut at the given sizes, over and over. */
export async function* chunked(bytes: Uint8Array, sizes: readonly number[] = [bytes.length]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length]!);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

export async function written(format: Format, columns: readonly string[], rows: readonly (readonly CellValue[])[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of format.write(columns, [rows])) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface ReadBack<T extends Table> {
  rows: RowOf<T>[];
  rejects: Reject[];
  unread: string[];
  fault: Error | null;
  batchSizes: number[];
}

export async function readBack<T extends Table>(format: Pick<Format, 'read'>, table: T, bytes: Uint8Array | string, sizes?: readonly number[], batchSize?: number): Promise<ReadBack<T>> {
  const found: ReadBack<T> = { rows: [], rejects: [], unread: [], fault: null, batchSizes: [] };
  try {
    for await (const batch of format.read(chunked(Buffer.from(bytes as string), sizes), table, { batchSize })) {
      found.rows.push(...batch.rows);
      found.rejects.push(...batch.rejects);
      found.unread = batch.unread;
      found.batchSizes.push(batch.rows.length + batch.rejects.length);
    }
  } catch (fault) {
    found.fault = fault as Error;
  }
  return found;
}

export const packed = (bytes: Uint8Array) => gzipSync(bytes);

/** Any id but the ones refused: well-formed, no NUL, 1 to 1,024 bytes; rich in what breaks quoting and formulas. */
export const anyId = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\\', "'", '=', '+', '-', '@', ';', '\uff1d', '\t', '{', ' ', '0', 'e', '\u2028', '\ufeff', '🙂', 'é'), minLength: 1, maxLength: 12 }),
    fc.string({ minLength: 1, maxLength: 300 }),
  )
  .filter((text) => !text.includes('\0') && Buffer.byteLength(text) <= 1024);

export const anySizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5_000 })), { minLength: 1, maxLength: 6 });
