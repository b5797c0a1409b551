import { formats } from '../formats/formats.js';
import type { Format } from '../formats/rows/format.js';
import { refusals } from '../platform/http/refusals.js';
import { type Answer, count, flag, type Operation, type Parameter, type Schema, text } from '../platform/openapi.js';
import { exportTables } from './export-tables.js';
import type { ExportChoice, ExportTable } from './tables/table.js';

const choices: Readonly<Record<keyof ExportChoice, { schema: Schema; description: string }>> = {
  run: { schema: text(), description: 'Global id of the run whose results are meant; the current one where left out.' },
  history: { schema: flag(), description: 'Also what has ended.' },
  watermark: { schema: count(), description: 'The point of the log as of which rows are shown, as x-assay-watermark tells it; the newest where left out.' },
  model: { schema: text(), description: 'Name of the model, where one alone is meant.' },
  version: { schema: text(), description: 'Version of that model; the one that runs read where left out.' },
};

const goingOn: readonly Parameter[] = [
  { name: 'skipBytes', in: 'query', schema: count(), description: 'How many bytes of the file one has, of a download that was cut: the answer is the rest. Of files whose first answer had an etag alone.' },
  { name: 'if-match', in: 'header', schema: text(), description: 'With skipBytes: the etag of that first answer. Of another file the answer is CONFLICT.' },
];

const headers: Readonly<Record<'run' | 'watermark', Answer['headers']>> = {
  run: { 'x-assay-run': { description: 'Global id of the run whose results these are.', schema: text() } },
  watermark: { 'x-assay-watermark': { description: 'The point of the log as of which the rows are shown.', schema: count() } },
};

/** A download of each table in each format, both of their registries. */
export const downloads: readonly Operation[] = exportTables.flatMap((table) => formats.map((format) => download(table, format)));

function download({ name, title, choices: heeded }: ExportTable, format: Format): Operation {
  const [contentType] = format.contentTypes;
  const isOfAMoment = heeded.includes('run') || heeded.includes('watermark');
  return {
    id: `download-${name}-${format.id}`, tag: 'downloads', path: `${name}.${format.extension}`, summary: `${title[0]!.toUpperCase()}${title.slice(1)}.`,
    description: `${format.title.split(';')[0]!}. Of any length: a table that breaks off has no end mark, so that the transfer fails.`,
    parameters: [...heeded.map((choice): Parameter => ({ name: choice, in: 'query', ...choices[choice] })), ...(isOfAMoment ? goingOn : [])],
    answers: {
      200: {
        description: 'The rows; which columns they have depends on the project.',
        headers: {
          'content-disposition': { description: 'The name of the file.', schema: text() },
          ...(heeded.includes('run') && headers.run), ...(heeded.includes('watermark') && headers.watermark),
          ...(isOfAMoment && { etag: { description: 'Of a file that is the same whenever it is asked for with this run or watermark.', schema: text() } }),
        },
        content: { [contentType.split(';')[0]!]: { schema: text() } },
      },
      ...refusals({
        INVALID_INPUT: 'a parameter is not what it may be, or the table takes none of that name.',
        NOT_FOUND: `the project${heeded.includes('run') ? ', the run' : ''} or what else was named is not there, or not for this key.`,
        ...(isOfAMoment && { CONFLICT: `${heeded.includes('run') ? 'there are no results yet, or ' : ''}the file to go on with is another one.` }),
      }),
    },
  };
}
