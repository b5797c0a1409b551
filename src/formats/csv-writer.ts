import { guarded } from './formula-guard.js';
import type { CellValue, RowWriter } from './writer.js';

const special = /[",\r\n]/;
/** Most text starts with none of these, and then needs no look at what a spreadsheet would do with it. */
const suspicious = /^['=+\-@\t\r\n]/;

/** RFC 4180 with LF line ends. Text that a spreadsheet would run as a formula is guarded; see formula-guard.ts. */
export function csvWriter(columns: readonly string[]): RowWriter {
  return {
    header: () => `${columns.map(cell).join(',')}\n`,
    row(values) {
      let line = cell(values[0]);
      for (let column = 1; column < columns.length; column++) line += `,${cell(values[column])}`;
      // A lone empty cell would be an empty line, which is no row.
      return line === '' ? '""\n' : `${line}\n`;
    },
  };
}

function cell(value: CellValue): string {
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : '';
  if (typeof value === 'string') {
    const text = suspicious.test(value) ? guarded(value) : value;
    return special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }
  if (value == null) return '';
  return value instanceof Date ? value.toISOString() : String(value);
}
