import { FormatError, shown } from '../text/fault.js';
import type { RecordSink, Scanner, WantedColumns } from '../text/scanner.js';
import { NdjsonScanner } from './ndjson-scanner.js';

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What is expected next: the list's beginning, its first row or end, a row, what follows a row, nothing. */
type Place = 'list' | 'first' | 'row' | 'after' | 'end';

/** One JSON list of objects, however it is broken into lines, read row by row as they come. */
export class JsonArrayScanner implements Scanner {
  line = 1;
  private place: Place = 'list';
  private readonly rows: NdjsonScanner;

  constructor(columns: WantedColumns, sink: RecordSink) {
    this.rows = new NdjsonScanner(columns, sink);
  }

  get unread(): ReadonlySet<string> {
    return this.rows.unread;
  }

  scan(bytes: Buffer, length: number, final: boolean): number {
    let used = 0;
    for (;;) {
      for (; used < length && isBlank(bytes[used]!); used++) if (bytes[used] === LF) this.line++;
      if (used === length) break;
      const end = this.take(bytes, used, length);
      if (end < 0) {
        if (final) throw new FormatError(`the file ends inside a row: ${shown(bytes, used, length)}`, this.line);
        return used;
      }
      used = end;
    }
    if (final && this.place !== 'end') throw new FormatError('the file ends before its list does; a ] is missing', this.line);
    return used;
  }

  /** Takes what begins at `at`. @returns where it ends, -1 where that is not there yet */
  private take(bytes: Buffer, at: number, length: number): number {
    const byte = bytes[at];
    const { place } = this;
    if (place === 'end') throw this.unexpected(bytes, at, length, 'nothing may follow the list');
    if (byte === CLOSE_LIST && (place === 'first' || place === 'after')) {
      this.place = 'end';
      return at + 1;
    }
    if (place === 'list' || place === 'after') {
      if (byte !== (place === 'list' ? OPEN_LIST : COMMA)) throw this.unexpected(bytes, at, length, place === 'list' ? 'a list begins with [' : 'a comma goes between rows, and ] behind the last');
      this.place = place === 'list' ? 'first' : 'row';
      return at + 1;
    }
    if (byte !== OPEN_OBJECT) throw this.unexpected(bytes, at, length, 'each row of the list must be an object such as {"item":"a"}');
    const end = endOfObject(bytes, at, length);
    if (end < 0) return -1;
    this.rows.line = this.line;
    this.rows.record(bytes, at, end, false);
    for (let lf = bytes.indexOf(LF, at); lf >= 0 && lf < end; lf = bytes.indexOf(LF, lf + 1)) this.line++;
    this.place = 'after';
    return end;
  }

  private unexpected(bytes: Buffer, at: number, length: number, rule: string): FormatError {
    return new FormatError(`${shown(bytes, at, length)} is not expected here: ${rule}`, this.line);
  }
}

/** Behind the brace that closes the one at `start`; -1 where it is not among the bytes. What else is wrong inside is the reader's to tell. */
function endOfObject(bytes: Buffer, start: number, length: number): number {
  let depth = 0;
  for (let at = start; at < length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; at < length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_OBJECT && --depth === 0) return at + 1;
  }
  return -1;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;
}
