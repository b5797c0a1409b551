import type { CellValue } from '../../formats/text/writer.js';
import { sqlInteger, type ReadRows } from '../../platform/database/binary-copy-reader.js';
import type { Column } from './column.js';
import type { Downloads } from './downloads.js';

/** Rows of a project in the order of an index, to be read in pieces. */
export interface Sequence {
  projectId: number;
  columns: readonly Column[];
  /** What follows `from`; a join must keep the order of its first table's rows and give one row for each. */
  from: string;
  where: string;
  /** SQL of an integer from 0 on that ascends: an index begins with what `where` compares by equality and goes on with this. */
  key: string;
  /** Whether the index runs down from its end; then the key is read so, too. */
  descending?: boolean;
  /** Rows of a piece, of which two are in memory at a time. */
  pieceRows: number;
}

/** Rows that lie in blocks of their own form, each of which has its rows one behind the other. */
export interface BlockSequence {
  projectId: number;
  columns: readonly Pick<Column, 'names' | 'dictionary'>[];
  /** The rows behind a key, and the key of the last of them; null where nothing is left. */
  readPiece(after: number | null, read: ReadRows): Promise<Piece | null>;
}

export interface Piece {
  rows: CellValue[][];
  lastKey: number;
}

/** Rows of a piece whose cells are `cells` a row: at most 4,000, and 500,000 cells. */
export function pieceRows(cells: number): number {
  return Math.max(1, Math.min(4000, Math.floor(500_000 / cells)));
}

/**
 * The rows of a sequence, piece by piece. The next piece is read while the one before it is being written. What it reads is
 * what it gives: a piece begins where the last one ended, and names are looked up once each, beside the rows, not joined to them.
 */
export async function* pieces(downloads: Downloads, sequence: Sequence | BlockSequence, signal: AbortSignal): AsyncGenerator<CellValue[][]> {
  const behind = 'readPiece' in sequence ? (after: number | null) => readBlocks(downloads, sequence, after, signal) : (after: number | null) => readRows(downloads, sequence, after, signal);
  for (let next: Promise<Piece | null> | null = behind(null); next != null; ) {
    const piece: Piece | null = await next;
    if (!piece) return;
    next = 'readPiece' in sequence || piece.rows.length === sequence.pieceRows ? behind(piece.lastKey) : null;
    // Met at the next turn; a reader that has gone away meanwhile must not leave it unhandled.
    next?.catch(() => undefined);
    if (piece.rows.length > 0) yield piece.rows;
  }
}

async function readBlocks(downloads: Downloads, sequence: BlockSequence, after: number | null, signal: AbortSignal): Promise<Piece | null> {
  const piece = await sequence.readPiece(after, (query, take) => downloads.read(query, take, signal));
  if (piece) await putNames(downloads, sequence, piece.rows, signal);
  return piece;
}

async function readRows(downloads: Downloads, sequence: Sequence, after: number | null, signal: AbortSignal): Promise<Piece> {
  const { columns, from, where, key, descending, pieceRows: limit } = sequence;
  const behind = after == null ? '' : `and ${key} ${descending ? '<' : '>'} ${sqlInteger(after)}`;
  const selected = columns.flatMap(({ sql }) => sql ?? []).join(', ');
  const rows: CellValue[][] = [];
  let lastKey = -1;
  await downloads.read(
    `select (${key})::int8, ${selected} from ${from} where ${where} ${behind} order by ${key} ${descending ? 'desc' : ''} limit ${limit}`,
    (copied) => {
      lastKey = copied.int8();
      const cells: CellValue[] = [];
      for (const column of columns) column.read(copied, cells);
      rows.push(cells);
    },
    signal,
  );
  await putNames(downloads, sequence, rows, signal);
  return { rows, lastKey };
}

/** Codes of items and annotators give way to their ids. */
async function putNames(downloads: Downloads, { projectId, columns }: Pick<BlockSequence, 'projectId' | 'columns'>, rows: CellValue[][], signal: AbortSignal): Promise<void> {
  let at = 0;
  for (const { dictionary, names } of columns) {
    const cell = at;
    at += names.length;
    if (dictionary) await downloads.names.put(projectId, dictionary, rows, cell, (query, take) => downloads.read(query, take, signal));
  }
}
