// graphql.md comes from schema.graphql: `node docs/graphql.mjs` brings it up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { astFromValue, buildSchema, getNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isScalarType, isSpecifiedScalarType, isUnionType, print } from 'graphql';

const roots = [
  ['Queries', 'query', (schema) => schema.getQueryType()],
  ['Mutations', 'mutation', (schema) => schema.getMutationType()],
  ['Subscriptions', 'subscription', (schema) => schema.getSubscriptionType()],
];

/** Pages of lists are the same for all: they are told once, and left out of the chapter of types. */
const isPage = ({ name }) => /(Connection|Edge)$/.test(name) || name === 'PageInfo';
const paging = ['after', 'before', 'first', 'last'];

/** @returns the page: operations, then what they take and answer, each under its name */
export function page(text) {
  const schema = buildSchema(text, { assumeValid: true });
  const rootTypes = new Set(roots.map(([, , typeOf]) => typeOf(schema)));
  const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && !rootTypes.has(type) && !isSpecifiedScalarType(type)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const of = (is) => types.filter((type) => is(type) && !isPage(type));
  const chapters = [
    ...roots.map(([title, kind, typeOf]) => ({ title, entries: Object.values(typeOf(schema)?.getFields() ?? {}).map((field) => operation(kind, field)) })),
    { title: 'Inputs', entries: of(isInputObjectType).map(input) },
    { title: 'Types', entries: of((type) => isObjectType(type) || isInterfaceType(type)).map((type) => object(schema, type)) },
    { title: 'Unions', entries: of(isUnionType).map((type) => entry(type.name, type.name, [words(type.description), `One of ${type.getTypes().map(link).join(', ')}.`])) },
    { title: 'Enums', entries: of(isEnumType).map(enumeration) },
    { title: 'Scalars', entries: of(isScalarType).map((type) => entry(type.name, type.name, [words(type.description)])) },
  ].filter(({ entries }) => entries.length > 0);
  return `# The GraphQL reference

Made from [schema.graphql](../schema.graphql) by \`node docs/graphql.mjs\`. How to call it, keys and their scopes, retries, errors and limits are in [the API](api.md).

A type with \`!\` is never null, \`[...]\` is a list. Queries that answer a \`...Connection\` take \`first\` and \`after\`, or \`last\` and \`before\` (below: [pages](#pages)).

${chapters.map(contents).join('\n')}
- [Pages](#pages)

${chapters.map(({ title, entries }) => `## ${title}\n\n${entries.map(({ text: told }) => told).join('\n')}`).join('\n')}
${pages(schema, types)}`;
}

/** A line of the table of contents: the chapter, and behind it all that it has. */
function contents({ title, entries }) {
  return `- [${title}](#${title.toLowerCase()}): ${entries.map(({ name, anchor }) => `[\`${name}\`](#${anchor})`).join(' ')}`;
}

/** @param anchor where links lead; operations and types may differ by the case of a letter alone, which an anchor of a heading does not tell */
function entry(name, anchor, parts) {
  return { name, anchor, text: [`<a id="${anchor}"></a>\n### ${name}`, ...parts].filter((part) => part).join('\n\n') + '\n' };
}

function operation(kind, field) {
  const { name, description, type } = field;
  const args = ownArguments(field);
  const answers = `Answers ${typed(type)}${args.length < field.args.length ? ', with the arguments of [pages](#pages)' : ''}.`;
  return entry(name, `${kind}-${name}`, [words(description), deprecation(field), answers, args.length > 0 && values('argument', args)]);
}

/** All but those that connections have in common. */
function ownArguments({ args, type }) {
  return isPage(getNamedType(type)) ? args.filter(({ name }) => !paging.includes(name)) : args;
}

function input(type) {
  return entry(type.name, type.name, [words(type.description), values('field', Object.values(type.getFields()))]);
}

function object(schema, type) {
  const whose = type.getInterfaces();
  const kinds = isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
  const rows = Object.values(type.getFields()).map((field) => {
    return [`\`${field.name}\``, typed(field.type), [deprecation(field), words(field.description), ...ownArguments(field).map((one) => `\`${one.name}\`: ${typed(one.type)}${fallback(one)}. ${words(one.description)}`.trim())].filter((part) => part).join('<br>')];
  });
  return entry(type.name, type.name, [
    words(type.description), whose.length > 0 && `Is a ${whose.map(link).join(', ')}.`, kinds.length > 0 && `One of ${kinds.map(link).join(', ')}.`, table(['field', 'type', 'what it is'], rows),
  ]);
}

function enumeration(type) {
  const all = type.getValues();
  const told = all.some(({ description, deprecationReason }) => description || deprecationReason)
    ? table(['value', 'what it says'], all.map((one) => [`\`${one.name}\``, [deprecation(one), words(one.description)].filter((part) => part).join(' ')]))
    : `${all.map(({ name }) => `\`${name}\``).join(', ')}`;
  return entry(type.name, type.name, [words(type.description), told]);
}

function values(word, all) {
  return table([word, 'type', 'what it is'], all.map((one) => [`\`${one.name}\``, `${typed(one.type)}${fallback(one)}`, [deprecation(one), words(one.description)].filter((part) => part).join(' ')]));
}

/** What all connections have in common, and of what there are some. */
function pages(schema, types) {
  const info = schema.getType('PageInfo');
  const connections = types.filter(({ name }) => name.endsWith('Connection'));
  const further = (type) => Object.keys(type.getFields()).filter((name) => !['edges', 'nodes', 'pageInfo'].includes(name)).map((name) => `\`${name}\``).join(', ');
  const rows = connections.map((type) => {
    const node = getNamedType(type.getFields().nodes?.type ?? type);
    return [`<a id="${type.name}"></a>\`${type.name}\``, link(node), further(type)];
  });
  return `## Pages

A connection has \`nodes\`, \`edges { cursor node }\` and \`pageInfo\`, a \`PageInfo\`. It takes \`first\` and \`after\`, or \`last\` and \`before\`: 1 to 1,000 of them, 100 where nothing is said, behind or before a cursor.

${table(['field of `pageInfo`', 'type', 'what it is'], Object.values(info.getFields()).map(({ name, type, description }) => [`\`${name}\``, typed(type), words(description)]))}

${table(['connection', 'of', 'and has'], rows)}
`;
}

/** A type as the schema writes it, with a link to what it is of. */
function typed(type) {
  const named = getNamedType(type);
  const [before, after] = String(type).split(named.name);
  return `${before.replaceAll('[', '\\[')}${link(named)}${after.replaceAll(']', '\\]')}`;
}

function link(type) {
  if (isSpecifiedScalarType(type)) return type.name;
  return `[${type.name}](#${type.name === 'PageInfo' || type.name.endsWith('Edge') ? 'pages' : type.name})`;
}

function fallback({ defaultValue, type }) {
  return defaultValue === undefined ? '' : ` = \`${print(astFromValue(defaultValue, type))}\``;
}

function deprecation({ deprecationReason }) {
  return deprecationReason == null ? '' : `**Deprecated**: ${words(deprecationReason)}`;
}

function words(text) {
  return (text ?? '').trim().replace(/\s+/g, ' ').replace(/<(?=[a-z])/g, '&lt;');
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = (name) => new URL(name, import.meta.url);
  writeFileSync(file('graphql.md'), page(readFileSync(file('../schema.graphql'), 'utf8')));
}
