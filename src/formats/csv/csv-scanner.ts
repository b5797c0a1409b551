import { textFault, textOf } from '../text/cell.js';
import { Fault, FormatError, shown } from '../text/fault.js';
import { unguard } from '../text/formula-guard.js';
import { isOwnFile, unguardedName } from './own-files.js';
import { type Cells, cellsFor, mostColumns, type RecordSink, type Scanner } from '../text/scanner.js';

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const COMMA = 0x2c;
const TAB = 0x09;
const SEMICOLON = 0x3b;
/** What may separate cells, the usual one first. */
const separators = [COMMA, TAB, SEMICOLON];
const CR = 0x0d;
const LF = 0x0a;

/** What a header says. */
export interface ReadHeader {
  /** For each of its columns the slot of its cells, -1 where nobody reads them. */
  slotOf: readonly number[];
  slots: number;
  /** How many cells at its end a row may lack; none where left out. */
  mayLack?: number;
  /** Whether a row of empty cells is a row like another. */
  keepsBlank?: boolean;
}

/** How a header is understood. */
export interface CsvHeader {
  /** How far these cells of the first line are such a header's: the separator by which they are most is the file's. */
  weight(cells: readonly string[]): number;
  /** @throws FormatError where it cannot be understood. */
  read(names: readonly string[], line: number): ReadHeader;
  /** What to say of a file without a header. */
  absent(): string;
}

/**
 * RFC 4180 as bytes: a header, quoted cells with doubled quotes, LF or CRLF. Empty lines are passed over. Cells may be separated by
 * tabs or semicolons instead: that of the three is taken by which the header is most like one.
 * A quote inside an unquoted cell is a character like another. The guard against formulas is taken off from files of ours (see
 * own-files.ts); an apostrophe of others is a character like another.
 */
export class CsvScanner implements Scanner {
  line = 1;
  readonly unread = new Set<string>();
  /** Cells of a record; 0 until the header is read. */
  private width = 0;
  /** Slots that the header gives; beyond them lies the one for cells that nobody reads. */
  private slots = 0;
  private mayLack = 0;
  private keepsBlank = false;
  private separator = COMMA;
  /** Whether a writer of ours wrote the file, with the guard against formulas. */
  private isOwn = false;
  /** The slot of each cell of a record, and of any beyond the header's last. Of the header's cells, each its own. */
  private slotOf = Int32Array.from({ length: mostColumns + 1 }, (_, column) => column);
  private cells: Cells = cellsFor(mostColumns);
  /** Where the next apostrophe stands, Infinity where none does, -1 before it was looked for. */
  private apostrophe = -1;
  /** Slots of the record at hand whose doubled quotes have still to be halved. */
  private readonly doubled = new Set<number>();

  constructor(
    private readonly heading: CsvHeader,
    private readonly sink: RecordSink,
  ) {}

  scan(bytes: Buffer, length: number, final: boolean): number {
    // A line end behind the last byte spares the search for the end of a cell a test of the length.
    bytes[length] = LF;
    let used = 0;
    this.apostrophe = -1;
    if (this.width === 0) {
      const end = headerEnd(bytes, length);
      if (end < 0 && !final) return 0;
      this.separator = this.separatorOf(textOf(bytes, 0, end < 0 ? length : end));
    }
    while (used < length) {
      const ended = this.record(bytes, used, length, final);
      if (ended < 0) break;
      used = ended;
    }
    if (final && this.width === 0) throw new FormatError(this.heading.absent());
    return used;
  }

  /** Reads the record at `start` and returns where the next one starts, or -1 when this one may go on behind `length`. */
  private record(bytes: Buffer, start: number, length: number, final: boolean): number {
    const { slotOf, separator } = this;
    const { starts, ends } = this.cells;
    const spare = slotOf.length - 1;
    let at = start;
    let column = 0;
    let lines = 1;
    let fault: Fault | null = null;
    if (this.doubled.size > 0) this.doubled.clear();
    for (;;) {
      const slot = slotOf[column < spare ? column : spare]!;
      let from = at;
      let to = -1;
      if (bytes[at] === QUOTE && at < length) {
        to = this.closingQuote(bytes, at, length, final, slot);
        if (to < 0) return -1;
        lines += lineEnds(bytes, at, to);
        from++;
        at = to + 1;
      }
      const rest = at;
      for (let byte = bytes[at]; byte !== separator && byte !== LF; byte = bytes[at]) at++;
      // Only the line end that was put there stands at `length`.
      if (at >= length && !final) return -1;
      const stop = at > rest && bytes[at] === LF && bytes[at - 1] === CR ? at - 1 : at;
      if (to < 0) to = stop;
      else if (stop > rest) fault ??= new Fault('MALFORMED', `${shown(bytes, rest, stop)} follows a closing quote; a quote inside quotes is written twice`);
      starts[slot] = from;
      ends[slot] = to;
      column++;
      if (bytes[at] === LF) break;
      at++;
    }
    const line = this.line;
    this.line += lines;
    // An empty line is no record: nothing, not even a quote, is in it.
    if (column === 1 && bytes[start] !== QUOTE && ends[slotOf[0]!]! === start) return Math.min(at + 1, length);
    // Spreadsheets write rows of separators alone below a table.
    if (this.width > 0 && column > 1 && !this.keepsBlank && isBlank(bytes, start, at, column - 1, separator)) {
      this.sink.empty?.();
      return Math.min(at + 1, length);
    }
    for (const slot of this.doubled) ends[slot] = halveQuotes(bytes, starts[slot]!, ends[slot]!);
    if (this.width === 0) this.header(bytes, column, line, fault);
    else if (fault) this.sink.reject(line, fault);
    else if (column > this.width || column < this.width - this.mayLack) {
      this.sink.reject(line, new Fault('MALFORMED', `the row has ${column} cells, the header ${this.width}; a cell that holds a ${separatorNames[this.separator]!} goes in quotes`));
    } else {
      for (; column < this.width; column++) ends[slotOf[column]!] = starts[slotOf[column]!]!;
      this.pass(bytes, line, start, at);
    }
    return Math.min(at + 1, length);
  }

  /** @param start,end of the record, whose guards are taken off in place */
  private pass(bytes: Buffer, line: number, start: number, end: number): void {
    const { cells } = this;
    cells.bytes = bytes;
    if (this.isOwn) {
      // Most records have none, and the next one is looked for once.
      if (this.apostrophe < start) this.apostrophe = placeOf(bytes, APOSTROPHE, start);
      if (this.apostrophe < end) {
        for (let slot = 0; slot < this.slots; slot++) cells.ends[slot] = unguard(bytes, cells.starts[slot]!, cells.ends[slot]!);
        this.apostrophe = -1;
      }
    }
    this.sink.record(line, cells);
  }

  /** The place of the quote that ends the cell, or -1 when it has not come yet. Bytes stay as they are: the record may have to be read again. */
  private closingQuote(bytes: Buffer, opening: number, length: number, final: boolean, slot: number): number {
    for (let at = opening + 1; ; at += 2) {
      at = bytes.indexOf(QUOTE, at);
      if (at < 0 || at >= length) {
        if (final) throw new FormatError('a quote is opened here and never closed; the file ends inside the cell', this.line);
        return -1;
      }
      if (at + 1 === length) return final ? at : -1;
      if (bytes[at + 1] !== QUOTE) return at;
      // Cells nobody reads share the last slot.
      if (this.width === 0 || slot < this.slots) this.doubled.add(slot);
    }
  }

  /** @param header the first line */
  private separatorOf(header: string): number {
    const weights = separators.map((separator) => this.heading.weight(header.split(String.fromCharCode(separator)).map((cell) => cell.replaceAll('"', ''))));
    return separators[weights.indexOf(Math.max(...weights))]!;
  }

  private header(bytes: Buffer, width: number, line: number, fault: Fault | null): void {
    if (fault) throw new FormatError(fault.message, line);
    if (width > mostColumns) throw new FormatError(`the header has ${width} columns; at most ${mostColumns} are read`, line);
    const names: string[] = [];
    for (let column = 0; column < width; column++) {
      const start = this.cells.starts[column]!;
      const end = this.cells.ends[column]!;
      const unreadable = textFault(`column ${column + 1} of the header`, bytes, start, end);
      if (unreadable) throw new FormatError(unreadable.message, line);
      names.push(textOf(bytes, start, end));
    }
    this.isOwn = isOwnFile(names);
    const { slotOf, slots, mayLack = 0, keepsBlank = false } = this.heading.read(this.isOwn ? names.map(unguardedName) : names, line);
    this.mayLack = mayLack;
    this.keepsBlank = keepsBlank;
    // Spreadsheets leave columns without a name behind a table.
    for (const [column, name] of names.entries()) if (slotOf[column]! < 0 && name.trim() !== '') this.unread.add(name);
    this.slotOf = Int32Array.from([...slotOf, slots], (slot) => (slot < 0 ? slots : slot));
    this.slots = slots;
    this.width = width;
    this.cells = cellsFor(slots);
  }
}

const separatorNames: Record<number, string> = { [COMMA]: 'comma', [TAB]: 'tab', [SEMICOLON]: 'semicolon' };

/** The end of the first line that is not empty; -1 where it has not come yet. */
function headerEnd(bytes: Buffer, length: number): number {
  let at = 0;
  while (at < length && (bytes[at] === LF || bytes[at] === CR)) at++;
  const end = bytes.indexOf(LF, at);
  return end < length ? end : -1;
}

function placeOf(bytes: Buffer, byte: number, from: number): number {
  const found = bytes.indexOf(byte, from);
  return found < 0 ? Infinity : found;
}

/** Whether a record is so many separators and nothing else. */
function isBlank(bytes: Buffer, start: number, lineEnd: number, count: number, separator: number): boolean {
  const end = start + count;
  if (bytes[start] !== separator || lineEnd > end + 1 || (lineEnd === end + 1 && bytes[end] !== CR)) return false;
  for (let at = start; at < end; at++) if (bytes[at] !== separator) return false;
  return true;
}

function lineEnds(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

/** Turns "" into " in place, and returns the new end. */
function halveQuotes(bytes: Buffer, start: number, end: number): number {
  let to = start;
  for (let at = start; at < end; at++) {
    bytes[to++] = bytes[at]!;
    if (bytes[at] === QUOTE) at++;
  }
  return to;
}
