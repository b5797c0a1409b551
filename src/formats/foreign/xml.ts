import { StringDecoder } from 'node:string_decoder';
import { SaxesParser } from 'saxes';
import { FormatError } from '../text/fault.js';
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
/** Characters of an element with all within. */
const longest = 1 << 24;

/** The first child of that name within, and within that the next. */
export function childOf(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((found, name) => found?.children.find((child) => child.name === name), element);
}

/** @throws RangeError saying what is no XML, or no XML that is read here: there are no document types, and no entities but the usual ones */
export function parseXml(text: string): XmlElement {
  let root: XmlElement | null = null;
  const reader = new ElementReader(0, (element, fault) => {
    if (fault !== null) throw new RangeError(fault);
    root = element;
  });
  reader.write(text);
  reader.end();
  return root!;
}

/** Reads XML as it comes, and hands on each element of one depth when it ends. */
class ElementReader {
  private readonly parser = new SaxesParser();
  private readonly open: XmlElement[] = [];
  /** Of the element that is to be handed on: whether it has begun, where, in characters, and what is wrong in it. */
  private isWithin = false;
  private from = 0;
  private fault: string | null = null;
  /** Of the line that it begins on, from 1. */
  line = 1;

  /**
   * @param depth of the elements that are handed on: 0 for the outermost one, 1 for those within it
   * @param onElement with what is wrong in the element, or null
   * @throws RangeError from `write` and `end`, where it lies outside of such an element
   */
  constructor(private readonly depth: number, onElement: (element: XmlElement, fault: string | null) => void) {
    const { parser, open } = this;
    parser.on('opentagstart', () => {
      if (open.length !== depth) return;
      this.isWithin = true;
      this.line = parser.line;
      this.from = parser.position;
      this.fault = null;
    });
    parser.on('opentag', ({ name, attributes }) => {
      const element: XmlElement = { name, attributes: new Map(Object.entries(attributes)), children: [], text: '' };
      if (open.length > depth) open.at(-1)!.children.push(element);
      for (const value of element.attributes.values()) this.check(value);
      open.push(element);
      if (open.length > deepest) throw new RangeError(`elements nested more than ${deepest} deep are not read`);
    });
    parser.on('text', (text) => this.add(text));
    parser.on('cdata', (text) => this.add(text));
    parser.on('closetag', () => {
      const element = open.pop()!;
      if (open.length !== depth) return;
      this.isWithin = false;
      onElement(element, this.fault);
    });
    parser.on('doctype', () => { throw new RangeError('document types are not read'); });
    parser.on('error', ({ message }) => {
      const words = message.replace(/^\d+:\d+: /, '');
      if (!this.isWithin) throw new RangeError(words);
      this.fault ??= words;
    });
  }

  /** Whether the outermost element has begun, and its name. */
  get root(): string | undefined {
    return this.open[0]?.name;
  }

  /** The line that has been read to, from 1. */
  get lineNow(): number {
    return this.parser.line;
  }

  write(text: string): void {
    this.parser.write(text);
    if (this.isWithin && this.parser.position - this.from > longest) {
      throw new RangeError(`the element from line ${this.line} on is longer than ${longest >> 20} MB`);
    }
  }

  end(): void {
    this.parser.close();
  }

  private add(text: string): void {
    const { open, depth } = this;
    const element = open.at(-1);
    if (!element || open.length <= depth) return;
    element.text += text;
    this.check(text);
  }

  /** What bytes that are no UTF-8 are read as is refused. */
  private check(text: string): void {
    if (text.includes('\ufffd')) this.fault ??= NO_TEXT;
  }
}

const NO_TEXT = 'it is not valid UTF-8; save the file as UTF-8';

/** A file of XML, whose records are the elements within its outermost one. */
export class XmlScanner implements Scanner {
  line = 1;
  readonly unread = new Set<string>();
  private readonly decoder = new StringDecoder('utf8');
  private readonly reader: ElementReader;

  constructor(taker: RecordTaker) {
    this.reader = new ElementReader(1, (element, fault) => {
      const at = String(this.reader.line);
      if (fault === null) taker.record({ kind: 'xml', at, element });
      else taker.bad(at, fault === NO_TEXT ? 'INVALID_TEXT' : 'MALFORMED', `the element cannot be read: ${fault}`);
    });
  }

  /** Takes all: the parser keeps what is unfinished. */
  scan(bytes: Buffer, length: number, final: boolean): number {
    const { reader } = this;
    try {
      reader.write(this.decoder.write(bytes.subarray(0, length)));
      this.line = reader.lineNow;
      if (!final) return length;
      if (reader.root !== undefined) throw new FormatError(`the file ends before <${reader.root}> does; it was cut, export it again`, this.line);
      reader.end();
    } catch (fault) {
      if (fault instanceof RangeError) throw new FormatError(`the file cannot be read as XML: ${fault.message}`, reader.lineNow);
      throw fault;
    }
    return length;
  }
}
