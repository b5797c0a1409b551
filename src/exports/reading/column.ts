import type { CopyRows } from '../../platform/database/binary-copy-reader.js';
import { Json, type CellValue } from '../../formats/text/writer.js';
import type { DictionaryTable } from '../../projects/code-dictionary.js';

/** One column of a statement, which gives one cell of a row or, being an array, several. */
export interface Column {
  /** The names of its cells. */
  readonly names: readonly string[];
  /** Null for one that reads nothing. */
  readonly sql: string | null;
  /** Appends a cell for each name. */
  read(rows: CopyRows, cells: CellValue[]): void;
  /** Its cell is a code of this dictionary so far, and becomes the id that the code was given for. */
  readonly dictionary?: DictionaryTable;
}

type Read = (rows: CopyRows) => CellValue;

const single = (read: Read) => (name: string, sql: string): Column => ({
  names: [name], sql, read: (rows, cells) => void cells.push(rows.isNull() ? null : read(rows)),
});

const fromDictionary = (dictionary: DictionaryTable) => (name: string, sql: string): Column => ({ ...single((rows) => rows.int4())(name, sql), dictionary });

/** Columns by the type that their SQL must have; null is no value in each of them. */
export const column = {
  text: single((rows) => rows.text()),
  int2: single((rows) => rows.int2()),
  int4: single((rows) => rows.int4()),
  int8: single((rows) => rows.int8()),
  float8: single((rows) => rows.float8()),
  boolean: single((rows) => rows.boolean()),
  /** timestamptz */
  time: single((rows) => new Date(rows.milliseconds())),
  /** SQL of type text that is JSON in one line, as jsonb is when it is cast. */
  json: single((rows) => new Json(rows.text())),
  /** float8[] without nulls. */
  numbers: (names: readonly string[], sql: string): Column => ({ names, sql, read: (rows, cells) => rows.float8sTo(cells) }),
  /** The same in each row, and not asked for. */
  constant: (name: string, value: CellValue): Column => ({ names: [name], sql: null, read: (_, cells) => void cells.push(value) }),
  /** The code of an item (int4), shown by its id. */
  item: fromDictionary('items'),
  annotator: fromDictionary('annotators'),
  /** An int2 that stands for a word; a number without one is no value. */
  word: (name: string, sql: string, words: readonly string[]): Column => single((rows) => words[rows.int2()])(name, sql),
};
