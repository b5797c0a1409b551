import type { ByteSink } from '../text/byte-sink.js';
import { classColumn } from '../rows/tables.js';
import { guarded } from '../text/formula-guard.js';
import { Json, type CellValue, type RowWriter } from '../text/writer.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
/** Text that needs quotes, or a look at what a spreadsheet would do with it. */
const unusual = /[",\r\n;\t]|^[' =+\-@\u00a0\u3000\uff0b\uff0d\uff1d\uff20]/;
const special = /[",\r\n]/;

/** RFC 4180 with LF line ends. Text that a spreadsheet would run as a formula is guarded; see formula-guard.ts. */
export function csvWriter(columns: readonly string[]): RowWriter {
  const row = (values: readonly CellValue[], sink: ByteSink) => {
    const before = sink.length;
    putCell(sink, values[0]);
    for (let column = 1; column < columns.length; column++) {
      sink.byte(COMMA);
      putCell(sink, values[column]);
    }
    // A lone empty cell would be an empty line, which is no row.
    if (sink.length === before) sink.text('""');
    sink.byte(LF);
  };
  return {
    header: (sink) => {
      columns.forEach((name, column) => {
        if (column > 0) sink.byte(COMMA);
        putUnusual(sink, guardedName(name));
      });
      sink.byte(LF);
    },
    row,
  };
}

/** A class reads in a column's name as it does in a cell: what stands behind p_ is what the label says. */
function guardedName(name: string): string {
  const prefix = classColumn('');
  return name.startsWith(prefix) ? classColumn(guarded(name.slice(prefix.length))) : guarded(name);
}

function putCell(sink: ByteSink, value: CellValue): void {
  if (typeof value === 'string') putText(sink, value);
  else if (value instanceof Json) putText(sink, value.text);
  else if (typeof value === 'number') {
    if (Number.isFinite(value)) sink.number(value);
  } else if (value != null) sink.text(value instanceof Date ? value.toISOString() : String(value));
}

function putText(sink: ByteSink, text: string): void {
  if (unusual.test(text)) putUnusual(sink, guarded(text));
  else sink.text(text);
}

function putUnusual(sink: ByteSink, text: string): void {
  if (!special.test(text)) return sink.text(text);
  sink.byte(QUOTE);
  sink.text(text.replaceAll('"', '""'));
  sink.byte(QUOTE);
}
