import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams';

const CHUNK_BYTES = 256 * 1024;
const FLOAT8 = 701;
const INT4 = 23;
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/**
 * Rows into a table by COPY in PostgreSQL's binary form, without a string or an object a row. Call `row` and then one
 * method for each column; `await flush()` now and then, when `isFull`.
 */
export class BinaryCopy {
  private readonly stream: CopyStreamQuery;
  private readonly done: Promise<void>;
  private chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  private view = viewOf(this.chunk);
  private at: number;

  constructor(client: ClientBase, table: string, columns: readonly string[]) {
    this.stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin (format binary)`));
    this.done = finished(this.stream);
    // Whoever flushes or ends meets the fault; until then it must not count as unhandled.
    this.done.catch(() => {});
    this.at = SIGNATURE.copy(this.chunk);
  }

  get isFull(): boolean {
    return this.at >= CHUNK_BYTES / 2;
  }

  row(columnCount: number): void {
    this.reserve(2);
    this.view.setInt16(this.at, columnCount);
    this.at += 2;
  }

  int2(value: number): void {
    this.header(2);
    this.view.setInt16(this.at, value);
    this.at += 2;
  }

  int4(value: number): void {
    this.header(4);
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  int8(value: number): void {
    this.header(8);
    this.view.setBigInt64(this.at, BigInt(value));
    this.at += 8;
  }

  boolean(value: boolean): void {
    this.header(1);
    this.chunk[this.at] = value ? 1 : 0;
    this.at += 1;
  }

  /** NaN is written as null: a figure that is not there. */
  float8(value: number): void {
    if (Number.isNaN(value)) return this.null();
    this.header(8);
    this.view.setFloat64(this.at, value);
    this.at += 8;
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.header(bytes);
    this.at += this.chunk.write(value, this.at);
  }

  bytes(value: Uint8Array): void {
    this.header(value.length);
    this.chunk.set(value, this.at);
    this.at += value.length;
  }

  null(): void {
    this.reserve(4);
    this.view.setInt32(this.at, -1);
    this.at += 4;
  }

  /** One array of the numbers that several columns have at a place; NaN stays NaN. */
  float8ArrayAcross(columns: readonly Float64Array[], place: number): void {
    this.arrayHeader(columns.length, 12, FLOAT8);
    for (let c = 0; c < columns.length; c++, this.at += 12) {
      this.view.setInt32(this.at, 8);
      this.view.setFloat64(this.at + 4, columns[c]![place]!);
    }
  }

  float8Array(values: Float64Array, from: number, to: number): void {
    this.arrayHeader(to - from, 12, FLOAT8);
    for (let i = from; i < to; i++, this.at += 12) {
      this.view.setInt32(this.at, 8);
      this.view.setFloat64(this.at + 4, values[i]!);
    }
  }

  int4Array(values: Int32Array, from: number, to: number): void {
    this.arrayHeader(to - from, 8, INT4);
    for (let i = from; i < to; i++, this.at += 8) {
      this.view.setInt32(this.at, 4);
      this.view.setInt32(this.at + 4, values[i]!);
    }
  }

  /** Hands on what was written so far, and waits while the server is behind. @throws what the server answered. */
  async flush(): Promise<void> {
    const full = this.chunk.subarray(0, this.at);
    this.chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    this.view = viewOf(this.chunk);
    this.at = 0;
    if (!this.stream.write(full)) await Promise.race([once(this.stream, 'drain'), this.done]);
  }

  async end(): Promise<void> {
    this.reserve(2);
    this.view.setInt16(this.at, -1);
    this.at += 2;
    await this.flush();
    this.stream.end();
    await this.done;
  }

  private header(bytes: number): void {
    this.reserve(4 + bytes);
    this.view.setInt32(this.at, bytes);
    this.at += 4;
  }

  /** One dimension from 1, no nulls; an empty array has no dimension. */
  private arrayHeader(length: number, bytesEach: number, elementType: number): void {
    const bytes = length === 0 ? 12 : 20 + length * bytesEach;
    this.header(bytes);
    const { view, at } = this;
    view.setInt32(at, length === 0 ? 0 : 1);
    view.setInt32(at + 4, 0);
    view.setInt32(at + 8, elementType);
    if (length > 0) {
      view.setInt32(at + 12, length);
      view.setInt32(at + 16, 1);
    }
    this.at += length === 0 ? 12 : 20;
  }

  /** A row may be longer than a chunk: K may be 10,000. */
  private reserve(bytes: number): void {
    if (this.at + bytes <= this.chunk.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.at + bytes, this.chunk.length * 2));
    this.chunk.copy(larger, 0, 0, this.at);
    this.chunk = larger;
    this.view = viewOf(larger);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
