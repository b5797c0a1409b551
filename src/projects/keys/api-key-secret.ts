import { createHash, randomInt } from 'node:crypto';

export interface KeyText {
  prefix: string;
  secret: string;
}

const PREFIX_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const SECRET_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 256 bits of secret: a plain hash of it cannot be searched, so none of the slow ones is needed. */
export function newKey(): KeyText {
  return { prefix: draw(PREFIX_ALPHABET, 8), secret: draw(SECRET_ALPHABET, 43) };
}

export function formatKey(key: KeyText): string {
  return `assay_${key.prefix}_${key.secret}`;
}

export function parseKey(text: string): KeyText | null {
  const match = /^assay_([0-9a-z]{8})_([0-9A-Za-z]{43})$/.exec(text);
  return match && { prefix: match[1]!, secret: match[2]! };
}

export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function draw(alphabet: string, length: number): string {
  // A byte modulo 62 would favour some characters; randomInt does not.
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
