import type { FaultCode } from '../text/fault.js';
import type { RefusalCode } from './fates.js';
import type { Json } from './json.js';
import type { XmlElement } from './xml.js';

/** One record of a file of another platform, valid until the next one is read. */
export type ForeignRecord =
  | { kind: 'json'; at: string; value: Json }
  | { kind: 'row'; at: string; row: Row }
  | { kind: 'xml'; at: string; element: XmlElement };

/** A row of a table by the names of its columns. */
export interface Row {
  readonly columns: readonly string[];
  /** The cell's text, empty where it is empty or there is no such column. @throws RecordFault for what is no text */
  cell(name: string): string;
}

/** Why a record is refused; those around it are read on. */
export class RecordFault extends Error {
  constructor(
    readonly code: RefusalCode | FaultCode,
    message: string,
  ) {
    super(message);
  }
}

/** Where the records of a file go, one by one, while its bytes are there. */
export interface RecordTaker {
  /** Of a table, before its rows. @throws FileRefused, FormatError */
  columns(names: readonly string[]): void;
  record(record: ForeignRecord): void;
  bad(at: string, code: FaultCode, message: string): void;
}
