import { importOptionSpecs, type ImportOptionKind, type ImportOptionSpec } from '../formats/foreign/options.js';
import { readableFormats } from '../formats/formats.js';
import { platforms } from '../formats/platforms/platforms.js';
import { goldTable, itemTable, predictionTable, voteTable } from '../formats/rows/tables.js';
import type { Table } from '../formats/rows/table.js';
import { refusal, refusals } from '../platform/http/refusals.js';
import { flag, json, listOf, oneOf, type Operation, type Parameter, type Schema, text } from '../platform/openapi.js';
import { idempotencyKeyParameter } from '../platform/request-context.js';
import { describeSettings } from '../platform/config.js';
import { brokenUpload, foreignAnswer, uploadAnswer } from './answers.reference.js';
import { rowCounts } from './bulk-sink.js';
import { versionParameters } from './version-in-query.js';
import { voteCounts } from './votes-sink.js';

const refusalSchema: Schema = refusal('INVALID_INPUT', '').content!['application/json']!.schema;

/** How an option is written in an address. */
const written: Readonly<Record<Exclude<ImportOptionKind, readonly string[]>, string>> = {
  text: '', flag: '', list: ' Written a,b, or as a JSON list.', map: ' Written a=b,c=d, or as a JSON object.', json: ' Written as JSON.',
};

/** What each upload tells of itself. */
export const uploads = {
  votes: upload('votes', voteTable, voteCounts, {
    description: 'Files of votes by name of column, or, with `from`, files of other platforms as they are: their items, gold answers and predictions come along, and such a file may be sent again without a key.',
    parameters: [
      query('wide', flag(), 'The file has a row an item instead, and a column an annotator.'),
      query('from', oneOf(['auto', ...platforms.map(({ id }) => id)]), 'The platform whose file it is; auto tells it by how the file begins. Then without map, format and wide, and with the options below.'),
      query('dryRun', flag(), 'With from: tells what would come of it, and writes nothing.'),
      query('file', text(), "With from: the file's name, which is that of the annotator or of the task on some platforms."),
      ...importOptionSpecs.map(importOption),
    ],
  }),
  items: upload('items', itemTable, rowCounts),
  gold: upload('gold', goldTable, rowCounts),
  predictions: upload('predictions', predictionTable([]), rowCounts, {
    description: 'Probabilities of one version of a model: as a list, or in a column p_<class> for each class.', parameters: versionParameters,
  }),
};

function upload(name: string, table: Table, counted: readonly string[], { description, parameters = [] }: Partial<Operation> = {}): Operation {
  const answer = uploadAnswer(name, counted);
  const isOfVotes = name === 'votes';
  return {
    id: `upload-${name}`, tag: 'uploads', summary: `A file of ${name}, streamed.`,
    description: `${description ? `${description} ` : ''}Rows that are refused are told in the answer, the others are stored, 10,000 at a time; under an idempotency key a file that broke off goes on where it was.`,
    parameters: [
      query('map', text(undefined, { examples: ['item=task_id'] }), `What the file calls the columns, ours first: ${Object.keys(table.columns).map((column) => `${column}=NAME`).join(',')}.`),
      query('format', oneOf(readableFormats.map(({ id }) => id)), 'Goes before the content type.'),
      ...parameters,
      idempotencyKeyParameter,
      { name: 'content-encoding', in: 'header', schema: oneOf(['gzip', 'x-gzip', 'identity']), description: 'Gzip is recognised without it, too.' },
    ],
    body: { description: `Up to ${settled('MAX_BULK_BYTES')}, and unpacked up to ${settled('MAX_UNPACKED_BYTES')}.`, content: bodies(name, table) },
    answers: {
      200: json('What became of the rows.', isOfVotes ? { oneOf: [answer, foreignAnswer] } : answer),
      400: json('INVALID_INPUT: a parameter is not what it may be; or the file cannot be read on, and the answer tells what was stored before.', { anyOf: [refusalSchema, brokenUpload(name, counted)] }),
      ...refusals({
        NOT_FOUND: 'the project is not there, or not for this key.', CONFLICT: 'the project is archived, or the idempotency key is in use or was used for another file.',
        LIMIT_EXCEEDED: 'the file is too large. What was stored before stays.',
      }),
      415: refusal('INVALID_INPUT', 'neither content-type nor format tells what the file is, or its encoding is not read.'),
    },
  };
}

function query(name: string, schema: Schema, description: string, required?: true): Parameter {
  return { name, in: 'query', ...(required && { required }), schema, description };
}

/** A setting's default, by its name. */
function settled(name: string): string {
  return `${describeSettings().find((one) => one.name === name)!.fallback} bytes (${name})`;
}

function bodies(name: string, table: Table): Record<string, { schema: Schema }> {
  const row = rowOf(name, table);
  return Object.fromEntries(readableFormats.flatMap(({ title, contentTypes }) => contentTypes.map((written) => {
    const type = written.split(';')[0]!;
    return [type, { schema: type === 'application/json' ? listOf(row, title) : { description: title } }];
  })));
}

/** A row by its columns, which other names are read for, too. */
function rowOf(name: string, { row, columns, numbers }: Table): Schema {
  const told = Object.entries(columns).map(([column, { aliases = [] }]) => [column, aliases.length > 0 ? { description: `Also called ${aliases.join(', ')}.` } : {}]);
  return {
    title: `${row.split(' ').map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')}Row`, type: 'object', description: `A row of a file of ${name}. The item, for one, may be called otherwise.`,
    properties: { ...Object.fromEntries(told), ...(numbers && { [numbers.name]: listOf({ type: 'number' }, 'In the order of the classes; or a column p_<class> for each.') }) },
  };
}

function importOption({ name, kind, doc, common }: ImportOptionSpec): Parameter {
  const heeding = common ? 'all platforms' : platforms.filter(({ heeds }) => heeds.includes(name)).map(({ id }) => id).join(', ');
  const schema = typeof kind === 'object' ? oneOf(kind) : kind === 'flag' ? flag() : text();
  return query(name, schema, `With from: ${doc}.${typeof kind === 'object' ? '' : written[kind]} Heeded by ${heeding}.`);
}
