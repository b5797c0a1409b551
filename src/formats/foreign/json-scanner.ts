import { isUtf8 } from 'node:buffer';
import { FormatError, shown } from '../text/fault.js';
import { JsonFault } from '../text/json-cursor.js';
import type { Scanner } from '../text/scanner.js';
import { type Json, type JsonObject, parseJson } from './json.js';
import type { RecordTaker } from './record.js';

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What is expected next. */
type Place = 'begin' | 'first name' | 'name' | 'after member' | 'first element' | 'element' | 'after element' | 'end';

/**
 * A file of JSON in any of three forms: a value a line, one list of values, or one object. Of an object that has one of `lists`
 * the records are that list's values, else it is a record itself. Records come one by one, however long the file is.
 */
export class JsonScanner implements Scanner {
  line = 1;
  readonly unread = new Set<string>();
  private readonly isLines: boolean;
  private place: Place = 'begin';
  /** What stands around a list, or the object that is the record. */
  private readonly around: JsonObject = Object.create(null) as JsonObject;
  /** The list at hand: its pointer, and the place of its next value. */
  private list: string | null = null;
  private rank = 0;
  private isInObject = false;
  private hadList = false;

  /** @param head the file's first bytes */
  constructor(head: Buffer, private readonly lists: readonly string[], private readonly taker: RecordTaker) {
    this.isLines = isLines(head, lists);
  }

  scan(bytes: Buffer, length: number, final: boolean): number {
    return this.isLines ? this.scanLines(bytes, length, final) : this.scanValue(bytes, length, final);
  }

  private scanLines(bytes: Buffer, length: number, final: boolean): number {
    let used = 0;
    while (used < length) {
      let end = bytes.indexOf(LF, used);
      if (end < 0 || end >= length) {
        if (!final) break;
        end = length;
      }
      const isLast = end === length;
      if (bytes.toString('latin1', used, Math.min(end, used + 64)).trim() !== '' || bytes.toString('latin1', used, end).trim() !== '') {
        this.pass(String(this.line), bytes, used, end, isLast);
      }
      used = Math.min(length, end + 1);
      this.line++;
    }
    return used;
  }

  private scanValue(bytes: Buffer, length: number, final: boolean): number {
    let used = 0;
    for (;;) {
      for (; used < length && isBlank(bytes[used]!); used++) if (bytes[used] === LF) this.line++;
      if (used === length) break;
      const end = this.take(bytes, used, length, final);
      if (end < 0) {
        if (final) throw new FormatError(`the file ends inside a record: ${shown(bytes, used, length)}`, this.line);
        return used;
      }
      for (let lf = bytes.indexOf(LF, used); lf >= 0 && lf < end; lf = bytes.indexOf(LF, lf + 1)) this.line++;
      used = end;
    }
    if (final && this.place !== 'end') throw new FormatError(`the file ends before its ${this.list === null ? 'object' : 'list'} does; it was cut, export it again`, this.line);
    return used;
  }

  /** Takes what begins at `at`. @returns where it ends, -1 where that is not there yet */
  private take(bytes: Buffer, at: number, length: number, final: boolean): number {
    const byte = bytes[at]!;
    switch (this.place) {
      case 'begin':
        if (byte === OPEN_LIST) return this.opened('', at);
        if (byte !== OPEN_OBJECT) throw this.unexpected(bytes, at, length, 'a file of JSON begins with [ or {');
        this.isInObject = true;
        this.place = 'first name';
        return at + 1;
      case 'first name':
      case 'name':
        if (byte === CLOSE_OBJECT && this.place === 'first name') return this.closed(at);
        if (byte !== QUOTE) throw this.unexpected(bytes, at, length, 'a name in quotes is expected');
        return this.member(bytes, at, length, final);
      case 'after member':
        if (byte === CLOSE_OBJECT) return this.closed(at);
        if (byte !== COMMA) throw this.unexpected(bytes, at, length, 'a comma goes between members, and } behind the last');
        this.place = 'name';
        return at + 1;
      case 'first element':
      case 'element': {
        if (byte === CLOSE_LIST && this.place === 'first element') return this.listEnded(at);
        const end = valueEnd(bytes, at, length, final);
        if (end < 0) return -1;
        if (end === at) throw this.unexpected(bytes, at, length, 'a value is expected');
        this.pass(`${this.list!}/${this.rank++}`, bytes, at, end, false);
        this.place = 'after element';
        return end;
      }
      case 'after element':
        if (byte === CLOSE_LIST) return this.listEnded(at);
        if (byte !== COMMA) throw this.unexpected(bytes, at, length, 'a comma goes between records, and ] behind the last');
        this.place = 'element';
        return at + 1;
      default:
        throw this.unexpected(bytes, at, length, 'nothing may follow the end of the value');
    }
  }

  /** A name, and its value unless that is a list of records. */
  private member(bytes: Buffer, at: number, length: number, final: boolean): number {
    const nameEnd = valueEnd(bytes, at, length, final);
    if (nameEnd < 0) return -1;
    let from = nameEnd;
    for (let isPast = false; ; from++) {
      if (from >= length) return -1;
      if (isBlank(bytes[from]!)) continue;
      if (isPast) break;
      if (bytes[from] !== COLON) throw this.unexpected(bytes, from, length, 'a colon goes behind a name');
      isPast = true;
    }
    const name = this.parsed(bytes, at, nameEnd) as string;
    if (bytes[from] === OPEN_LIST && this.lists.includes(name)) {
      this.hadList = true;
      return this.opened(`/${name}`, from);
    }
    const end = valueEnd(bytes, from, length, final);
    if (end < 0) return -1;
    if (name in this.around) throw new FormatError(`${shown(Buffer.from(name))} is given twice; keep one`, this.line);
    this.around[name] = this.parsed(bytes, from, end);
    this.place = 'after member';
    return end;
  }

  private opened(list: string, at: number): number {
    this.list = list;
    this.rank = 0;
    this.place = 'first element';
    return at + 1;
  }

  private listEnded(at: number): number {
    this.place = this.isInObject ? 'after member' : 'end';
    return at + 1;
  }

  private closed(at: number): number {
    this.place = 'end';
    if (!this.hadList) this.taker.record({ kind: 'json', at: '', value: this.around });
    return at + 1;
  }

  /** @param isLast whether the bytes behind may only not have come: a break in the record is then one of the file */
  private pass(at: string, bytes: Buffer, start: number, end: number, isLast: boolean): void {
    let value: Json;
    try {
      value = parsedUtf8(bytes, start, end);
    } catch (fault) {
      if (!(fault instanceof JsonFault)) throw fault;
      if (isLast && fault.atEnd) throw new FormatError(`the file ends inside a record: ${shown(bytes, start, end)}`, this.line);
      this.taker.bad(at, fault.code, `the record is not JSON: ${fault.message}`);
      return;
    }
    this.taker.record({ kind: 'json', at, value });
  }

  private parsed(bytes: Buffer, start: number, end: number): Json {
    try {
      return parsedUtf8(bytes, start, end);
    } catch (fault) {
      if (fault instanceof JsonFault) throw new FormatError(`the file is not JSON: ${fault.message}`, this.line);
      throw fault;
    }
  }

  private unexpected(bytes: Buffer, at: number, length: number, rule: string): FormatError {
    return new FormatError(`${shown(bytes, at, length)} is not expected here: ${rule}`, this.line);
  }
}

function parsedUtf8(bytes: Buffer, start: number, end: number): Json {
  if (!isUtf8(bytes.subarray(start, end))) throw new JsonFault(`${shown(bytes, start, end)} is not valid UTF-8; save the file as UTF-8`, 'INVALID_TEXT');
  return parseJson(bytes.toString('utf8', start, end));
}

/** Whether a file that begins so has a value a line; else it is one value. */
function isLines(head: Buffer, lists: readonly string[]): boolean {
  let start = 0;
  while (start < head.length && isBlank(head[start]!)) start++;
  if (head[start] !== OPEN_OBJECT) return false;
  const end = valueEnd(head, start, head.length, false);
  const lineEnd = head.indexOf(LF, start);
  const isOneLine = lineEnd < 0 || (end >= 0 && end <= lineEnd);
  if (!isOneLine) return false;
  if (end >= 0 && head.toString('latin1', end, head.length).trim() !== '') return true;
  // One object in one line: a file of one line, unless it is a list with something around it.
  return !lists.some((name) => new RegExp(`"${name}"\\s*:\\s*\\[`).test(head.toString('latin1')));
}

/** Behind the value that begins at `start`; -1 where its end is not among the bytes. What else is wrong inside is the reader's to tell. */
function valueEnd(bytes: Buffer, start: number, length: number, final: boolean): number {
  let depth = 0;
  for (let at = start; at < length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      for (at++; at < length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
      if (at >= length) return -1;
      if (depth === 0) return at + 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || isBlank(byte))) return at;
  }
  return final && depth === 0 ? length : -1;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;
}
