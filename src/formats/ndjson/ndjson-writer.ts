import type { ByteSink } from '../text/byte-sink.js';
import { Json, type CellValue, type RowWriter } from '../text/writer.js';

const QUOTE = 0x22;
/** Beyond ASCII the engine decides what needs an escape. */
const special = /["\\\u0000-\u001f\u007f-\uffff]/;

/** One JSON object a line, with every column in every row. */
export function ndjsonWriter(columns: readonly string[]): RowWriter {
  const keys = columns.map((name, column) => `${column === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  return {
    header: () => undefined,
    row(values, sink) {
      for (let column = 0; column < keys.length; column++) {
        sink.text(keys[column]!);
        putLiteral(sink, values[column]);
      }
      sink.text('}\n');
    },
  };
}

function putLiteral(sink: ByteSink, value: CellValue): void {
  if (typeof value === 'string') {
    if (special.test(value)) return sink.text(JSON.stringify(value));
    sink.byte(QUOTE);
    sink.text(value);
    sink.byte(QUOTE);
  } else if (typeof value === 'number') {
    if (Number.isFinite(value)) sink.number(value);
    else sink.text('null');
  } else if (value == null) sink.text('null');
  else if (value instanceof Json) sink.text(value.text);
  else sink.text(value instanceof Date ? `"${value.toISOString()}"` : String(value));
}
