import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { invalid } from '../errors.js';

/** RFC 3339, as in 2026-01-31T12:00:00Z. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'A moment in RFC 3339, such as 2026-01-31T12:00:00.000Z. A zone is required.',
  serialize: (value) => (value instanceof Date ? value : new Date(value as string)).toISOString(),
  parseValue: readDateTime,
  parseLiteral: (node) => readDateTime(node.kind === Kind.STRING ? node.value : null),
});

export function readDateTime(value: unknown): Date {
  const form = /^(?!0000)(\d{4}-\d\d-\d\d)[Tt](?!24)\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
  const day = typeof value === 'string' ? form.exec(value)?.[1] : undefined;
  const date = new Date(day && isDay(day) ? (value as string) : Number.NaN);
  // A zone may carry the last day of 9999 over to a year that RFC 3339 cannot write.
  if (!(date.getTime() < Date.UTC(10_000, 0))) {
    throw invalid(`${JSON.stringify(value)} is not an RFC 3339 moment such as "2026-01-31T12:00:00Z"`);
  }
  return date;
}

/** Date reads February 30 as March 2. */
function isDay(day: string): boolean {
  const date = new Date(day);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** Whole numbers that may pass 2^53, as strings. */
export const BigIntScalar = new GraphQLScalarType<bigint, string>({
  name: 'BigInt',
  description: 'A whole number of up to 64 bits, written as a string.',
  serialize: (value) => String(value),
  parseValue: readBigInt,
  parseLiteral: (node) => readBigInt(node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : null),
});

function readBigInt(value: unknown): bigint {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || !/^-?\d{1,19}$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) {
    throw invalid(`${JSON.stringify(value)} is not a whole number of up to 64 bits`);
  }
  return BigInt(text);
}

export const ProbabilityScalar = new GraphQLScalarType<number, number>({
  name: 'Probability',
  description: 'A number from 0 to 1.',
  serialize: (value) => readProbability(value),
  parseValue: readProbability,
  parseLiteral: (node) => readProbability(node.kind === Kind.FLOAT || node.kind === Kind.INT ? Number(node.value) : null),
});

function readProbability(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw invalid(`${typeof value === 'number' ? value : JSON.stringify(value)} is not a probability: a number from 0 to 1`);
  }
  return value;
}

export const JsonScalar = new GraphQLScalarType({
  name: 'JSON',
  description: "Any JSON value; the caller's own. Numbers are doubles; of a name given twice in an object, the last counts.",
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => readLiteral(node, variables),
});

function readLiteral(node: ValueNode, variables: Record<string, unknown> | null | undefined): unknown {
  switch (node.kind) {
    case Kind.NULL: return null;
    case Kind.INT:
    case Kind.FLOAT: return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM: return node.value;
    case Kind.LIST: return node.values.map((value) => readLiteral(value, variables));
    case Kind.OBJECT: return Object.fromEntries(node.fields.map((field) => [field.name.value, readLiteral(field.value, variables)]));
    case Kind.VARIABLE: return variables?.[node.name.value];
  }
}
