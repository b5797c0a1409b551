import { isUtf8 } from 'node:buffer';
import { FormatError, shown } from '../text/fault.js';
import type { Scanner } from '../text/scanner.js';
import type { RecordTaker } from './record.js';

/** An element without what stands between its children. */
export interface XmlElement {
  name: string;
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  /** The text directly within, entities and CDATA taken as what they stand for. */
  text: string;
}

const deepest = 64;
const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' };
const skipped: readonly (readonly [open: string, close: string])[] = [['<?', '?>'], ['<!--', '-->']];
const cdata = ['<![CDATA[', ']]>'] as const;

/** @throws RangeError saying what is no XML, or no XML that is read here: there are no entities but the usual ones */
export function parseXml(text: string): XmlElement {
  const root: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [root];
  for (let at = 0; at < text.length; ) {
    const end = pieceEnd(text, at, text.length);
    if (end < 0) throw new RangeError('the text ends inside an element');
    const piece = text.slice(at, end);
    at = end;
    const within = open.at(-1)!;
    if (skipped.some(([start]) => piece.startsWith(start))) continue;
    if (piece.startsWith(cdata[0])) within.text += piece.slice(cdata[0].length, -cdata[1].length);
    else if (!piece.startsWith('<')) within.text += decoded(piece);
    else if (piece.startsWith('</')) {
      const name = piece.slice(2, -1).trim();
      if (open.length < 2 || within.name !== name) throw new RangeError(`</${name}> closes no element`);
      open.pop();
    } else if (piece.startsWith('<!')) throw new RangeError('document types are not read');
    else {
      const element = elementOf(piece);
      within.children.push(element);
      if (!piece.endsWith('/>')) open.push(element);
      if (open.length > deepest) throw new RangeError(`elements nested more than ${deepest} deep are not read`);
    }
  }
  if (open.length > 1 || root.children.length !== 1) throw new RangeError(open.length > 1 ? `<${open.at(-1)!.name}> is not closed` : 'one element is expected');
  return root.children[0]!;
}

/** Where the piece at `at` ends: a tag, what is skipped, CDATA, or text up to the next of them; -1 where it is not all there. */
function pieceEnd(text: string, at: number, length: number): number {
  if (text[at] !== '<') {
    const next = text.indexOf('<', at);
    return next < 0 || next > length ? length : next;
  }
  for (const [start, close] of [...skipped, cdata]) {
    if (!text.startsWith(start, at)) continue;
    const end = text.indexOf(close, at + start.length);
    return end < 0 ? -1 : end + close.length;
  }
  let quote = '';
  for (let place = at + 1; place < length; place++) {
    const character = text[place]!;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === '\'') quote = character;
    else if (character === '>') return place + 1;
  }
  return -1;
}

function elementOf(tag: string): XmlElement {
  const [, name, rest] = /^<([^\s/>]+)([^]*?)\/?>$/.exec(tag) ?? [];
  if (name === undefined) throw new RangeError(`${shown(Buffer.from(tag))} is no tag`);
  const attributes = new Map([...rest!.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key, double, single]) => [key!, decoded(double ?? single ?? '')] as const));
  return { name, attributes, children: [], text: '' };
}

/** @throws RangeError for an entity that XML does not have by itself */
function decoded(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w+);/g, (whole, name: string) => {
    const code = name.startsWith('#x') ? parseInt(name.slice(2), 16) : name.startsWith('#') ? Number(name.slice(1)) : NaN;
    const character = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : entities[name];
    if (character === undefined) throw new RangeError(`${whole} is no entity that is read`);
    return character;
  });
}

/** The first child of that name within, and within that the next. */
export function childOf(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((found, name) => found?.children.find((child) => child.name === name), element);
}

/** A file of XML, whose records are the elements within its outermost one. */
export class XmlScanner implements Scanner {
  line = 1;
  readonly unread = new Set<string>();
  private root: string | null = null;
  private hasEnded = false;

  constructor(private readonly taker: RecordTaker) {}

  scan(bytes: Buffer, length: number, final: boolean): number {
    // One character a byte: places in the text are places in the bytes.
    const text = bytes.toString('latin1', 0, length);
    let used = 0;
    for (;;) {
      const end = this.piece(text, used);
      if (end < 0) break;
      if (end > used) this.advance(bytes, text, used, end);
      used = end;
      if (used >= length) break;
    }
    if (final && (used < length || !this.hasEnded)) throw new FormatError(`the file ends before <${this.root ?? '?'}> does; it was cut, export it again`, this.line);
    return used;
  }

  /** Behind the next whole piece of the file: what stands outside, or an element with all within; -1 where it is not all there. */
  private piece(text: string, at: number): number {
    let depth = 0;
    for (let place = at; place < text.length; ) {
      const end = pieceEnd(text, place, text.length);
      if (end < 0) return -1;
      const isTag = text[place] === '<' && text[place + 1] !== '!' && text[place + 1] !== '?';
      if (!isTag && depth === 0) return end;
      if (isTag && this.root === null) return end;
      if (isTag && text[place + 1] === '/') depth--;
      else if (isTag && text[end - 2] !== '/') depth++;
      place = end;
      if (depth <= 0) return place;
    }
    return -1;
  }

  private advance(bytes: Buffer, text: string, start: number, end: number): void {
    const isTag = text[start] === '<' && text[start + 1] !== '!' && text[start + 1] !== '?';
    if (text.startsWith('<!DOCTYPE', start)) throw new FormatError('the file has a document type, which is not read; export it again', this.line);
    if (isTag && this.hasEnded) throw new FormatError(`${shown(bytes, start, end)} is not expected behind the end of <${this.root!}>`, this.line);
    if (isTag && this.root === null) {
      this.root = elementNameOf(text.slice(start, end));
      this.hasEnded = text[end - 2] === '/';
    } else if (isTag && text[start + 1] === '/') this.hasEnded = true;
    else if (isTag) this.pass(bytes, start, end);
    for (let lf = text.indexOf('\n', start); lf >= 0 && lf < end; lf = text.indexOf('\n', lf + 1)) this.line++;
  }

  private pass(bytes: Buffer, start: number, end: number): void {
    if (!isUtf8(bytes.subarray(start, end))) return this.taker.bad(String(this.line), 'INVALID_TEXT', 'the element is not valid UTF-8; save the file as UTF-8');
    let element: XmlElement;
    try {
      element = parseXml(bytes.toString('utf8', start, end));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.taker.bad(String(this.line), 'MALFORMED', `the element cannot be read: ${error.message}`);
      return;
    }
    this.taker.record({ kind: 'xml', at: String(this.line), element });
  }
}

function elementNameOf(tag: string): string {
  return /^<([^\s/>]+)/.exec(tag)?.[1] ?? '';
}
