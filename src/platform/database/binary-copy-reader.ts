import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { DataSource } from 'typeorm';

/** PGCOPY\n\377\r\n\0, flags, and the length of a header extension, which is 0. */
const HEADER_BYTES = 19;
/** Stands where a row would begin with the number of its fields. */
const NO_MORE_ROWS = -1;
const FLOAT8 = 701;
const INT4 = 23;
/** Microseconds from 1970 to 2000, where PostgreSQL's time begins. */
const EPOCH_SHIFT_US = 946_684_800_000_000;

/**
 * The rows of a query by COPY in PostgreSQL's binary form, without a string or an object a row:
 *
 *     for await (const rows of readCopy(client, `select a, b from t where c = ${sqlInteger(c)}`)) {
 *       while (rows.next()) sum += rows.int4() * rows.float8();
 *     }
 *
 * The same cursor comes for each chunk that the server sends. Whoever leaves the loop early can use the client no more.
 * @throws what the server answered, and Error where the copy ends amid a row.
 */
export async function* readCopy(client: ClientBase, query: string): AsyncGenerator<CopyRows> {
  const rows = new CopyRows();
  for await (const chunk of chunksOf(client, query)) {
    if (rows.show(chunk)) yield rows;
  }
  rows.requireEnd();
}

function chunksOf(client: ClientBase, query: string): AsyncIterable<Buffer> {
  return client.query(copyTo(`copy (${query}) to stdout (format binary)`));
}

/** All rows of a statement as the server sent them, to be gone through again and again without an object a row. */
export class KeptRows {
  private constructor(private readonly bytes: Buffer) {}

  /** @throws what the server answered, and Error where the copy ends amid a row */
  static async of(client: ClientBase, query: string): Promise<KeptRows> {
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(client, query)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.length < HEADER_BYTES + 2 || bytes.readInt16BE(bytes.length - 2) !== NO_MORE_ROWS) throw new Error(`the copy ended after ${bytes.length} bytes, before its end`);
    return new KeptRows(bytes);
  }

  /** Before the first row. */
  fromFirst(): CopyRows {
    const rows = new CopyRows();
    rows.show(this.bytes);
    return rows;
  }
}

/** One statement's rows, each shown to `take`. */
export type ReadRows = (query: string, take: (rows: CopyRows) => void) => Promise<void>;

/** By this client. The statement is read to its end also where `take` throws, so that the client can be used again. */
export function readBy(client: ClientBase): ReadRows {
  return async (query, take) => {
    const faults: unknown[] = [];
    for await (const rows of readCopy(client, query)) {
      while (rows.next()) {
        if (faults.length > 0) continue;
        try {
          take(rows);
        } catch (fault) {
          faults.push(fault);
        }
      }
    }
    if (faults.length > 0) throw faults[0];
  };
}

/** By a connection of the caller's lane. */
export function readInLane(source: DataSource): ReadRows {
  return async (query, take) => {
    const runner = source.createQueryRunner();
    try {
      await readBy(await runner.connect() as ClientBase)(query, take);
    } finally {
      await runner.release();
    }
  };
}

/** COPY takes no parameters: a number to be written into its query. @throws RangeError */
export function sqlInteger(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`);
  return value;
}

/**
 * Stands on one row of what has come so far. Its fields are read from left to right by one method each, which must be that
 * of the column's type; fields left unread are passed over.
 */
export class CopyRows {
  private bytes: Buffer = Buffer.alloc(0);
  private view = viewOf(this.bytes);
  /** Where the next field begins, and where the row at hand ends. */
  private at = 0;
  private end = 0;
  private rowCount = 0;
  private started = false;
  private ended = false;

  /** Takes the next chunk behind the rows that were read. @returns whether rows may be in it. */
  show(chunk: Buffer): boolean {
    this.bytes = this.end < this.bytes.length ? Buffer.concat([this.bytes.subarray(this.end), chunk]) : chunk;
    this.view = viewOf(this.bytes);
    this.at = this.end = 0;
    if (!this.started && this.bytes.length >= HEADER_BYTES) {
      this.started = true;
      this.end = HEADER_BYTES;
    }
    return this.started;
  }

  /** Moves to the next row; false where the rest has still to come. */
  next(): boolean {
    const { view, end: start } = this;
    const length = view.byteLength;
    if (this.ended || start + 2 > length) return false;
    const fields = view.getInt16(start);
    if (fields < 0) {
      this.ended = true;
      return false;
    }
    let end = start + 2;
    for (let field = 0; field < fields; field++) {
      if (end + 4 > length) return false;
      const bytes = view.getInt32(end);
      end += bytes > 0 ? 4 + bytes : 4;
    }
    if (end > length) return false;
    this.at = start + 2;
    this.end = end;
    this.rowCount++;
    return true;
  }

  /** Passes a field of any type. */
  pass(): void {
    this.at += 4 + Math.max(0, this.view.getInt32(this.at));
  }

  /** Passes the field if it is null, and tells whether it was. */
  isNull(): boolean {
    if (this.view.getInt32(this.at) >= 0) return false;
    this.at += 4;
    return true;
  }

  int2(): number {
    this.take(2);
    return this.view.getInt16(this.at - 2);
  }

  int4(): number {
    this.take(4);
    return this.view.getInt32(this.at - 4);
  }

  /** Exact up to 2^53, as all of ours are. */
  int8(): number {
    this.take(8);
    return this.view.getInt32(this.at - 8) * 2 ** 32 + this.view.getUint32(this.at - 4);
  }

  boolean(): boolean {
    this.take(1);
    return this.view.getUint8(this.at - 1) !== 0;
  }

  /** Null is NaN, as it was when BinaryCopy wrote it. */
  float8(): number {
    if (this.isNull()) return NaN;
    this.take(8);
    return this.view.getFloat64(this.at - 8);
  }

  text(): string {
    const start = this.at + 4;
    this.at = start + this.view.getInt32(this.at);
    if (this.at > this.end || this.at < start) throw this.unlike('a text');
    return this.bytes.toString('utf8', start, this.at);
  }

  /** A bytea, as it lies in what the server sent. */
  raw(): Buffer {
    const start = this.at + 4;
    this.at = start + this.view.getInt32(this.at);
    if (this.at > this.end || this.at < start) throw this.unlike('a bytea');
    return this.bytes.subarray(start, this.at);
  }

  /** A timestamptz in milliseconds from 1970 on; what is less than one is cut off, as a Date of the driver's has it. */
  milliseconds(): number {
    return Math.floor((this.int8() + EPOCH_SHIFT_US) / 1000);
  }

  /** An int4[] without nulls. */
  int4s(): number[] {
    const values: number[] = [];
    for (let at = this.elements(INT4, 8); at < this.at; at += 8) values.push(this.view.getInt32(at));
    return values;
  }

  /** A float8[] without nulls. */
  float8s(): number[] {
    const values: number[] = [];
    this.float8sTo(values);
    return values;
  }

  /** Appends the elements of a float8[] without nulls. */
  float8sTo(values: unknown[]): void {
    for (let at = this.elements(FLOAT8, 12); at < this.at; at += 12) values.push(this.view.getFloat64(at));
  }

  /** target[to...] = the elements of a float8[] without nulls. @returns how many there are. */
  float8Array(target: Float64Array, to: number): number {
    const { view } = this;
    const start = this.at + 4;
    const bytes = view.getInt32(this.at);
    if (bytes < 12 || view.getInt32(start + 8) !== FLOAT8) throw this.unlike('a float8[]');
    const length = view.getInt32(start) === 0 ? 0 : view.getInt32(start + 12);
    // 20 bytes of header, then 4 of length and 8 of value each: another length is a null among them, or a second dimension.
    if (length > 0 && bytes !== 20 + 12 * length) throw this.unlike('a float8[] of one dimension without nulls');
    if (to + length > target.length) throw new RangeError(`row ${this.rowCount} of the copy has ${length} numbers, and there is room for ${target.length - to}`);
    for (let i = 0, at = start + 24; i < length; i++, at += 12) target[to + i] = view.getFloat64(at);
    this.at = start + bytes;
    return length;
  }

  /** @throws where the copy broke off. */
  requireEnd(): void {
    if (!this.ended) this.next();
    if (!this.ended) throw new Error(`the copy ended amid a row, after ${this.rowCount} rows`);
  }

  /** Passes an array, each of whose elements has 4 bytes of length and its value. @returns where the first value is */
  private elements(type: number, stride: number): number {
    const { view } = this;
    const start = this.at + 4;
    const bytes = view.getInt32(this.at);
    if (bytes < 12 || view.getInt32(start + 8) !== type) throw this.unlike(`an array of type ${type}`);
    const length = view.getInt32(start) === 0 ? 0 : view.getInt32(start + 12);
    // 20 bytes of header, then 4 of length and the value each: another length is a null among them, or a second dimension.
    if (length > 0 && bytes !== 20 + stride * length) throw this.unlike('an array of one dimension without nulls');
    this.at = start + bytes;
    return start + 24;
  }

  private take(bytes: number): void {
    if (this.at + 4 > this.end || this.view.getInt32(this.at) !== bytes) throw this.unlike(`a value of ${bytes} bytes`);
    this.at += 4 + bytes;
  }

  private unlike(wanted: string): Error {
    const found = this.at + 4 > this.end ? 'no more fields' : `a field of ${this.view.getInt32(this.at)} bytes`;
    return new Error(`row ${this.rowCount} of the copy has ${found} where ${wanted} was expected`);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
