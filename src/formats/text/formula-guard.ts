/**
 * Spreadsheets run a cell that starts with = + - @ tab CR or LF as a formula. Such text is written with an apostrophe before
 * it, which they show as text; text that starts with apostrophes before one of these gets one more, so that taking one off
 * restores every text. Text that is a plain number, such as -1, is no formula and is left alone.
 */
const formula = /^'*[=+\-@\t\r\n]/;
const plainNumber = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

export function guarded(text: string): string {
  return formula.test(text) && !plainNumber.test(text) ? `'${text}` : text;
}

/** Whether the bytes are a text that `guarded` put an apostrophe before: one or more apostrophes and a formula's first character. */
export function isGuarded(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] === 0x27) at++;
  if (at === start || at === end) return false;
  const first = bytes[at]!;
  return first === 0x3d || first === 0x2b || first === 0x2d || first === 0x40 || first === 0x09 || first === 0x0d || first === 0x0a;
}
