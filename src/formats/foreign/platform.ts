import type { Fates } from './fates.js';
import type { Json } from './json.js';
import type { ImportOptions } from './options.js';
import type { ForeignRecord } from './record.js';
import type { TableShape } from './table-scanner.js';
import type { XmlElement } from './xml.js';

/** A platform whose files are read: one file of `platforms/` and one line in its registry. */
export interface Platform {
  id: string;
  title: string;
  /** Which of its files are read, in words. */
  files: string;
  /** The forms that its files have. */
  forms: readonly FileForm[];
  /** Members of an object that are lists of records; see `JsonScanner`. */
  lists?: readonly string[];
  table?: TableShape | ((options: ImportOptions) => TableShape);
  /** What it heeds beside what all do. */
  heeds: readonly (keyof ImportOptions)[];
  /** What it cannot do without. */
  needs?: readonly (keyof ImportOptions)[];
  /** Whether a file that begins so is its; left out where nothing tells. */
  recognises?(beginning: Beginning): boolean;
  open(options: ImportOptions, classes: readonly string[] | null): PlatformReader;
}

export type FileForm = 'table' | 'json' | 'xml';

export const formNames: Record<FileForm, string> = { table: 'a table (CSV, TSV)', json: 'JSON', xml: 'XML' };

/** A file to be read, as often as is asked for. */
export interface ForeignFile {
  /** Its name without folders, which tells the annotator on some platforms. */
  name: string;
  /** With its folders, as it was given. */
  path: string;
  open(): AsyncIterable<Uint8Array>;
}

/** How a file begins: the columns of a table, or its first record. */
export type Beginning = { form: 'table'; columns: readonly string[] } | { form: 'json'; value: Json; at: string } | { form: 'xml'; element: XmlElement };

/** Reads the files of one import. Where it looks, all files are passed over twice. */
export interface PlatformReader {
  /** Before each file, in each pass. @param columns those of a table, null of another form @throws FileRefused */
  begin?(file: Pick<ForeignFile, 'name' | 'path'>, columns: readonly string[] | null, fates: Fates): void;
  /** The first pass: what there is to choose from. */
  look?(record: ForeignRecord): void;
  /** Between the passes. @throws FileRefused where there is a choice, and none was made */
  choose?(): void;
  /** @throws RecordFault where the record as a whole is refused */
  record(record: ForeignRecord, fates: Fates): void;
}
