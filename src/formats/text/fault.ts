/** Why one row is refused; the rows around it are read on. */
export type FaultCode = 'MALFORMED' | 'MISSING' | 'TOO_LONG' | 'INVALID_TEXT' | 'WRONG_TYPE' | 'OUT_OF_RANGE';

export class Fault {
  constructor(
    readonly code: FaultCode,
    /** Names the column, the value and the remedy. */
    readonly message: string,
  ) {}
}

/** Why one cell counts as empty; its row is read without it. */
export class Lost {
  /** @param message names the column, the value and the remedy */
  constructor(readonly message: string) {}
}

/** The file as a whole cannot be read on: no usable header, broken gzip, an end inside a row. */
export class FormatError extends Error {
  constructor(
    /** Names the value and the remedy, but not the place. */
    readonly reason: string,
    /** Counted from 1; null where the fault lies in no line. */
    readonly line: number | null = null,
  ) {
    super(line === null ? reason : `line ${line}: ${reason}`);
    this.name = 'FormatError';
  }
}

const shownBytes = 60;

/** A value for an error message: quoted, shortened, bytes that are no printable ASCII or UTF-8 as escapes. */
export function shown(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const cut = Math.min(end, start + shownBytes);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + start, cut - start);
  const text = view.toString('utf8');
  // A replacement character stands for bytes that are no UTF-8, or for a character that the cut split.
  const isUtf8 = !text.includes('\ufffd');
  const quoted = (isUtf8 ? text : view.toString('latin1')).replace(/["\\]/g, '\\$&');
  return `"${quoted.replace(isUtf8 ? /\p{C}/gu : /[^\x20-\x7e]/g, escaped)}"${cut < end ? ` (${end - start} bytes)` : ''}`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
