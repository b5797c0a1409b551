import { excerpt } from '../platform/text.js';
import { RuleError } from './rule-error.js';

export const MAX_CHARACTERS = 1000;
export const MAX_DEPTH = 50;

/** A number, `true`, `false`, a name or a class in quotes, where it stands in the text: `at` counts from 0. */
export interface Leaf {
  /** As the parser is shown it. */
  readonly text: string;
  readonly at: number;
  /** What stands in the quotes; undefined for all else. */
  readonly quoted?: string;
}

export interface ScannedRule {
  leaves: Leaf[];
  /** As long as the text, with a name in the place of each class, so that the parser meets no quotes. */
  masked: string;
}

const BLANK = /[ \t\r\n]/;
const TOKEN = /(?<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<sign><=|>=|==|!=|[-+*/^%<>(),?:])/sy;
const WORDS = new Set(['and', 'or', 'xor', 'not', 'mod']);

/** What people write who come from other languages. */
const REMEDIES: Record<string, string> = {
  '=': 'nothing can be assigned; compare with ==',
  '!': 'write "not" before, or != between; there is no factorial',
  '&': 'write "and"',
  '|': 'write "or"',
  '~': 'write "not"',
  '.': 'a quantity has no parts',
  ';': 'a rule is one expression',
  '#': 'a rule has no comments',
  '[': 'a rule has numbers only, no lists',
  '{': 'a rule has numbers only, no objects',
  '"': 'what begins here has no end; close it with "',
  "'": "what begins here has no end; close it with '",
};

/**
 * The first of two checks: only what is on these lists reaches the parser, so that it meets no text, list, object, accessor,
 * assignment or unit, and no nesting that would exhaust its stack.
 *
 * @returns the numbers, names and classes in their order, by which the parser's tree, which has no positions, finds its own.
 * @throws RuleError
 */
export function scanRule(text: string): ScannedRule {
  if (text.length > MAX_CHARACTERS) throw new RuleError(MAX_CHARACTERS + 1, `the rule has ${text.length} characters; at most ${MAX_CHARACTERS} are possible`);
  if (text.trim() === '') throw new RuleError(1, 'the rule is empty; null removes a rule');
  const leaves: Leaf[] = [];
  let masked = text;
  let depth = 0;
  let previousIsWord = false;
  let remainder: number | null = null;
  for (let at = 0; at < text.length;) {
    if (BLANK.test(text[at]!)) {
      at++;
      previousIsWord = false;
      continue;
    }
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.groups;
    if (!token) throw new RuleError(at + 1, unknownCharacter(text, at));
    const { number, name, sign, quoted } = token;
    const isWord = sign == null;
    if (isWord && previousIsWord) throw new RuleError(at + 1, `${excerpt(number ?? name ?? quoted)} follows a number or name directly; put a sign such as * before this`);
    if (remainder != null && !(number != null || sign === '(' || (name != null && !WORDS.has(name)))) throw notARemainder(remainder);
    remainder = sign === '%' ? at : null;
    if (number != null && !Number.isFinite(Number(number))) throw new RuleError(at + 1, `${number} is beyond the largest number, 1.8e308`);
    if (name === 'to' || name === 'in') throw new RuleError(at + 1, `"${name}" converts units, and a rule has none`);
    if (quoted != null) {
      const mask = '_'.repeat(quoted.length);
      leaves.push({ text: mask, at, quoted: unquoted(quoted, at) });
      masked = `${masked.slice(0, at)}${mask}${masked.slice(at + mask.length)}`;
    } else if (isWord && !WORDS.has(name ?? '')) leaves.push({ text: (number ?? name)!, at });
    if (sign === '(' && ++depth > MAX_DEPTH) throw tooDeep(at);
    if (sign === ')') depth--;
    previousIsWord = isWord;
    at = TOKEN.lastIndex;
  }
  if (remainder != null) throw notARemainder(remainder);
  return { leaves, masked };
}

/** What stands between quotes: \\ before a quote, a backslash, or four digits after u, as in JSON. */
function unquoted(quoted: string, at: number): string {
  return quoted.slice(1, -1).replace(/\\(u[\da-fA-F]{4}|.)/gs, (escape, what: string) => {
    if (what === '"' || what === "'" || what === '\\') return what;
    if (what.length > 1) return String.fromCharCode(parseInt(what.slice(1), 16));
    throw new RuleError(at + 1, `${excerpt(escape)} stands for nothing; in quotes write \\" for a quote, \\\\ for a backslash and \\u00e9 for a character by its number`);
  });
}

export function tooDeep(at: number): RuleError {
  return new RuleError(at + 1, `the rule is nested deeper than ${MAX_DEPTH}; take parentheses away, or group long chains`);
}

/** To mathjs `50% and a` is a percentage or a product with a name "and", depending on what follows. */
function notARemainder(at: number): RuleError {
  return new RuleError(at + 1, '% is the remainder of a division, as in votes % 2, with a number, a name or ( after it; write 0.5 for 50%');
}

function unknownCharacter(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at)!);
  const code = character.codePointAt(0)!;
  const shown = /[!-~]/.test(character) ? JSON.stringify(character) : `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return `${shown} has no place in a rule; ${REMEDIES[character] ?? 'it is made of plain Latin names, numbers, + - * / ^ %, comparisons, and or xor not, ? :, and parentheses'}`;
}
