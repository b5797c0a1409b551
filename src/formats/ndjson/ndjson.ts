import { NdjsonScanner } from './ndjson-scanner.js';
import { ndjsonWriter } from './ndjson-writer.js';
import { textFormat } from '../rows/text-format.js';

export const ndjson = textFormat({
  id: 'ndjson',
  title: 'NDJSON: a JSON object a line, UTF-8',
  extension: 'ndjson',
  contentTypes: ['application/x-ndjson', 'application/jsonl', 'application/json-lines'],
  scanner: (columns, sink) => new NdjsonScanner(columns, sink),
  writer: ndjsonWriter,
});
