import type { CellValue } from '../../formats/text/writer.js';
import { sqlInteger, type KeptRows, type ReadRows } from '../../platform/database/binary-copy-reader.js';
import { notFound } from '../../platform/errors.js';
import { globalId } from '../../platform/graphql/global-id.js';
import type { Column } from './column.js';
import type { Downloads } from './downloads.js';
import type { Known } from './names.js';

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

/** Rows about items that lie in blocks of their own form, each of which has its rows one behind the other. */
export interface BlockSequence {
  projectId: number;
  columns: readonly Pick<Column, 'names'>[];
  /** What is behind a key; null where nothing is left. */
  readPiece: (after: number | null, read: ReadRows) => Promise<BlockPiece | null>;
}

export interface BlockPiece {
  /** Of the rows. */
  items: number[];
  rows: (ids: Known) => CellRows;
  lastKey: number;
}

/**
 * Cells are made of the bytes that came when a row is written: those of thousands of rows would cost more than all else.
 * One array serves all rows; it has those of the next once that is asked for.
 */
type CellRows = Iterable<CellValue[]>;

interface Piece {
  /** Null where it is known that nothing follows. */
  lastKey: number | null;
  /** Once the ids are known that stand in place of codes. */
  rows: Promise<CellRows>;
}

/** Rows of a piece whose cells are `cells` a row: at most 4,000, and 500,000 cells. */
export function pieceRows(cells: number): number {
  return Math.max(1, Math.min(4000, Math.floor(500_000 / cells)));
}

/**
 * The rows of a sequence, piece by piece. The next pieces are read while one is being written. What they read is what they
 * give: a piece begins where the one before it ended, and names are looked up once each, beside the rows, not joined to them.
 */
export async function* pieces(downloads: Downloads, sequence: Sequence | BlockSequence, signal: AbortSignal): AsyncGenerator<CellRows> {
  const behind = (after: number | null) => ('readPiece' in sequence ? readBlocks(downloads, sequence, after, signal) : readRows(downloads, sequence, after, signal));
  // With one alone the database waits for the writing and the writing for the database; but rows may have long texts, and pieces of them be large.
  const ahead = 'readPiece' in sequence ? 2 : 1;
  const coming: Promise<Piece | null>[] = [];
  for (let last = behind(null); ; last = last.then((piece) => (piece?.lastKey == null ? null : behind(piece.lastKey)))) {
    // Met in its turn; a reader that has gone away meanwhile must not leave it unhandled.
    last.then((piece) => piece?.rows).catch(() => undefined);
    coming.push(last);
    if (coming.length <= ahead) continue;
    const piece = await coming.shift();
    if (!piece) return;
    yield await piece.rows;
  }
}

async function readBlocks(downloads: Downloads, { projectId, readPiece }: BlockSequence, after: number | null, signal: AbortSignal): Promise<Piece | null> {
  const read: ReadRows = (query, take) => downloads.read(query, take, signal);
  const piece = await readPiece(after, read);
  await requireProject(projectId, read);
  return piece && { lastKey: piece.lastKey, rows: downloads.names.of(projectId, 'items', piece.items, read).then(piece.rows) };
}

async function readRows(downloads: Downloads, sequence: Sequence, after: number | null, signal: AbortSignal): Promise<Piece> {
  const { projectId, columns, from, where, key, descending, pieceRows: limit } = sequence;
  const behind = after == null ? '' : `and ${key} ${descending ? '<' : '>'} ${sqlInteger(after)}`;
  const selected = columns.flatMap(({ sql }) => sql ?? []).join(', ');
  const kept = await downloads.keep(`select (${key})::int8, ${selected} from ${from} where ${where} ${behind} order by ${key} ${descending ? 'desc' : ''} limit ${limit}`, signal);
  const read: ReadRows = (query, take) => downloads.read(query, take, signal);
  const erasures = await requireProject(projectId, read);
  const codes = columns.map(({ dictionary }): (number | null)[] | null => (dictionary ? [] : null));
  let count = 0;
  let lastKey = -1;
  for (const copied = kept.fromFirst(); copied.next(); count++) {
    lastKey = copied.int8();
    for (let c = 0; c < columns.length; c++) {
      if (codes[c]) codes[c]!.push(copied.isNull() ? null : copied.int4());
      else if (columns[c]!.sql != null) copied.pass();
    }
  }
  const ids = columns.map(async ({ dictionary }, c) => dictionary && downloads.names.of(projectId, dictionary, codes[c]!, read, dictionary === 'annotators' ? erasures : 0));
  return { lastKey: count === limit ? lastKey : null, rows: Promise.all(ids).then((known) => cellsOf(kept, columns, known)) };
}

/**
 * After a piece was read: the rows of a project that is deleted go one by one, and what is left of them must not pass for a whole file.
 * @returns how many of its annotators were erased: names that were known before are not to be shown any more
 * @throws NOT_FOUND
 */
async function requireProject(projectId: number, read: ReadRows): Promise<number> {
  let erasures: number | null = null;
  await read(`select annotator_erasures from projects where id = ${sqlInteger(projectId)}`, (rows) => { erasures = rows.int4(); });
  if (erasures === null) throw notFound('project', globalId('Project', projectId));
  return erasures;
}

/** @param ids of the columns that show some in place of codes */
function* cellsOf(kept: KeptRows, columns: readonly Column[], ids: readonly (Known | undefined)[]): Generator<CellValue[]> {
  const cells: CellValue[] = [];
  for (const copied = kept.fromFirst(); copied.next();) {
    copied.pass();
    cells.length = 0;
    for (let c = 0; c < columns.length; c++) {
      const known = ids[c];
      if (known) cells.push(copied.isNull() ? null : known.get(copied.int4()));
      else columns[c]!.read(copied, cells);
    }
    yield cells;
  }
}
