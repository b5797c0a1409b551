import { CellKind } from './cell.js';
import { type FaultCode, shown } from './fault.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const deepest = 64;

/**
 * Walks over one line of JSON as bytes, and finds where its values stand. A line of votes is read without making an object
 * or a string of it, and a number keeps every digit it was written with.
 */
export class JsonCursor {
  at = 0;
  /** Range and kind of the value last passed; null is an empty range. Of a string: what is between the quotes, unescaped. */
  start = 0;
  stop = 0;
  kind: number = CellKind.LITERAL;
  private bytes: Buffer = Buffer.alloc(0);
  private end = 0;

  set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** The next byte that is no white space, or -1 at the end. */
  peek(): number {
    while (this.at < this.end) {
      const byte = this.bytes[this.at]!;
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return byte;
      this.at++;
    }
    return -1;
  }

  take(byte: number): void {
    if (this.peek() !== byte) throw this.unexpected(`${JSON.stringify(String.fromCharCode(byte))} is expected`);
    this.at++;
  }

  /**
   * Passes any value. Only a string at the top is unescaped, in place: its bytes are then shorter than its place in the line.
   * @throws JsonFault
   */
  value(depth = 0): void {
    const first = this.peek();
    const start = this.at;
    if (first === QUOTE) return this.string(depth === 0);
    if (first === 0x7b || first === 0x5b) {
      if (depth === deepest) throw this.unexpected(`values nested more than ${deepest} deep are not read`);
      this.nested(first === 0x7b, depth);
      this.found(start, this.at, CellKind.NESTED);
    } else if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      this.number();
      this.found(start, this.at, CellKind.NUMBER);
    } else if (first === 0x74) this.literal('true');
    else if (first === 0x66) this.literal('false');
    else if (first === 0x6e) {
      this.literal('null');
      this.stop = this.start;
    } else throw this.unexpected('a value is expected');
  }

  string(unescape: boolean): void {
    const { bytes, end } = this;
    let at = this.at + 1;
    const start = at;
    let to = -1;
    for (;;) {
      if (at >= end) throw this.unexpectedEnd();
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte < 0x20) {
        this.at = at;
        throw this.unexpected('a control character in a string must be escaped');
      }
      if (byte === BACKSLASH) {
        if (to < 0) to = at;
        this.at = at;
        const { length, code } = this.escape();
        if (unescape) to = putUtf8(bytes, to, code);
        at += length;
      } else {
        if (unescape && to >= 0) bytes[to++] = byte;
        at++;
      }
    }
    this.at = at + 1;
    this.found(start, unescape && to >= 0 ? to : at, CellKind.STRING);
  }

  private nested(isObject: boolean, depth: number): void {
    const closing = isObject ? 0x7d : 0x5d;
    this.at++;
    if (this.peek() === closing) {
      this.at++;
      return;
    }
    for (;;) {
      if (isObject) {
        if (this.peek() !== QUOTE) throw this.unexpected('a name in quotes is expected');
        this.string(false);
        this.take(0x3a);
      }
      this.value(depth + 1);
      if (this.peek() === closing) break;
      this.take(0x2c);
    }
    this.at++;
  }

  private number(): void {
    const { bytes } = this;
    if (bytes[this.at] === 0x2d) this.at++;
    if (bytes[this.at] === 0x30 && this.at < this.end) this.at++;
    else this.digits();
    if (this.at < this.end && bytes[this.at] === 0x2e) {
      this.at++;
      this.digits();
    }
    if (this.at < this.end && (bytes[this.at]! | 0x20) === 0x65) {
      this.at++;
      if (this.at < this.end && (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d)) this.at++;
      this.digits();
    }
  }

  private digits(): void {
    const start = this.at;
    while (this.at < this.end && this.bytes[this.at]! >= 0x30 && this.bytes[this.at]! <= 0x39) this.at++;
    if (this.at === start) throw this.unexpected('a digit is expected');
  }

  private literal(word: string): void {
    const start = this.at;
    for (let c = 0; c < word.length; c++, this.at++) {
      if (this.at >= this.end || this.bytes[this.at] !== word.charCodeAt(c)) throw this.unexpected(`${word} is expected`);
    }
    this.found(start, this.at, CellKind.LITERAL);
  }

  /** The escape at `at`: its length in the line and its code point. A surrogate without its partner is no character. */
  private escape(): { length: number; code: number } {
    const { bytes, at, end } = this;
    if (at + 1 >= end) throw this.unexpectedEnd();
    const letter = String.fromCharCode(bytes[at + 1]!);
    if (letter !== 'u') {
      const code = '"\\/\b\f\n\r\t'.charCodeAt('"\\/bfnrt'.indexOf(letter));
      if (Number.isNaN(code)) throw this.unexpected('no escape of JSON');
      return { length: 2, code };
    }
    const high = this.hex(at + 2);
    if (high < 0xd800 || high > 0xdfff) return { length: 6, code: high };
    // Behind the end stands what an earlier line left: whether a partner comes is not known there.
    if (at + 6 >= end || (bytes[at + 6] === BACKSLASH && at + 7 >= end)) throw this.unexpectedEnd();
    const paired = bytes[at + 6] === BACKSLASH && bytes[at + 7] === 0x75;
    const low = high < 0xdc00 && paired ? this.hex(at + 8) : 0;
    if (low < 0xdc00 || low > 0xdfff) throw new JsonFault(`\\u${high.toString(16)} is half of a surrogate pair, which is no character`, 'INVALID_TEXT');
    return { length: 12, code: 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) };
  }

  private hex(at: number): number {
    const stop = Math.min(at + 4, this.end);
    const digits = this.bytes.toString('latin1', at, stop);
    if (/[^0-9a-f]/i.test(digits)) throw new JsonFault(`\\u needs four hexadecimal digits, found ${shown(this.bytes, at, stop)}`);
    if (digits.length < 4) throw this.unexpectedEnd();
    return parseInt(digits, 16);
  }

  private found(start: number, stop: number, kind: number): void {
    this.start = start;
    this.stop = stop;
    this.kind = kind;
  }

  unexpected(what: string): JsonFault {
    if (this.at >= this.end) return this.unexpectedEnd();
    const byte = this.bytes[this.at]!;
    const found = byte > 0x20 && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `byte 0x${byte.toString(16).padStart(2, '0')}`;
    return new JsonFault(`${what}, found ${found}`);
  }

  private unexpectedEnd(): JsonFault {
    return new JsonFault('the line ends inside the row', 'MALFORMED', true);
  }
}

export class JsonFault extends Error {
  constructor(
    message: string,
    readonly code: FaultCode = 'MALFORMED',
    /** The bytes were right, but too few. */
    readonly atEnd = false,
  ) {
    super(message);
  }
}

/** Why the bytes are not one JSON value, or null. A NUL, even escaped, is refused: databases cannot keep it. */
export function jsonFault(bytes: Buffer, start: number, end: number): string | null {
  // Strings are unescaped in place, so a copy is walked.
  const copy = Buffer.from(bytes.subarray(start, end));
  if (/(?<!\\)(?:\\\\)*\\u0000/.test(copy.toString('latin1'))) return 'it holds a NUL character';
  const cursor = new JsonCursor();
  cursor.set(copy, 0, copy.length);
  try {
    cursor.value();
    return cursor.peek() === -1 ? null : 'something follows the value';
  } catch (fault) {
    if (fault instanceof JsonFault) return fault.message;
    throw fault;
  }
}

function putUtf8(bytes: Buffer, to: number, code: number): number {
  if (code < 0x80) {
    bytes[to++] = code;
  } else if (code < 0x800) {
    bytes[to++] = 0xc0 | (code >> 6);
    bytes[to++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    bytes[to++] = 0xe0 | (code >> 12);
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[to++] = 0x80 | (code & 0x3f);
  } else {
    bytes[to++] = 0xf0 | (code >> 18);
    bytes[to++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[to++] = 0x80 | (code & 0x3f);
  }
  return to;
}
