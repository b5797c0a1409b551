import { type Cell, CellKind } from '../text/cell.js';
import { Fault, type FaultCode, Lost } from '../text/fault.js';
import type { Cells, RecordSink, Scanner, WantedColumns } from '../text/scanner.js';
import { scanning } from '../text/scanner.js';
import type { ReadOptions } from './format.js';
import { anyNumber, listOfNumbers, type RowOf, type Table } from './table.js';

export interface Reject {
  /** From 1; of a row of several lines its first. */
  line: number;
  code: FaultCode;
  message: string;
}

export interface Batch<Row> {
  rows: Row[];
  rejects: Reject[];
  /** Cells that could not be read and count as empty, in rows that are read. */
  lost: { line: number; message: string }[];
  /** Rows of empty cells, and rows that answer nothing: they are passed over. */
  emptyRows: number;
  unanswered: number;
  /** Columns of the file met so far that the table does not have, as many as are asked for. */
  unread: string[];
}

/** Typed rows out of cells, in batches of at most `batchSize` rows and rejects together. */
export async function* rowBatches<T extends Table>(
  source: AsyncIterable<Uint8Array>,
  table: T,
  { batchSize = 10_000, mostUnread }: ReadOptions,
  scannerFor: (columns: WantedColumns, sink: RecordSink, head: Buffer) => Scanner,
): AsyncGenerator<Batch<RowOf<T>>> {
  const columns = wanted(table);
  const sink = new RowSink(table, columns, batchSize, mostUnread);
  let scanner: Scanner | null = null;
  try {
    for await (scanner of scanning(source, sink, (head) => scannerFor(columns, sink, head))) yield* sink.full(scanner);
  } catch (fault) {
    // What stood before the place where the file breaks is good, and the caller may keep it.
    yield* sink.full(scanner);
    yield* sink.rest(scanner);
    throw fault;
  }
  yield* sink.rest(scanner);
}

/** Every column of a table; where it has numbers, the one with their list and those with one each come last. */
export function wanted(table: Table): WantedColumns {
  const columns = wantedTexts(table);
  if (!table.numbers) return columns;
  const { name: list, parts } = table.numbers;
  return [...columns, { name: list }, ...parts.map((name) => ({ name, inHeader: true, insteadOf: list }))];
}

export function wantedTexts(table: Table): WantedColumns {
  return Object.entries(table.columns).map(([name, { aliases, from, inHeader, required }]) => ({ name, aliases, from, inHeader, required }));
}

/** Whether the cells that a row answers by are all empty, and the first of them is there. */
export function answersNothing({ starts, ends }: Cells, slots: readonly number[]): boolean {
  if (slots.length === 0 || starts[slots[0]!]! < 0) return false;
  for (const slot of slots) if (ends[slot]! > starts[slot]!) return false;
  return true;
}

/** Makes typed rows of records' cells, and batches of rows. */
export class RowSink<T extends Table> implements RecordSink {
  private readonly cell: Cell = { name: '', bytes: Buffer.alloc(0), start: 0, end: 0, kind: CellKind.PLAIN };
  private readonly readers;
  private batches: Omit<Batch<RowOf<T>>, 'unread'>[] = [];
  private readonly answers: readonly number[];

  constructor(
    private readonly table: T,
    private readonly columns: WantedColumns,
    private readonly batchSize: number,
    private readonly mostUnread = 20,
  ) {
    this.readers = Object.values(table.columns);
    this.answers = (table.answers ?? []).map((name) => columns.findIndex((column) => column.name === name));
  }

  /** @param numbers the row's list of numbers where it is known already: it is then in no cell; null for a row that has none. */
  record(line: number, cells: Cells, numbers?: ArrayLike<number> | null): void {
    if (answersNothing(cells, this.answers)) {
      this.batch().unanswered++;
      return;
    }
    const row: Record<string, unknown> = { line };
    const { cell } = this;
    cell.bytes = cells.bytes;
    for (let slot = 0; slot < this.readers.length; slot++) {
      const { name, required } = this.columns[slot]!;
      this.point(slot, cells);
      if (cell.end <= cell.start) {
        if (required) return this.reject(line, new Fault('MISSING', `${name} is missing or empty; every ${this.table.row} needs one`));
        row[name] = null;
        continue;
      }
      const value = this.readers[slot]!.read(cell);
      if (value instanceof Fault) return this.reject(line, value);
      if (value instanceof Lost) this.batch().lost.push({ line, message: value.message });
      row[name] = value instanceof Lost ? null : value;
    }
    const fault = this.takeNumbers(row, cells, numbers) ?? this.table.check?.(row);
    if (fault) return this.reject(line, fault);
    this.batch().rows.push(row as RowOf<T>);
  }

  /** Gives the row its list of numbers, from the column that holds them all or from those that hold one each. */
  private takeNumbers(row: Record<string, unknown>, cells: Cells, known: ArrayLike<number> | null | undefined): Fault | null {
    const { numbers: list } = this.table;
    if (!list) return null;
    if (known !== undefined) {
      if (known === null) return new Fault('MISSING', `${list.name} is missing; every ${this.table.row} needs all ${list.parts.length} numbers`);
      row[list.name] = Array.from(known);
      return null;
    }
    const listSlot = this.readers.length;
    const isEmpty = (slot: number) => cells.ends[slot]! <= cells.starts[slot]!;
    if (!isEmpty(listSlot)) {
      const doubled = list.parts.findIndex((_, k) => !isEmpty(listSlot + 1 + k));
      if (doubled >= 0) return new Fault('MALFORMED', `the ${this.table.row} has both ${list.name} and ${list.parts[doubled]}; keep one`);
      const values = listOfNumbers(this.point(listSlot, cells));
      if (values instanceof Fault) return values;
      row[list.name] = values;
      return null;
    }
    const values: number[] = [];
    for (let k = 0; k < list.parts.length; k++) {
      const cell = this.point(listSlot + 1 + k, cells);
      if (cell.end <= cell.start) {
        const what = k === 0 ? `${list.name} and ${cell.name} are` : `${cell.name} is`;
        return new Fault('MISSING', `${what} missing or empty; every ${this.table.row} needs all ${list.parts.length} numbers`);
      }
      const value = anyNumber(cell);
      if (value instanceof Fault) return value;
      values.push(value);
    }
    row[list.name] = values;
    return null;
  }

  private point(slot: number, cells: Cells): Cell {
    const { cell } = this;
    cell.name = this.columns[slot]!.name;
    cell.start = cells.starts[slot]!;
    cell.end = cells.ends[slot]!;
    cell.kind = cells.kinds[slot]!;
    return cell;
  }

  reject(line: number, { code, message }: Fault): void {
    this.batch().rejects.push({ line, code, message });
  }

  empty(): void {
    this.batch().emptyRows++;
  }

  *full(scanner: Pick<Scanner, 'unread'> | null): Generator<Batch<RowOf<T>>> {
    const last = this.batches.at(-1);
    if (!last) return;
    const isFull = last.rows.length + last.rejects.length >= this.batchSize;
    const ready = isFull ? this.batches : this.batches.slice(0, -1);
    this.batches = isFull ? [] : [last];
    for (const batch of ready) yield { ...batch, unread: this.unread(scanner) };
  }

  *rest(scanner: Pick<Scanner, 'unread'> | null): Generator<Batch<RowOf<T>>> {
    for (const batch of this.batches.splice(0)) yield { ...batch, unread: this.unread(scanner) };
  }

  private unread(scanner: Pick<Scanner, 'unread'> | null): string[] {
    const names: string[] = [];
    for (const name of scanner?.unread ?? []) if (names.push(name) >= this.mostUnread) break;
    return names;
  }

  private batch(): Omit<Batch<RowOf<T>>, 'unread'> {
    const last = this.batches.at(-1);
    if (last && last.rows.length + last.rejects.length < this.batchSize) return last;
    const batch = { rows: [], rejects: [], lost: [], emptyRows: 0, unanswered: 0 };
    this.batches.push(batch);
    return batch;
  }
}
