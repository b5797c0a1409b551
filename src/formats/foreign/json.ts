import { shown } from '../text/fault.js';
import { JsonFault } from '../text/json-cursor.js';

/** A value of JSON whose numbers keep the digits that they were written with. */
export type Json = null | boolean | string | ExactNumber | Json[] | JsonObject;

/** Without a prototype, so that any name is a member like another. */
export interface JsonObject {
  [name: string]: Json | undefined;
}

/** A number as it was written: 4.0 stays 4.0, and no digit of an id is lost in a double. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

const deepest = 64;
const QUOTE = 0x22;
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What Python's json writes beside JSON; none of them is a value. */
const literals: readonly (readonly [word: string, value: null | boolean])[] = [['true', true], ['false', false], ['null', null], ['NaN', null], ['Infinity', null], ['-Infinity', null]];

/**
 * The value that a text of JSON has. NaN and the infinities, which Python writes, are null.
 * @throws JsonFault
 */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.blanks();
  if (reader.at < text.length) throw reader.unexpected('nothing may follow the value');
  return value;
}

class Reader {
  at = 0;

  constructor(private readonly text: string) {}

  value(depth: number): Json {
    this.blanks();
    const { text } = this;
    const first = text[this.at];
    if (first === '"') return this.string();
    if (first === '{' || first === '[') {
      if (depth === deepest) throw new JsonFault(`values nested more than ${deepest} deep are not read`);
      return first === '{' ? this.object(depth) : this.list(depth);
    }
    numberForm.lastIndex = this.at;
    const number = numberForm.exec(text);
    if (number) {
      this.at = numberForm.lastIndex;
      return new ExactNumber(number[0]);
    }
    const literal = literals.find(([word]) => text.startsWith(word, this.at));
    if (!literal) throw this.unexpected('a value is expected');
    this.at += literal[0].length;
    return literal[1];
  }

  blanks(): void {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  private object(depth: number): JsonObject {
    const found = Object.create(null) as JsonObject;
    this.at++;
    if (this.ends('}')) return found;
    for (;;) {
      this.blanks();
      if (this.text[this.at] !== '"') throw this.unexpected('a name in quotes is expected');
      const name = this.string();
      if (!this.ends(':')) throw this.unexpected('":" is expected');
      if (name in found) throw new JsonFault(`${shown(Buffer.from(name))} is given twice; keep one`);
      found[name] = this.value(depth + 1);
      if (this.ends('}')) return found;
      if (!this.ends(',')) throw this.unexpected('"," or "}" is expected');
    }
  }

  private list(depth: number): Json[] {
    const found: Json[] = [];
    this.at++;
    if (this.ends(']')) return found;
    for (;;) {
      found.push(this.value(depth + 1));
      if (this.ends(']')) return found;
      if (!this.ends(',')) throw this.unexpected('"," or "]" is expected');
    }
  }

  private ends(character: string): boolean {
    this.blanks();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private string(): string {
    const { text } = this;
    const start = this.at + 1;
    let escaped = false;
    let at = start;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (Number.isNaN(code)) throw this.end();
      if (code === QUOTE) break;
      if (code === 0x5c) {
        escaped = true;
        at++;
      } else if (code < 0x20) throw new JsonFault('a control character in a string must be escaped');
    }
    this.at = at + 1;
    if (!escaped) return text.slice(start, at);
    return unescaped(text.slice(start - 1, at + 1));
  }

  unexpected(what: string): JsonFault {
    const found = this.text.slice(this.at, this.at + 20);
    return found === '' ? this.end() : new JsonFault(`${what}, found ${shown(Buffer.from(found))}`);
  }

  private end(): JsonFault {
    return new JsonFault('the text ends inside the value', 'MALFORMED', true);
  }
}

function unescaped(quoted: string): string {
  let value: string;
  try {
    value = JSON.parse(quoted) as string;
  } catch {
    throw new JsonFault(`${shown(Buffer.from(quoted))} has an escape that JSON does not know`);
  }
  if (!value.isWellFormed()) throw new JsonFault(`${shown(Buffer.from(quoted))} holds half of a surrogate pair, which is no character`, 'INVALID_TEXT');
  return value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** The members of a list; none of what is no list. */
export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

/** What a path of names leads to; undefined where it leads nowhere. */
export function within(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let at = value;
  for (const name of path) at = isObject(at) ? at[name] : undefined;
  return at;
}

/** A text, number or truth value as it is written; null for all else, and for an empty text. */
export function written(value: Json | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'boolean') return String(value);
  return value instanceof ExactNumber ? value.text : null;
}

/** A number as a double: for scores, seconds and places, never for ids. null for what is none. */
export function numberOf(value: Json | undefined): number | null {
  const number = value instanceof ExactNumber ? Number(value.text) : NaN;
  return Number.isFinite(number) ? number : null;
}

/** As the engine has JSON. Numbers that would lose a digit are texts. */
export function plain(value: Json): unknown {
  if (value instanceof ExactNumber) {
    const number = Number(value.text);
    const isKept = Number.isInteger(number) ? Number.isSafeInteger(number) && !Object.is(number, -0) : Number.isFinite(number) && digits(value.text) <= 15;
    return isKept ? number : value.text;
  }
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value) ? plainMembers(value) : value;
}

/** The members of an object, as `plain` has them; none of what is no object. */
export function plainMembers(value: Json | undefined): Record<string, unknown> {
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part!)])) : {};
}

/** Significant digits; a double keeps 15 of any. */
function digits(text: string): number {
  return text.replace(/[eE].*$/, '').replace(/^[-0.]+|\./g, '').length;
}

/** A value in one line, for messages. */
export function shownJson(value: Json | undefined): string {
  return shown(Buffer.from(typeof value === 'string' ? value : jsonText(value ?? null)));
}

/** JSON again, numbers as they were written. */
export function jsonText(value: Json): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  return isObject(value) ? `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${jsonText(part!)}`).join(',')}}` : JSON.stringify(value);
}
