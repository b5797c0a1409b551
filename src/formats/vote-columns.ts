import { type Cell, CellKind, idFault } from './text/cell.js';
import { Dictionary, viewOf } from './rows/dictionary.js';
import { Fault, FormatError, Lost } from './text/fault.js';
import { textFormatOf } from './formats.js';
import { plainBytes } from './text/plain-bytes.js';
import { answersNothing, wanted } from './rows/read-rows.js';
import { type Cells, type RecordSink, scanning } from './text/scanner.js';
import { asWide, type ColumnMap, mapped } from './rows/table.js';
import { scannerOf } from './rows/text-format.js';
import { otherOutcomes, outcomeFault, voteTable } from './rows/tables.js';

/** A whole file of votes as three columns of codes, in the order of the file. */
export interface VoteFile {
  /** One entry a row that has an answer. */
  items: Int32Array;
  annotators: Int32Array;
  /** Codes of classes; -1, -2 or -3 for a row with the outcome SKIP, UNSURE or CANNOT_LABEL. */
  classes: Int32Array;
  /** When each was answered, in milliseconds since 1970, NaN where that is not told; null where it is told nowhere. */
  times: Float64Array | null;
  /** Codes to ids. */
  itemIds: Dictionary;
  annotatorIds: Dictionary;
  classIds: Dictionary;
  /** Rows without an answer, and rows of empty cells; they are in no column. */
  unanswered: number;
  emptyRows: number;
  /** Times that could not be read: how many, and the first of them. */
  lostTimes: number;
  firstLostTime: string | null;
  /** Columns that were not read; at most 20. */
  unread: string[];
}

export interface VoteFileOptions {
  /** Told of every chunk of the source once it is read. */
  onBytes?: (count: number) => void;
  /** The file's names for columns. */
  map?: ColumnMap;
  /** Whether each column but the item's is an annotator's. */
  wide?: boolean;
}

/**
 * Reads votes for a computation on this machine: ids become codes byte by byte, and no object is made for a row.
 * CSV or NDJSON, packed or not, is found from the first bytes. Memory: 12 bytes a vote, and the ids.
 * @throws RangeError for a map of columns that the file cannot have
 * @throws FormatError on the first row that cannot be read, naming line, value and remedy.
 */
export async function readVoteColumns(source: AsyncIterable<Uint8Array>, { onBytes, map = {}, wide = false }: VoteFileOptions = {}): Promise<VoteFile> {
  const table = mapped(wide ? asWide(readTable) : readTable, map);
  const columns = wanted(table);
  const sink = new VoteSink();
  let unread: string[] = [];
  const counted = onBytes ? counting(source, onBytes) : source;
  for await (const scanner of scanning(plainBytes(counted), sink, (head) => scannerOf(textFormatOf(head), table, columns, sink, head))) unread = [...scanner.unread].slice(0, mostUnread);
  return { ...sink.file(), unread };
}

async function* counting(source: AsyncIterable<Uint8Array>, onBytes: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    yield chunk;
    onBytes(chunk.length);
  }
}

const { item, annotator, class: label, outcome, time } = voteTable.columns;
const readTable = { ...voteTable, columns: { item, annotator, class: label, outcome, time } };
const columns = wanted(readTable);
const CLASS = 2;
const OUTCOME = 3;
const TIME = 4;
const staged = 1 << 12;
/** Columns that a file's facts name. */
const mostUnread = 20;

/** Holds back the ranges of some thousand records, and encodes them column by column. */
class VoteSink implements RecordSink {
  private count = 0;
  private unanswered = 0;
  private emptyRows = 0;
  private times: Float64Array | null = null;
  private lostTimes = 0;
  private firstLostTime: string | null = null;
  private bytes: Buffer = Buffer.alloc(0);
  private waiting = 0;
  private readonly lines = new Float64Array(staged);
  private readonly columns = [0, 1, 2].map(() => ({
    ids: new Dictionary(),
    codes: new Int32Array(1 << 16),
    starts: new Int32Array(staged),
    ends: new Int32Array(staged),
  }));

  record(line: number, cells: Cells): void {
    const { starts, ends, kinds } = cells;
    if (answersNothing(cells, [CLASS, OUTCOME])) {
      this.unanswered++;
      return;
    }
    if (this.waiting === staged) this.flush();
    this.bytes = cells.bytes;
    for (let slot = 0; slot <= CLASS; slot++) {
      const column = this.columns[slot]!;
      column.starts[this.waiting] = starts[slot]!;
      column.ends[this.waiting] = ends[slot]!;
      if (kinds[slot] === CellKind.NESTED) this.reject(line, new Fault('WRONG_TYPE', `${nameOf(slot)} is an object or a list; it must be text`));
    }
    this.lines[this.waiting] = line;
    const other = ends[OUTCOME]! > starts[OUTCOME]! ? this.otherOutcome(line, cells) : 0;
    const fault = outcomeFault(ends[CLASS]! > starts[CLASS]!, other !== 0);
    if (fault) this.reject(line, fault);
    if (ends[TIME]! > starts[TIME]!) this.noteTime(line, cells);
    if (other !== 0) this.other(other);
    else this.waiting++;
  }

  /** The rows before are looked at first: the first fault of the file is the one to tell. */
  reject(line: number, fault: Fault): never {
    this.flush();
    throw new FormatError(fault.message, line);
  }

  empty(): void {
    this.emptyRows++;
  }

  flush(): void {
    const { waiting, count } = this;
    while (count + waiting > this.columns[0]!.codes.length) this.grow();
    this.encode(CLASS + 1, waiting);
    this.count += waiting;
    this.waiting = 0;
  }

  file(): Omit<VoteFile, 'unread'> {
    const [items, annotators, classes] = this.columns.map(({ codes }) => codes.subarray(0, this.count)) as [Int32Array, Int32Array, Int32Array];
    const [itemIds, annotatorIds, classIds] = this.columns.map(({ ids }) => ids) as [Dictionary, Dictionary, Dictionary];
    const { unanswered, emptyRows, lostTimes, firstLostTime } = this;
    return { items, annotators, classes, times: this.times && this.times.subarray(0, this.count), itemIds, annotatorIds, classIds, unanswered, emptyRows, lostTimes, firstLostTime };
  }

  private encode(slots: number, waiting: number): void {
    const bytes = viewOf(this.bytes);
    let first = { rank: Infinity, fault: null as Fault | null };
    for (let slot = 0; slot < slots; slot++) {
      const { ids, codes, starts, ends } = this.columns[slot]!;
      let next = ids.size;
      ids.encode(bytes, starts, ends, waiting, codes, this.count);
      // An id is checked when it is new; the same bytes are as good the next time.
      for (let rank = 0; rank < waiting && next < ids.size; rank++) {
        if (codes[this.count + rank] !== next) continue;
        next++;
        const fault = this.idFault(slot, starts[rank]!, ends[rank]!);
        if (fault && rank < first.rank) first = { rank, fault };
      }
    }
    if (first.fault) throw new FormatError(first.fault.message, this.lines[first.rank]);
  }

  private idFault(slot: number, start: number, end: number): Fault | null {
    if (end <= start) return new Fault('MISSING', `${nameOf(slot)} is missing or empty; every vote needs one`);
    return idFault(nameOf(slot), this.bytes, start, end);
  }

  /** 0 for CLASS, else 1, 2 or 3. */
  private otherOutcome(line: number, { bytes, starts, ends, kinds }: Cells): number {
    const cell: Cell = { name: 'outcome', bytes, start: starts[OUTCOME]!, end: ends[OUTCOME]!, kind: kinds[OUTCOME]! };
    const value = outcome.read(cell);
    if (value instanceof Fault) this.reject(line, value);
    return value === 'CLASS' ? 0 : 1 + otherOutcomes.indexOf(value);
  }

  /** The record at hand has no class; its item and annotator are encoded like those of any vote. */
  private other(outcome: number): void {
    const at = this.waiting;
    this.flush();
    for (const { starts, ends } of this.columns) {
      starts[0] = starts[at]!;
      ends[0] = ends[at]!;
    }
    this.lines[0] = this.lines[at]!;
    if (this.count === this.columns[0]!.codes.length) this.grow();
    this.encode(CLASS, 1);
    this.columns[CLASS]!.codes[this.count++] = -outcome;
  }

  /** Of the record at hand, which is still to be counted. */
  private noteTime(line: number, { bytes, starts, ends, kinds }: Cells): void {
    const value = time.read({ name: 'time', bytes, start: starts[TIME]!, end: ends[TIME]!, kind: kinds[TIME]! });
    if (value instanceof Lost) {
      this.lostTimes++;
      this.firstLostTime ??= `line ${line}: ${value.message}`;
      return;
    }
    const row = this.count + this.waiting;
    while (!this.times || row >= this.times.length) {
      const larger = new Float64Array(this.times ? 2 * this.times.length : Math.max(1 << 16, this.columns[0]!.codes.length)).fill(NaN);
      if (this.times) larger.set(this.times);
      this.times = larger;
    }
    this.times[row] = value.getTime();
  }

  private grow(): void {
    for (const column of this.columns) {
      const larger = new Int32Array(2 * column.codes.length);
      larger.set(column.codes);
      column.codes = larger;
    }
  }
}

function nameOf(slot: number): string {
  return columns[slot]!.name;
}
