// src/schema.ts and src/schema-facts.ts come from schema.graphql: `node clients/typescript/generate.mjs` brings them up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { buildSchema, getNamedType, isEnumType, isInputObjectType, isInterfaceType, isListType, isNonNullType, isObjectType, isScalarType, isUnionType } from 'graphql';

/** What JSON makes of them. A BigInt is text, since a number would lose its last digits. */
const scalars = { ID: 'string', String: 'string', Int: 'number', Float: 'number', Boolean: 'boolean', BigInt: 'string', DateTime: 'string', JSON: 'Json', Probability: 'number' };

/** Inputs of which a call has thousands: their rows are looked at before they are sent, since one that GraphQL cannot read costs its whole call. */
const rowInputs = ['VoteInput', 'ItemInput', 'GoldInput', 'PredictionInput'];

/** @returns the generated files by name */
export function generated(text) {
  const schema = buildSchema(text, { assumeValid: true });
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const unknown = types.filter((type) => isScalarType(type) && !scalars[type.name]).map(({ name }) => name);
  if (unknown.length > 0) throw new Error(`scalar ${unknown.join(', ')}: say in generate.mjs what JSON makes of it`);
  return { 'schema.ts': typesOf(types), 'schema-facts.ts': factsOf(schema) };
}

function typesOf(types) {
  return `// Made from schema.graphql by generate.mjs; not to be changed by hand.

/** Any JSON. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

${types.flatMap(declared).join('\n')}`;
}

/** The declarations of a type: its own, and those of the arguments of its fields. */
function declared(type) {
  if (isEnumType(type)) return [`${comment(type, '')}export type ${type.name} = ${type.getValues().map(({ name }) => `'${name}'`).join(' | ')};\n`];
  if (isUnionType(type)) return [`${comment(type, '')}export type ${type.name} = ${type.getTypes().map(({ name }) => name).join(' | ')};\n`];
  if (isInputObjectType(type)) return [interfaceOf(type.name, type, Object.values(type.getFields()).map(given))];
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const fields = Object.values(type.getFields());
  const kinds = type.getInterfaces().map(({ name }) => name);
  return [
    interfaceOf(type.name + (kinds.length > 0 ? ` extends ${kinds.join(', ')}` : ''), type, fields.map((field) => `${comment(field, '  ')}  ${field.name}: ${typed(field.type)};`)),
    ...fields.filter(({ args }) => args.length > 0).map((field) => interfaceOf(`${type.name}${capital(field.name)}Args`, { description: null }, field.args.map(given))),
  ];
}

function interfaceOf(head, described, lines) {
  return `${comment(described, '')}export interface ${head} {\n${lines.join('\n')}\n}\n`;
}

/** A field that callers give: it may be left out where it may be null or has a default. */
function given(field) {
  const isOptional = !isNonNullType(field.type) || field.defaultValue !== undefined;
  return `${comment(field, '  ')}  ${field.name}${isOptional ? '?' : ''}: ${typed(field.type)};`;
}

function typed(type) {
  if (isNonNullType(type)) return present(type.ofType);
  // Null is among it.
  if (type.name === 'JSON') return 'Json';
  return `${present(type)} | null`;
}

function present(type) {
  if (!isListType(type)) return scalars[type.name] ?? type.name;
  const of = typed(type.ofType);
  return of.includes('|') ? `(${of})[]` : `${of}[]`;
}

function comment({ description, deprecationReason }, indent) {
  const text = [description, deprecationReason && `@deprecated ${deprecationReason}`].filter((part) => part).join(' ').replace(/\s+/g, ' ').replaceAll('*/', '* /');
  return text ? `${indent}/** ${text} */\n` : '';
}

function factsOf(schema) {
  const keyed = Object.values(schema.getMutationType().getFields()).filter(({ args }) => args.some(({ type }) => isInputObjectType(getNamedType(type)) && getNamedType(type).getFields().idempotencyKey));
  const rows = rowInputs.map((name) => schema.getType(name));
  const enums = new Set(rows.flatMap((type) => Object.values(type.getFields()).map((field) => getNamedType(field.type)).filter(isEnumType)));
  return `// Made from schema.graphql by generate.mjs; not to be changed by hand.

/** Mutations that heed an idempotency key. Others might be done twice if they were sent again. */
export const keyedMutations: ReadonlySet<string> = new Set([
${keyed.map(({ name }) => `  '${name}',`).join('\n')}
]);

/** The fields of rows, by their types in the schema. */
export const rowInputs = {
${rows.map((type) => `  ${type.name}: {\n${current(type).map((field) => `    ${field.name}: '${String(field.type)}',`).join('\n')}\n  },`).join('\n')}
} as const;

/** The values of those that are enums. */
export const rowEnums: Readonly<Record<string, readonly string[]>> = {
${[...enums].map((type) => `  ${type.name}: [${type.getValues().map(({ name }) => `'${name}'`).join(', ')}],`).join('\n')}
};
`;
}

function current(type) {
  return Object.values(type.getFields()).filter(({ deprecationReason }) => deprecationReason == null);
}

function capital(name) {
  return name[0].toUpperCase() + name.slice(1);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = generated(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
  for (const [name, text] of Object.entries(files)) writeFileSync(new URL(`src/${name}`, import.meta.url), text);
}
