import { JsonArrayScanner } from './json-array-scanner.js';
import { NdjsonScanner } from './ndjson-scanner.js';
import { ndjsonWriter } from './ndjson-writer.js';
import { textFormat } from '../rows/text-format.js';

export const ndjson = textFormat({
  id: 'ndjson',
  title: 'NDJSON: a JSON object a line, UTF-8; also read is one JSON list of such objects',
  extension: 'ndjson',
  contentTypes: ['application/x-ndjson', 'application/jsonl', 'application/json-lines', 'application/json'],
  scanner: (columns, sink, head) => (isList(head) ? new JsonArrayScanner(columns, sink) : new NdjsonScanner(columns, sink)),
  writer: ndjsonWriter,
});

function isList(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 64)).toString('latin1').trimStart().startsWith('[');
}
