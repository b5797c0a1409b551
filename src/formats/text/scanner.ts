import { type Fault, FormatError } from './fault.js';

/** The columns a reader wants; a cell's slot is its column's place in this list. */
export type WantedColumns = readonly WantedColumn[];

export interface WantedColumn {
  name: string;
  aliases?: readonly string[];
  /** The file's own name for the column, instead of all others. */
  from?: string;
  inHeader?: boolean;
  required?: boolean;
  /** A column in whose stead this one stands: it is not needed where that is there. */
  insteadOf?: string;
}

/** The cells of one record, by slot. The arrays and the bytes are used again for the next record. */
export interface Cells {
  bytes: Buffer;
  /** A cell without a value has an end that is not above its start. The last slot, one past the wanted columns, is for cells nobody reads. */
  starts: Int32Array;
  ends: Int32Array;
  kinds: Uint8Array;
}

export interface RecordSink {
  record(line: number, cells: Cells): void;
  reject(line: number, fault: Fault): void;
  /** A row of empty cells alone. */
  empty?(): void;
  /** The bytes of the records so far are about to be overwritten. */
  flush?(): void;
}

/** Finds records and their cells in bytes. One a format; both ways of reading (rows, vote columns) stand on it. */
export interface Scanner {
  /** The line that the next record starts on, from 1. */
  readonly line: number;
  /** Columns of the file that nobody reads, at most as many as a header may have. */
  readonly unread: ReadonlySet<string>;
  /**
   * Passes the whole records in bytes[0, length) to the sink and returns how many bytes they were; the caller shows the rest
   * again with more behind it. `bytes` is longer than `length`, and may be written to.
   * @throws FormatError where the file cannot be read on.
   */
  scan(bytes: Buffer, length: number, final: boolean): number;
}

/** Room for 10,000 classes with two columns each. */
export const mostColumns = 20_100;
export const longestRecord = 1 << 20;
const stride = 1 << 16;

/**
 * Passes all records of `source` to the sink, found by the scanner that `scannerFor` gives for the first bytes. Yields between
 * steps of at least 64 KB, so that what the sink got can be handed on.
 * @param longest bytes of a record
 */
export async function* scanning(
  source: AsyncIterable<Uint8Array>,
  sink: RecordSink | { flush?(): void },
  scannerFor: (head: Buffer) => Scanner,
  longest = longestRecord,
): AsyncGenerator<Scanner> {
  let work = Buffer.allocUnsafeSlow(4 * stride);
  let filled = 0;
  // An unfinished record is looked at again only when there is twice as much of it, so that small chunks cost no more.
  let scanAt = stride;
  let scanner: Scanner | null = null;
  const step = (final: boolean) => {
    if (!scanner) {
      const mark = markLength(work.subarray(0, filled));
      work.copyWithin(0, mark, filled);
      filled -= mark;
      scanner = scannerFor(work.subarray(0, filled));
    }
    const used = scanner.scan(work, filled, final);
    sink.flush?.();
    work.copyWithin(0, used, filled);
    filled -= used;
    if (filled > longest) {
      throw new FormatError(`a row is longer than ${longest >> 20} MB; is a quote not closed, or is this another kind of file?`, scanner.line);
    }
    scanAt = Math.max(stride, 2 * filled);
    return scanner;
  };
  try {
    for await (const chunk of source) {
      for (let from = 0; from < chunk.length; ) {
        const part = Math.min(chunk.length - from, Math.max(stride, scanAt - filled));
        if (filled + part >= work.length) {
          const larger = Buffer.allocUnsafeSlow(2 * (filled + part));
          work.copy(larger, 0, 0, filled);
          work = larger;
        }
        work.set(chunk.subarray(from, from + part), filled);
        filled += part;
        from += part;
        if (filled >= scanAt) yield step(false);
      }
    }
  } catch (fault) {
    if (!(fault instanceof FormatError) || fault.line !== null || filled === 0) throw fault;
    // The bytes broke off (gzip): the rows before that are good, and tell the line.
    throw new FormatError(fault.reason, step(false).line);
  }
  yield step(true);
}

/** Bytes of a byte order mark. */
function markLength(head: Buffer): number {
  const first = head.toString('latin1', 0, 3);
  if (first.startsWith('\xff\xfe') || first.startsWith('\xfe\xff')) throw new FormatError('the file is UTF-16; save it as UTF-8', 1);
  return first === '\xef\xbb\xbf' ? 3 : 0;
}

/** Column names and their aliases to slots. */
export function slotsByName(columns: WantedColumns): Map<string, number> {
  return new Map(columns.flatMap((column, slot) => namesOf(column).map((known) => [known, slot] as const)));
}

/** What a file may call the column. */
export function namesOf({ name, aliases = [], from }: Omit<WantedColumn, 'insteadOf'>): string[] {
  return from != null ? [from] : [name, ...aliases];
}

/** The same for names in other case or with blanks around, see `looseName`; without those that then stand for two columns (p_A, p_a). */
export function slotsByLooseName(columns: WantedColumns): Map<string, number> {
  const slots = new Map<string, number>();
  const doubtful = new Set<string>();
  for (const [name, slot] of slotsByName(columns)) {
    const loose = looseName(name);
    if ((slots.get(loose) ?? slot) !== slot) doubtful.add(loose);
    slots.set(loose, slot);
  }
  for (const loose of doubtful) slots.delete(loose);
  return slots;
}

export function looseName(name: string): string {
  return name.trim().toLowerCase();
}

/** For so many slots, and the last one for what nobody reads. */
export function cellsFor(slots: number): Cells {
  return { bytes: Buffer.alloc(0), starts: new Int32Array(slots + 1), ends: new Int32Array(slots + 1), kinds: new Uint8Array(slots + 1) };
}
