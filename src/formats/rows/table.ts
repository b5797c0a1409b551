import { type Cell, CellKind, idFault, textFault, textOf } from '../text/cell.js';
import { Fault, Lost, shown } from '../text/fault.js';
import { jsonFault } from '../text/json-cursor.js';
import { momentIn } from '../text/moment.js';

/** How one column of a table is found and read. */
export interface Column<T> {
  /** Other names that files use for it. */
  aliases?: readonly string[];
  /** The file's own name for it, instead of all others. */
  from?: string;
  /** A file with a header must have the column. */
  inHeader?: boolean;
  /** Every row must have a value. */
  required?: boolean;
  /** Never called for a cell without a value. */
  read(cell: Cell): T | Fault | Lost;
}

/** Numbers that a row has as one list, or as a column for each of them; either way the row has them as an array. */
export interface NumberList<Name extends string = string> {
  /** Of the list's column, and of the array. */
  name: Name;
  /** The columns for each, in the order of the numbers. */
  parts: readonly string[];
}

/** What rows of one kind look like, whatever the format of the file. */
export interface Table<Columns extends Record<string, Column<unknown>> = Record<string, Column<unknown>>> {
  /** What a row is, in the singular, for messages. */
  row: string;
  columns: Columns;
  numbers?: NumberList;
  /** Columns one of which a row answers by: a row whose cells are there and empty answers nothing, and is passed over. */
  answers?: readonly string[];
  /** The file has a row an item and a column an annotator, see `asWide`. */
  wide?: true;
  /** What no single cell can tell. */
  check?(row: Record<string, unknown>): Fault | null;
}

/** The file's names for columns: `item=task_id,annotator=worker_id`, ours first. */
export type ColumnMap = Readonly<Record<string, string>>;

/** @throws RangeError naming what is wrong with the text and what it may be */
export function columnMap(written: string): ColumnMap {
  const pairs = written.split(',').map((pair) => [pair.slice(0, Math.max(0, pair.indexOf('='))).trim(), pair.slice(pair.indexOf('=') + 1).trim()] as const);
  const map = Object.fromEntries(pairs);
  if (pairs.some(([name, from]) => name === '' || from === '') || Object.keys(map).length < pairs.length || new Set(Object.values(map)).size < pairs.length) {
    throw new RangeError(`${JSON.stringify(written)} maps no columns; it must be a list such as item=task_id,annotator=worker_id, each name once`);
  }
  return map;
}

/** Votes as they lie in a table with a row an item and a column an annotator; only the item's column has a name to map. */
export function asWide<T extends Table>(table: T): T {
  return { ...table, wide: true };
}

/** The table with the columns called as the map says. @throws RangeError for a column that the table does not have, naming those it has */
export function mapped<T extends Table>(table: T, map: ColumnMap): T {
  const unknown = Object.keys(map).find((name) => !Object.hasOwn(table.columns, name));
  if (unknown !== undefined) throw new RangeError(`there is no column ${JSON.stringify(unknown)} to map; a ${table.row} has: ${Object.keys(table.columns).join(', ')}`);
  const annotators = table.wide && Object.keys(map).find((name) => name !== 'item');
  if (annotators) throw new RangeError(`there is no column ${JSON.stringify(annotators)} in a wide table to map: its annotators are its columns, and their answers the cells; it has: item`);
  return { ...table, columns: Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, Object.hasOwn(map, name) ? { ...column, from: map[name] } : column])) };
}

type Value<C> = C extends Column<infer T> ? (C extends { required: true } ? T : T | null) : never;
type Numbers<T> = T extends { numbers: NumberList<infer Name> } ? Record<Name, number[]> : unknown;
export type RowOf<T extends Table> = { line: number } & { [Name in keyof T['columns']]: Value<T['columns'][Name]> } & Numbers<T>;

const nested = (cell: Cell) => new Fault('WRONG_TYPE', `${cell.name} is an object or a list; it must be text`);

/** An identifier of 1 to 1,024 bytes. Numbers, true and false count as the text they are written with, so that no digit is lost. */
export function id(cell: Cell): string | Fault {
  if (cell.kind === CellKind.NESTED) return nested(cell);
  return idFault(cell.name, cell.bytes, cell.start, cell.end) ?? textOf(cell.bytes, cell.start, cell.end);
}

export function text(longestBytes: number): (cell: Cell) => string | Fault {
  return (cell) => {
    if (cell.kind === CellKind.NESTED) return nested(cell);
    const length = cell.end - cell.start;
    if (length > longestBytes) return new Fault('TOO_LONG', `${cell.name} is ${length} bytes long; it may have ${longestBytes}`);
    return textFault(cell.name, cell.bytes, cell.start, cell.end) ?? textOf(cell.bytes, cell.start, cell.end);
  };
}

export function number(least: number, greatest: number): (cell: Cell) => number | Fault {
  return (cell) => {
    const value = numberIn(cell);
    if (Number.isNaN(value)) return new Fault('WRONG_TYPE', `${cell.name} ${shownCell(cell)} is not a number`);
    if (value >= least && value <= greatest) return value;
    return new Fault('OUT_OF_RANGE', `${cell.name} ${shownCell(cell)} is out of range; it must be from ${least} to ${greatest}`);
  };
}

export function wholeNumber(least: number, greatest: number): (cell: Cell) => number | Fault {
  const read = number(least, greatest);
  return (cell) => {
    const value = read(cell);
    if (value instanceof Fault || Number.isInteger(value)) return value;
    return new Fault('WRONG_TYPE', `${cell.name} ${shownCell(cell)} is not a whole number`);
  };
}

/** A moment as files write it, see `momentIn`. A time is no part of the answer: one that cannot be read is lost, and not the row. */
export function time(cell: Cell): Date | Lost {
  const moment = cell.kind <= CellKind.NUMBER ? momentIn(textOf(cell.bytes, cell.start, cell.end)) : NaN;
  if (!Number.isNaN(moment)) return new Date(moment);
  return new Lost(`${cell.name} ${shownCell(cell)} is no moment such as 2026-01-31T12:00:00Z`);
}

export function oneOf<const T extends string>(choices: readonly T[]): (cell: Cell) => T | Fault {
  return (cell) => {
    const written = textOf(cell.bytes, cell.start, cell.end) as T;
    if (cell.kind <= CellKind.STRING && choices.includes(written)) return written;
    return new Fault('OUT_OF_RANGE', `${cell.name} ${shownCell(cell)} is not one of ${choices.join(', ')}`);
  };
}

/** Any JSON value: in NDJSON as it stands there, in CSV a cell of JSON text. */
export function json(longestBytes: number): (cell: Cell) => unknown {
  return (cell) => {
    const length = cell.end - cell.start;
    if (length > longestBytes) return new Fault('TOO_LONG', `${cell.name} is ${length} bytes long; it may have ${longestBytes}`);
    const fault = textFault(cell.name, cell.bytes, cell.start, cell.end);
    if (fault) return fault;
    const written = textOf(cell.bytes, cell.start, cell.end);
    if (cell.kind === CellKind.STRING) return written;
    const why = jsonFault(cell.bytes, cell.start, cell.end);
    if (why) return new Fault('MALFORMED', `${cell.name} ${shownCell(cell)} is not JSON: ${why}`);
    return JSON.parse(written) as unknown;
  };
}

/** A number of a list or of one of its columns; which ones are meant is for the reader of the rows to say. */
export function anyNumber(cell: Cell): number | Fault {
  const value = numberIn(cell);
  return Number.isNaN(value) ? new Fault('WRONG_TYPE', `${cell.name} ${shownCell(cell)} is not a number`) : value;
}

/** A JSON list of numbers: in NDJSON as it stands there, in CSV a cell of JSON text. */
export function listOfNumbers(cell: Cell): number[] | Fault {
  const fault = () => new Fault('WRONG_TYPE', `${cell.name} ${shownCell(cell)} is not a list of numbers such as [0.25, 0.75]`);
  if (cell.kind !== CellKind.NESTED && cell.kind !== CellKind.PLAIN) return fault();
  try {
    const values = JSON.parse(textOf(cell.bytes, cell.start, cell.end)) as unknown;
    return Array.isArray(values) && values.every((value) => typeof value === 'number') ? values : fault();
  } catch {
    return fault();
  }
}

const numberForm = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function numberIn(cell: Cell): number {
  if (cell.kind > CellKind.NUMBER) return NaN;
  const written = cell.bytes.toString('latin1', cell.start, cell.end);
  return numberForm.test(written) ? Number(written) : NaN;
}

function shownCell(cell: Cell): string {
  return shown(cell.bytes, cell.start, cell.end);
}
