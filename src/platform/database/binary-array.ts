/**
 * One-dimensional arrays in PostgreSQL's binary form, as parameters: a Buffer goes over the wire as it is, where a JavaScript
 * array is quoted element by element (10,000 rows of ten columns: 9 ms against 1 ms).
 */
const OIDS = { int2: 21, int4: 23, text: 25, float8: 701, timestamptz: 1184 } as const;

/** Microseconds from 1970 to 2000, where PostgreSQL's time begins. */
const EPOCH_SHIFT_US = 946_684_800_000_000n;

function header(oid: number, length: number, hasNulls: boolean, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(20 + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNulls ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

export function int4Array(values: ArrayLike<number>): Buffer {
  const buffer = header(OIDS.int4, values.length, false, values.length * 8);
  for (let i = 0, at = 20; i < values.length; i++, at += 8) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(values[i]!, at + 4);
  }
  return buffer;
}

export function int2Array(values: ArrayLike<number>): Buffer {
  const buffer = header(OIDS.int2, values.length, false, values.length * 6);
  for (let i = 0, at = 20; i < values.length; i++, at += 6) {
    buffer.writeInt32BE(2, at);
    buffer.writeInt16BE(values[i]!, at + 4);
  }
  return buffer;
}

export function float8Array(values: ArrayLike<number>): Buffer {
  const buffer = header(OIDS.float8, values.length, false, values.length * 12);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  for (let i = 0, at = 20; i < values.length; i++, at += 12) {
    view.setInt32(at, 8);
    view.setFloat64(at + 4, values[i]!);
  }
  return buffer;
}

/** Null where every value is absent: in a multi-column unnest a null array stands for a column of nulls. */
export function nullableInt4Array(values: readonly (number | null | undefined)[]): Buffer | null {
  return nullable(OIDS.int4, values, () => 4, (buffer, at, value) => buffer.writeInt32BE(value, at));
}

export function nullableTextArray(values: readonly (string | null | undefined)[]): Buffer | null {
  return nullable(OIDS.text, values, (value) => Buffer.byteLength(value), (buffer, at, value) => buffer.write(value, at));
}

export function nullableTimestampArray(values: readonly (Date | null | undefined)[]): Buffer | null {
  return nullable(OIDS.timestamptz, values, () => 8, (buffer, at, value) => buffer.writeBigInt64BE(BigInt(value.getTime()) * 1000n - EPOCH_SHIFT_US, at));
}

function nullable<T>(
  oid: number, values: readonly (T | null | undefined)[], sizeOf: (value: T) => number, write: (buffer: Buffer, at: number, value: T) => void,
): Buffer | null {
  let bytes = 0;
  let present = 0;
  for (const value of values) {
    bytes += 4;
    if (value == null) continue;
    bytes += sizeOf(value);
    present++;
  }
  if (present === 0) return null;
  const buffer = header(oid, values.length, present < values.length, bytes);
  let at = 20;
  for (const value of values) {
    const size = value == null ? -1 : sizeOf(value);
    buffer.writeInt32BE(size, at);
    at += 4;
    if (value == null) continue;
    write(buffer, at, value);
    at += size;
  }
  return buffer;
}
