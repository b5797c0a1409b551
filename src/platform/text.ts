import { invalid } from './errors.js';

/** External ids, class names: 1 to 1,024 bytes of UTF-8. */
export const ID_BYTES = 1024;

/**
 * What is wrong with a text that must come back byte for byte, or null. PostgreSQL cannot hold NUL, and a lone surrogate has
 * no UTF-8: both are refused rather than replaced, since a replacement would merge two ids into one.
 */
export function textFault(value: unknown, maxBytes = ID_BYTES, minBytes = 1): string | null {
  if (typeof value !== 'string') return `${JSON.stringify(value) ?? 'undefined'} is not a text`;
  if (value.length < minBytes) return 'it is empty';
  // A UTF-16 unit takes at most 3 bytes: only long texts are counted.
  if (value.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(value);
    if (bytes > maxBytes) return `it has ${bytes} bytes in UTF-8, more than ${maxBytes}`;
  }
  if (value.includes('\0')) return 'it contains NUL (U+0000), which cannot be stored';
  if (!value.isWellFormed()) return 'it contains half of a surrogate pair, which has no UTF-8';
  return null;
}

/** @throws INVALID_INPUT naming the field, the value's beginning and the fault. */
export function requireText(value: unknown, field: string, maxBytes = ID_BYTES): string {
  const fault = textFault(value, maxBytes);
  if (fault) throw invalid(`${field} ${excerpt(value)}: ${fault}`, field);
  return value as string;
}

/** A value as a message may show it: short, and with nothing invisible. */
export function excerpt(value: unknown): string {
  const shown = JSON.stringify(value) ?? 'undefined';
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
}
