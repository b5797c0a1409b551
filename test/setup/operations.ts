import { readFileSync } from 'node:fs';
import {
  buildSchema, getNamedType, isEnumType, isInputObjectType, isLeafType, isListType, isNonNullType, isObjectType, type GraphQLField, type GraphQLInputType, type GraphQLOutputType, type GraphQLSchema,
} from 'graphql';

/** The schema as it is checked in. */
export function readSchema(): GraphQLSchema {
  return buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'), { assumeValid: true });
}

export type RootKind = 'query' | 'mutation' | 'subscription';

export function rootFields(schema: GraphQLSchema, kind: RootKind): GraphQLField<unknown, unknown>[] {
  const root = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() }[kind];
  return Object.values(root?.getFields() ?? {});
}

export interface Values {
  id: string;
  text: string;
}

/** A value for every required input, and for each that is an id. */
export function valueOf(type: GraphQLInputType, values: Values): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, values);
  if (isListType(type)) return [valueOf(type.ofType, values)];
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isNonNullType(field.type) || getNamedType(field.type).name === 'ID');
    return Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type, values)]));
  }
  if (isEnumType(type)) return type.getValues()[0]!.name;
  return { ID: values.id, String: values.text, Int: 1, Float: 0.5, Boolean: true, BigInt: '1', DateTime: '2099-01-01T00:00:00Z', JSON: {}, Probability: 0.5 }[type.name];
}

/** Everything that can be asked of a type without arguments, so many levels deep. */
export function selectionOf(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (!isObjectType(named)) return '{ __typename id }';
  const parts = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined)) return [];
    if (isLeafType(getNamedType(field.type))) return [field.name];
    if (depth === 0) return [];
    const pages = field.args.some((argument) => argument.name === 'first') ? '(first: 3)' : '';
    const inner = selectionOf(field.type, depth - 1);
    return inner === '{ __typename }' ? [] : [`${field.name}${pages} ${inner}`];
  });
  return `{ __typename ${parts.join(' ')} }`.replace('{ __typename  }', '{ __typename }');
}

export interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

/** A call of one root field, with a value for each argument that is required, or for `all`. */
export function operation(kind: RootKind, field: GraphQLField<unknown, unknown>, values: Values, depth = kind === 'query' ? 2 : 1, all = false): Operation {
  const args = field.args.filter((argument) => all || isNonNullType(argument.type));
  const declared = args.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ');
  const passed = args.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
  return {
    query: `${kind}${declared && `(${declared})`} { ${field.name}${passed && `(${passed})`} ${selectionOf(field.type, depth)} }`,
    variables: Object.fromEntries(args.map((argument) => [argument.name, valueOf(argument.type, values)])),
  };
}

/** Where strings and ids stand in the arguments of a field, optional ones too: paths into the variables. */
export function textPaths(field: GraphQLField<unknown, unknown>): (string | number)[][] {
  const inside = (type: GraphQLInputType, path: (string | number)[]): (string | number)[][] => {
    if (isNonNullType(type)) return inside(type.ofType, path);
    if (isListType(type)) return inside(type.ofType, [...path, 0]);
    if (isInputObjectType(type)) return Object.values(type.getFields()).flatMap((one) => inside(one.type, [...path, one.name]));
    return type.name === 'String' || type.name === 'ID' ? [path] : [];
  };
  return field.args.flatMap((argument) => inside(argument.type, [argument.name]));
}

/** The operation with `text` at the path; what lies on the way to it is filled in as it must be. */
export function withText(kind: RootKind, field: GraphQLField<unknown, unknown>, path: readonly (string | number)[], text: string, values: Values): Operation {
  const optional = field.args.find((argument) => argument.name === path[0] && !isNonNullType(argument.type));
  const made = operation(kind, field, values, 0, optional != null);
  if (optional) {
    // Only that argument beside the required ones: first and last exclude each other.
    const kept = field.args.filter((argument) => isNonNullType(argument.type) || argument === optional);
    made.query = operation(kind, { ...field, args: kept }, values, 0, true).query;
    made.variables = Object.fromEntries(kept.map((argument) => [argument.name, valueOf(argument.type, values)]));
  }
  const variables = structuredClone(made.variables);
  let type: GraphQLInputType = field.args.find((argument) => argument.name === path[0])!.type;
  let holder: Record<string | number, unknown> = variables;
  for (const [at, key] of path.entries()) {
    if (at > 0) {
      const named: GraphQLInputType = isNonNullType(type) ? type.ofType : type;
      if (isListType(named)) type = named.ofType;
      else if (isInputObjectType(named)) type = named.getFields()[key as string]!.type;
    }
    if (at === path.length - 1) holder[key] = text;
    else holder = (holder[key] ??= valueOf(type, values)) as Record<string | number, unknown>;
  }
  return { query: made.query, variables };
}
