import { invalid } from '../platform/errors.js';
import { Keyset, type ConnectionOf, type KeyPart, type PageArgs } from '../platform/graphql/pagination.js';

/** A table of a report, as columns of one length. Each order lists all of its rows; there is one at least. */
export interface ReportedTable {
  name: string;
  columns: Record<string, Int32Array | Float64Array>;
  orders: Record<string, Int32Array>;
}

/** Where the tables of a report lie in its pages: rows of one width, once in each order. */
export type Directory = Record<string, { rows: number; width: number; columns: [name: string, type: 'int4' | 'float8'][]; orders: Record<string, number> }>;

const MOST_BYTES = 2 ** 28;

/** @throws RangeError where it would be more than 256 MB. */
export function packed(tables: readonly ReportedTable[]): { directory: Directory; pages: Buffer } {
  const directory: Directory = {};
  let length = 0;
  for (const { name, columns, orders } of tables) {
    const typed = Object.entries(columns).map(([column, values]): [string, 'int4' | 'float8'] => [column, values instanceof Int32Array ? 'int4' : 'float8']);
    const width = typed.reduce((sum, [, type]) => sum + (type === 'int4' ? 4 : 8), 0);
    const rows = Object.values(columns)[0]!.length;
    const places = Object.keys(orders).map((order, i): [string, number] => [order, length + i * rows * width]);
    directory[name] = { rows, width, columns: typed, orders: Object.fromEntries(places) };
    length += places.length * rows * width;
  }
  if (length > MOST_BYTES) throw new RangeError(`the report has tables of ${length} bytes, more than ${MOST_BYTES}; select fewer items or annotators`);
  const pages = Buffer.allocUnsafe(length);
  for (const { name, columns, orders } of tables) {
    for (const [order, rows] of Object.entries(orders)) writeRows(pages, directory[name]!.orders[order]!, Object.values(columns), rows);
  }
  return { directory, pages };
}

function writeRows(pages: Buffer, start: number, columns: readonly (Int32Array | Float64Array)[], rows: Int32Array): void {
  const view = new DataView(pages.buffer, pages.byteOffset, pages.byteLength);
  let at = start;
  for (let r = 0; r < rows.length; r++) {
    for (const column of columns) {
      if (column instanceof Int32Array) {
        view.setInt32(at, column[rows[r]!]!);
        at += 4;
      } else {
        view.setFloat64(at, column[rows[r]!]!);
        at += 8;
      }
    }
  }
}

export type ReportRow = Record<string, number> & { position: number };

/** @throws INVALID_INPUT for a cursor of another order, whose positions are of other rows. */
function positionOf(key: KeyPart[] | null, order: string, { after }: PageArgs): number | null {
  if (!key) return null;
  const field = after == null ? 'before' : 'after';
  if (key[0] !== order) throw invalid(`${field} is a cursor of the order ${String(key[0])}, and ${order} is asked for; begin a page of this order without it`, field);
  return Number(key[1]);
}

/** One page of a table: a report never changes, so that a row's position in an order is its key. */
export async function readTable<T>(
  table: Directory[string], order: string, args: PageArgs, slice: (from: number, bytes: number) => Promise<Buffer>, toNode: (row: ReportRow) => T,
): Promise<ConnectionOf<T>> {
  const byPosition = new Keyset<ReportRow>([{ sql: 'order', type: 'text' }, { sql: 'position', type: 'int4' }], ({ position }) => [order, position]);
  const { above, below, descending, limit } = byPosition.stretch(args);
  const first = (positionOf(above, order, args) ?? -1) + 1;
  const end = positionOf(below, order, args) ?? table.rows;
  const [from, to] = descending ? [Math.max(first, end - limit), end] : [first, Math.min(end, first + limit)];
  const [low, high] = [Math.max(0, from), Math.min(table.rows, to)];
  const rows = low < high ? readRows(table, low, await slice(table.orders[order]! + low * table.width, (high - low) * table.width)) : [];
  return byPosition.connection(args, descending ? rows.reverse() : rows, toNode);
}

export function readRows({ width, columns }: Directory[string], first: number, bytes: Buffer): ReportRow[] {
  return Array.from({ length: bytes.length / width }, (_, r) => {
    const row: ReportRow = { position: first + r };
    let at = r * width;
    for (const [name, type] of columns) {
      row[name] = type === 'int4' ? bytes.readInt32BE(at) : bytes.readDoubleBE(at);
      at += type === 'int4' ? 4 : 8;
    }
    return row;
  });
}
