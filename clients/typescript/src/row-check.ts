import { rowEnums, rowInputs } from './schema-facts.js';

export type RowKind = keyof typeof rowInputs;

/** A row that cannot be sent: GraphQL would refuse all of the call for it. */
export class Fault {
  constructor(readonly code: 'MISSING' | 'WRONG_TYPE' | 'OUT_OF_RANGE' | 'MALFORMED', readonly message: string) {}
}

/** @returns the row as JSON */
export function writtenRow(kind: RowKind, row: unknown): string | Fault {
  const fields: Readonly<Record<string, string>> = rowInputs[kind];
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return new Fault('MALFORMED', `a row is an object with ${Object.keys(fields).join(', ')}, not ${shown(row)}`);
  const values = row as Record<string, unknown>;
  for (const [name, type] of Object.entries(fields)) {
    const fault = faultOf(name, type, values[name]);
    if (fault) return fault;
  }
  const unknown = Object.keys(values).find((name) => !(name in fields) && values[name] !== undefined);
  if (unknown !== undefined) return new Fault('MALFORMED', `there is no field ${JSON.stringify(unknown)}; there are ${Object.keys(fields).join(', ')}`);
  try {
    return JSON.stringify(row);
  } catch (error) {
    return new Fault('MALFORMED', `the row cannot be written as JSON: ${(error as Error).message}`);
  }
}

function faultOf(name: string, type: string, value: unknown): Fault | null {
  if (value == null) return type.endsWith('!') ? new Fault('MISSING', `${name} is missing`) : null;
  const wrong = (wanted: string) => new Fault('WRONG_TYPE', `${name} is ${shown(value)}; it must be ${wanted}`);
  switch (type.replace(/!$/, '')) {
    case 'String': return typeof value === 'string' ? null : wrong('text');
    case 'Int':
      if (!Number.isInteger(value)) return wrong('a whole number');
      return Math.abs(value as number) < 2 ** 31 ? null : new Fault('OUT_OF_RANGE', `${name} ${shown(value)} is out of range; it must be below 2^31`);
    case '[Float!]': return Array.isArray(value) && value.every(Number.isFinite) ? null : wrong('a list of numbers');
    case 'DateTime': return isMoment(value) ? null : wrong('a valid Date, or a moment with its zone such as 2026-01-31T12:00:00Z');
    case 'JSON': return null;
    default: {
      const among = rowEnums[type.replace(/!$/, '')]!;
      return among.includes(value as string) ? null : new Fault('OUT_OF_RANGE', `${name} ${shown(value)} is not one of ${among.join(', ')}`);
    }
  }
}

/** RFC 3339, whose days there are: Date reads February 30 as March 2. */
function isMoment(value: unknown): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime()) && isMoment(value.toISOString());
  const day = typeof value === 'string' ? /^(?!0000)(\d{4}-\d\d-\d\d)[Tt](?!24)\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.exec(value)?.[1] : undefined;
  if (day === undefined || !(Date.parse(value as string) < Date.UTC(10_000, 0))) return false;
  const date = new Date(day);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function shown(value: unknown): string {
  if (value instanceof Date) return 'an invalid Date';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : value === null ? 'null' : Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}
