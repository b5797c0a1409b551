import { isUtf8 } from 'node:buffer';
import { Fault, shown } from './fault.js';

/** What a cell was in its file. CSV knows only PLAIN; the others are JSON's. */
export const CellKind = { PLAIN: 0, STRING: 1, NUMBER: 2, LITERAL: 3, NESTED: 4 } as const;

/** One cell as a range of bytes: an empty range where the row has no value. Valid until the next record is read. */
export interface Cell {
  /** The column's name, for messages. */
  name: string;
  bytes: Buffer;
  start: number;
  end: number;
  kind: number;
}

export const longestId = 1024;

/** Why these bytes cannot be an id, or null. Ids are any Unicode but NUL, 1 to 1,024 bytes of UTF-8. */
export function idFault(name: string, bytes: Uint8Array, start: number, end: number): Fault | null {
  if (end - start > longestId) {
    return new Fault('TOO_LONG', `${name} ${shown(bytes, start, end)} is ${end - start} bytes long; ids have at most ${longestId}`);
  }
  return textFault(name, bytes, start, end);
}

export function textFault(name: string, bytes: Uint8Array, start: number, end: number): Fault | null {
  let ascii = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0) return new Fault('INVALID_TEXT', `${name} ${shown(bytes, start, end)} holds a NUL character; leave it out`);
    if (byte >= 0x80) ascii = false;
  }
  if (ascii || isUtf8(bytes.subarray(start, end))) return null;
  return new Fault('INVALID_TEXT', `${name} ${shown(bytes, start, end)} is not valid UTF-8; save the file as UTF-8`);
}

export function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}
