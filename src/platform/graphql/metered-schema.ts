import {
  defaultFieldResolver, getNamedType, isInputObjectType, isInterfaceType, isLeafType, isListType, isNonNullType, getNullableType,
  type GraphQLField, type GraphQLInputType, type GraphQLSchema,
} from 'graphql';
import { within } from '../budget.js';
import type { RequestContext } from '../request-context.js';
import { declaredCost } from './cost.js';
import { fieldsOf, isConnection, isObjectList, SIZES, tellsSize } from './query-cost.js';

/** What a name and its punctuation add to an answer: `"":,` */
const PUNCTUATION = 4;
const NUMBER_BYTES = 8;

/**
 * Has every field of the schema spend the budget of the execution it is resolved in, and its statements belong to it.
 * @throws Error naming a list of objects whose length nothing tells
 */
export function meterSchema(schema: GraphQLSchema): GraphQLSchema {
  checkLists(schema);
  for (const { type, field } of fieldsOf(schema)) if (!isInterfaceType(type)) meter(field);
  return schema;
}

function meter(field: GraphQLField<unknown, unknown>): void {
  const { resolve } = field as GraphQLField<unknown, RequestContext>;
  const units = 1 + (declaredCost(field).reads ?? 0);
  const isNullable = !isNonNullType(field.type);
  const isLeaf = isLeafType(getNamedType(field.type));
  const nameBytes = field.name.length + PUNCTUATION;
  field.resolve = (source, args, given, info) => {
    const context = given as RequestContext;
    const { budget } = context;
    if (!budget) return (resolve ?? defaultFieldResolver)(source, args, context, info);
    // The quickest ends: a null has no fields, and an error where none may be ends the list around it.
    if (budget.refusal) {
      if (isNullable) return null;
      throw budget.refusal;
    }
    budget.spendField(units);
    const weigh = (value: unknown) => {
      budget.spendBytes(nameBytes + (isLeaf ? bytesOf(value) : PUNCTUATION));
      return value;
    };
    const result = resolve ? within(budget.signal, () => resolve(source, args, context, info)) : defaultFieldResolver(source, args, context, info);
    return isPromise(result) ? budget.before(result).then(weigh) : weigh(result);
  };
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null)?.then === 'function';
}

/** About as many bytes as the value's JSON has. Callers' payloads are bounded in depth where they are stored. */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return NUMBER_BYTES;
  let bytes = 2;
  if (Array.isArray(value)) {
    if (typeof value[0] === 'number') return bytes + value.length * NUMBER_BYTES;
    for (const one of value) bytes += bytesOf(one) + 1;
  } else {
    for (const key in value) bytes += key.length + PUNCTUATION + bytesOf((value as Record<string, unknown>)[key]);
  }
  return bytes;
}

/** Every list of objects has a length that an estimate can know: by @Cost, by its arguments, or by those of all fields that answer with its type. */
function checkLists(schema: GraphQLSchema): void {
  const fields = [...fieldsOf(schema)];
  const untold = fields.filter(({ type, field }) => {
    if (!isObjectList(field) || declaredCost(field).list != null || tellsSize(field)) return false;
    const around = fields.filter((one) => getNamedType(one.field.type) === type);
    return !isConnection(type) && !(around.length > 0 && around.every((one) => !isListType(getNullableType(one.field.type)) && one.field.args.some((argument) => sizes(argument.type, argument.name))));
  });
  if (untold.length === 0) return;
  const names = untold.map(({ type, field }) => `${type.name}.${field.name}`).join(', ');
  throw new Error(`nothing tells how long these lists may be, so that no query's cost can be known: ${names}; declare @Cost({ list: ... }) beside them`);
}

function sizes(type: GraphQLInputType, name: string): boolean {
  const plain = getNullableType(type);
  if (isListType(plain) || SIZES.has(name)) return true;
  return isInputObjectType(plain) && Object.values(plain.getFields()).some((field) => sizes(field.type, field.name));
}
