import { CellKind, idFault } from '../text/cell.js';
import { Fault, FormatError, shown } from '../text/fault.js';
import { type Cells, cellsFor, looseName, namesOf, type RecordSink, type WantedColumns } from '../text/scanner.js';
import { goldTable, voteTable } from '../rows/tables.js';
import type { CsvHeader, ReadHeader } from './csv-scanner.js';

const ITEM = 0;
const roomAtFirst = 1 << 18;

/**
 * A table with a row an item and a column an annotator, as the votes in it: row by row, and in the order of the columns. The item
 * is in the column that is mapped to it, in that of its name, or in the first. Empty cells are no votes; a row without any is one
 * record that answers nothing. What the sink is given lies in memory of this object, where the annotators' names stay.
 */
export class WideTable implements CsvHeader, RecordSink {
  private readonly out: Cells;
  private readonly slots: { item: number; annotator: number; class: number };
  /** Of the votes, by slot of the file less one; empty for a column without a name. */
  private annotators: { name: string; start: number; end: number }[] = [];
  private namesEnd = 0;
  private filled = 0;

  /** @param columns of votes */
  constructor(
    private readonly columns: WantedColumns,
    private readonly sink: RecordSink,
  ) {
    this.out = cellsFor(columns.length);
    this.out.kinds.fill(CellKind.PLAIN);
    const slotOf = (name: string) => columns.findIndex((column) => column.name === name);
    this.slots = { item: slotOf('item'), annotator: slotOf('annotator'), class: slotOf('class') };
  }

  weight(cells: readonly string[]): number {
    return cells.length;
  }

  read(names: readonly string[], line: number): ReadHeader {
    const itemColumn = this.itemColumn(names, line);
    const slotOf: number[] = [];
    let slots = ITEM + 1;
    for (const [column, written] of names.entries()) {
      const name = written.trim();
      if (column === itemColumn) slotOf.push(ITEM);
      // What numbers the rows of a data frame.
      else if (column === 0 && name === '') slotOf.push(-1);
      else {
        this.checkAnnotator(name, line);
        this.annotators.push({ name, start: 0, end: 0 });
        slotOf.push(slots++);
      }
    }
    if (!this.annotators.some(({ name }) => name !== '')) throw new FormatError(`the header has the columns ${shown(Buffer.from(names.join(',')))}; a wide table has one for the item, and one for each annotator`, line);
    const bytes = this.annotators.map(({ name }) => Buffer.from(name));
    for (const [a, annotator] of this.annotators.entries()) {
      annotator.start = this.namesEnd;
      annotator.end = this.namesEnd += bytes[a]!.length;
    }
    this.out.bytes = Buffer.concat([...bytes, Buffer.allocUnsafe(roomAtFirst)]);
    this.filled = this.namesEnd;
    return { slotOf, slots };
  }

  absent(): string {
    return 'the file is empty; a wide table has a header with a column for the item, and one for each annotator';
  }

  record(line: number, cells: Cells): void {
    const { starts, ends } = cells;
    const { out, annotators, slots } = this;
    const hasItem = ends[ITEM]! > starts[ITEM]!;
    let votes = 0;
    let bytes = Math.max(0, ends[ITEM]! - starts[ITEM]!);
    for (let slot = ITEM + 1; slot <= annotators.length; slot++) {
      if (ends[slot]! <= starts[slot]!) continue;
      const { name } = annotators[slot - 1]!;
      if (!hasItem || name === '') return this.sink.reject(line, unassignable(shown(cells.bytes, starts[slot], ends[slot]), name, hasItem));
      votes++;
      bytes += ends[slot]! - starts[slot]!;
    }
    this.makeRoom(bytes);
    out.starts.fill(-1);
    out.ends.fill(-1);
    this.copy(cells, ITEM, slots.item);
    for (let slot = ITEM + 1; slot <= annotators.length; slot++) {
      if (votes > 0 && ends[slot]! <= starts[slot]!) continue;
      const { start, end } = annotators[slot - 1]!;
      out.starts[slots.annotator] = start;
      out.ends[slots.annotator] = end;
      this.copy(cells, slot, slots.class);
      this.sink.record(line, out);
      // One record tells that there is no answer.
      if (votes === 0) return;
    }
  }

  reject(line: number, fault: Fault): void {
    this.sink.reject(line, fault);
  }

  empty(): void {
    this.sink.empty?.();
  }

  private copy({ bytes, starts, ends }: Cells, from: number, to: number): void {
    const { out } = this;
    out.starts[to] = this.filled;
    if (ends[from]! > starts[from]!) this.filled += bytes.copy(out.bytes, this.filled, starts[from], ends[from]);
    out.ends[to] = this.filled;
  }

  private makeRoom(length: number): void {
    const { out } = this;
    if (this.filled + length <= out.bytes.length) return;
    this.sink.flush?.();
    this.filled = this.namesEnd;
    if (this.filled + length <= out.bytes.length) return;
    const larger = Buffer.allocUnsafe(this.namesEnd + 2 * length);
    out.bytes.copy(larger, 0, 0, this.namesEnd);
    out.bytes = larger;
  }

  /** @throws FormatError where the column that is mapped to the item is not there, or several are called so. */
  private itemColumn(names: readonly string[], line: number): number {
    const item = this.columns[this.slots.item]!;
    const called = namesOf(item);
    for (const form of [(name: string) => name, looseName]) {
      const known = new Set(called.map(form));
      const found = names.flatMap((name, column) => (known.has(form(name)) ? [column] : []));
      if (found.length > 1) throw new FormatError(`the header has ${found.map((column) => JSON.stringify(names[column])).join(' and ')}, both for item; keep one`, line);
      if (found.length === 1) return found[0]!;
    }
    if (item.from != null) throw new FormatError(`the header has the columns ${shown(Buffer.from(names.join(',')))}, and needs ${item.from} for the item`, line);
    return 0;
  }

  private checkAnnotator(name: string, line: number): void {
    if (name === '') return;
    if (this.annotators.some((other) => other.name === name)) throw new FormatError(`the header has ${JSON.stringify(name)} twice; a wide table has one column for an annotator`, line);
    const bytes = Buffer.from(name);
    const fault = idFault('annotator', bytes, 0, bytes.length);
    if (fault) throw new FormatError(fault.message, line);
    const loose = looseName(name);
    if (longNames.has(loose)) throw new FormatError(`the header has the column ${JSON.stringify(name)}, so that the table has a row a vote and is not wide; leave out --wide (?wide=true)`, line);
    if (otherNames.has(loose)) throw new FormatError(`the column ${JSON.stringify(name)} would be an annotator, as all of a wide table; take it out, or call it otherwise if it is one`, line);
  }
}

function unassignable(answer: string, annotator: string, hasItem: boolean): Fault {
  return new Fault('MISSING', hasItem
    ? `the answer ${answer} is in a column without a name; each column of a wide table is called as its annotator`
    : `the row has the answer ${answer} of ${JSON.stringify(annotator)}, and no item; every row of a wide table needs one`);
}

const loosely = (columns: Record<string, object>) => Object.entries(columns).flatMap(([name, column]) => namesOf({ name, ...column })).map(looseName);
const { item, annotator, class: answer, ...others } = voteTable.columns;
/** Columns that only a table with a row a vote has. */
const longNames = new Set(loosely({ annotator, class: answer }));
/** Columns that hold something else, and are nobody's answers. */
const otherNames = new Set([...loosely({ item, ...others }), ...loosely({ class: goldTable.columns.class })]);
