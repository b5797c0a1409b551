import { CsvScanner, type CsvHeader, type ReadHeader } from '../csv/csv-scanner.js';
import { textFault, textOf } from '../text/cell.js';
import { type Fault, FormatError } from '../text/fault.js';
import type { Cells, RecordSink } from '../text/scanner.js';
import { RecordFault, type RecordTaker, type Row } from './record.js';

/** What a platform's tables are like. */
export interface TableShape {
  /** Names by which the separator of cells is told; any, where left out. */
  known?: RegExp;
  /** How many cells at the end a row may lack. */
  mayLack?(columns: readonly string[]): number;
  /** The first line is a row like another. */
  noHeader?: boolean;
  /** Rows of empty cells are rows like others. */
  keepsBlank?: boolean;
}

/** Rows of a table with all of their columns. */
export class TableRows implements CsvHeader, RecordSink {
  private columns: readonly string[] = [];
  private slots = new Map<string, number>();

  constructor(private readonly shape: TableShape, private readonly taker: RecordTaker) {}

  static scanner(shape: TableShape, taker: RecordTaker): CsvScanner {
    const rows = new TableRows(shape, taker);
    return new CsvScanner(rows, rows);
  }

  weight(cells: readonly string[]): number {
    const { known } = this.shape;
    return (known ? 1000 * cells.filter((cell) => known.test(cell.trim())).length : 0) + Math.min(999, cells.length);
  }

  read(names: readonly string[], line: number): ReadHeader {
    const { noHeader = false, keepsBlank = false } = this.shape;
    this.columns = noHeader ? names.map((_, column) => `c${column + 1}`) : names;
    for (const [column, name] of this.columns.entries()) {
      if (name === '') continue;
      if (this.slots.has(name)) throw new FormatError(`the header has ${JSON.stringify(name)} twice; keep one, or call one otherwise`, line);
      this.slots.set(name, column);
    }
    this.taker.columns(this.columns);
    if (noHeader) this.taker.record({ kind: 'row', at: String(line), row: { columns: this.columns, cell: (name) => names[this.slots.get(name) ?? -1] ?? '' } });
    return { slotOf: names.map((_, column) => column), slots: names.length, mayLack: this.shape.mayLack?.(names) ?? 0, keepsBlank };
  }

  absent(): string {
    return 'the file is empty';
  }

  record(line: number, { bytes, starts, ends }: Cells): void {
    const { columns, slots } = this;
    const row: Row = {
      columns,
      cell(name) {
        const slot = slots.get(name);
        if (slot === undefined || ends[slot]! <= starts[slot]!) return '';
        const fault = textFault(name, bytes, starts[slot]!, ends[slot]!);
        if (fault) throw new RecordFault(fault.code, fault.message);
        return textOf(bytes, starts[slot]!, ends[slot]!);
      },
    };
    this.taker.record({ kind: 'row', at: String(line), row });
  }

  reject(line: number, { code, message }: Fault): void {
    this.taker.bad(String(line), code, message);
  }
}
