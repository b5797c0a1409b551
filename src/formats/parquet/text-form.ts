import type { SchemaElement } from 'hyparquet';

/** The bytes of a value as a text file would have them. */
export type TextForm = (value: unknown) => Uint8Array | string;

const dayMs = 86_400_000;
/** 1970 in days of INT96's calendar. */
const julian1970 = 2_440_588;

/** How a column's values are written as text; null for kinds that are not read. Times are RFC 3339. */
export function textForm({ type, type_length: length, num_children: children, repetition_type: repetition, converted_type: converted, logical_type: logical }: SchemaElement): TextForm | null {
  if (children || repetition === 'REPEATED') return null;
  const kind = logical?.type ?? converted;
  switch (type) {
    case 'BYTE_ARRAY':
      return kind === 'DECIMAL' || kind === 'BSON' ? null : (value) => value as Uint8Array;
    case 'BOOLEAN':
    case 'FLOAT':
    case 'DOUBLE':
      return String;
    case 'INT32':
      if (kind === 'DATE') return (days) => moment(Number(days) * dayMs);
      if (kind === 'DECIMAL' || kind?.startsWith('TIME')) return null;
      return isUnsigned(kind, logical) ? (value) => String(Number(value) >>> 0) : String;
    case 'INT64': {
      if (kind === 'DECIMAL' || kind === 'TIME' || kind === 'TIME_MICROS') return null;
      const perMs = logical?.type === 'TIMESTAMP' ? { MILLIS: 1, MICROS: 1e3, NANOS: 1e6 }[logical.unit] : converted === 'TIMESTAMP_MILLIS' ? 1 : converted === 'TIMESTAMP_MICROS' ? 1e3 : null;
      if (perMs) return (ticks) => moment(Number(ticks) / perMs);
      return isUnsigned(kind, logical) ? (value) => String(BigInt.asUintN(64, value as bigint)) : String;
    }
    case 'INT96':
      return (value) => {
        const nanoseconds = BigInt.asUintN(64, value as bigint);
        return moment((Number((value as bigint) >> 64n) - julian1970) * dayMs + Number(nanoseconds) / 1e6);
      };
    case 'FIXED_LEN_BYTE_ARRAY':
      return kind === 'UUID' && length === 16 ? (value) => Buffer.from(value as Uint8Array).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : null;
    default:
      return null;
  }
}

function isUnsigned(kind: string | undefined, logical: SchemaElement['logical_type']): boolean {
  return Boolean(kind?.startsWith('UINT')) || (logical?.type === 'INTEGER' && !logical.isSigned);
}

/** A number where it is beyond all dates; whoever reads times then refuses it. */
function moment(ms: number): string {
  const date = new Date(Math.floor(ms));
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
