/**
 * Spreadsheets run a cell that begins with = + - @ as a formula, those of some languages also with their full-width twins, and
 * blanks before it may be passed over. Text is written with an apostrophe before such a beginning, which they show as text; where
 * there are apostrophes already, one more is written, so that taking one off restores every text. A beginning is that of a cell,
 * and that of whatever follows a semicolon, a tab or a line end within it: a spreadsheet that separates cells by these breaks the
 * text there. At the front of a cell tab and line ends are guarded as well. Text that is a plain number, such as -1, is no formula,
 * nor is a sign alone: there is nothing to work out in it.
 */
const atFront = /^'*[ \u00a0\u3000]*[=+\-@\uff0b\uff0d\uff1d\uff20\t\r\n]/;
const within = /(?<=[;\t\r\n])(?='*[ \u00a0\u3000]*[=+\-@\uff0b\uff0d\uff1d\uff20])/g;
const harmless = /^([+-]?\d+(\.\d+)?([eE][+-]?\d+)?|[=+\-@])$/;

export function guarded(text: string): string {
  if (harmless.test(text)) return text;
  const inside = text.replace(within, '\'');
  return atFront.test(text) ? `'${inside}` : inside;
}

const APOSTROPHE = 0x27;

/** Takes out, in place, what `guarded` put in. @returns the text's new end */
export function unguard(bytes: Uint8Array, start: number, end: number): number {
  let to = start;
  let begins = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (begins && byte === APOSTROPHE && isGuard(bytes, at, end, at === start)) {
      begins = false;
      continue;
    }
    bytes[to++] = byte;
    begins = byte === 0x3b || byte === 0x09 || byte === 0x0a || byte === 0x0d;
  }
  return to;
}

/** Whether apostrophes and then blanks stand before a sign. */
function isGuard(bytes: Uint8Array, start: number, end: number, front: boolean): boolean {
  let at = start;
  while (at < end && bytes[at] === APOSTROPHE) at++;
  for (let length = blankAt(bytes, at); length > 0 && at + length <= end; length = blankAt(bytes, at)) at += length;
  if (at >= end) return false;
  const byte = bytes[at]!;
  if (byte === 0x3d || byte === 0x2b || byte === 0x2d || byte === 0x40) return true;
  if (byte === 0x09 || byte === 0x0a || byte === 0x0d) return front;
  // U+FF0B, FF0D, FF1D and FF20 in UTF-8.
  const last = bytes[at + 2]!;
  return at + 3 <= end && byte === 0xef && bytes[at + 1] === 0xbc && (last === 0x8b || last === 0x8d || last === 0x9d || last === 0xa0);
}

/** The length of the blank that stands there: U+0020, U+00A0, U+3000; 0 for none. */
function blankAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0x20) return 1;
  if (bytes[at] === 0xc2 && bytes[at + 1] === 0xa0) return 2;
  return bytes[at] === 0xe3 && bytes[at + 1] === 0x80 && bytes[at + 2] === 0x80 ? 3 : 0;
}
