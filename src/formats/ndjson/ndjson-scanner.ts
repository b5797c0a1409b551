import { textOf } from '../text/cell.js';
import { Fault, FormatError, shown } from '../text/fault.js';
import { JsonCursor, JsonFault } from '../text/json-cursor.js';
import { cellsFor, type RecordSink, type Scanner, looseName, mostColumns, slotsByLooseName, slotsByName, type WantedColumns } from '../text/scanner.js';

const LF = 0x0a;

/** One JSON object a line, read as bytes. White space lines are passed over; a name given twice is a fault, as is half a surrogate pair. */
export class NdjsonScanner implements Scanner {
  line = 1;
  readonly unread = new Set<string>();
  private readonly cursor = new JsonCursor();
  private readonly cells;
  private readonly slots: Map<string, number>;
  private readonly looseSlots: Map<string, number>;
  /** The names of the line before, in order: most lines have the same, and comparing bytes is cheaper than making strings. */
  private readonly names: { bytes: Buffer; slot: number; nearly: boolean }[] = [];
  /** For each slot whether the row at hand has it by a name in other case, or with blanks: one to the letter goes before that. */
  private readonly nearly: boolean[] = [];

  constructor(
    private readonly columns: WantedColumns,
    private readonly sink: RecordSink,
  ) {
    this.cells = cellsFor(columns.length);
    this.slots = slotsByName(columns);
    this.looseSlots = slotsByLooseName(columns);
  }

  scan(bytes: Buffer, length: number, final: boolean): number {
    let used = 0;
    while (used < length) {
      let end = bytes.indexOf(LF, used);
      if (end >= length) end = -1;
      if (end < 0 && !final) break;
      this.record(bytes, used, end < 0 ? length : end, end < 0);
      used = end < 0 ? length : end + 1;
      this.line++;
    }
    return used;
  }

  /** @param unended whether the bytes behind `end` may only not have come: a break in the row is then one of the file */
  record(bytes: Buffer, start: number, end: number, unended: boolean): void {
    const { cursor } = this;
    cursor.set(bytes, start, end);
    if (cursor.peek() === -1) return;
    this.cells.bytes = bytes;
    this.cells.starts.fill(-1);
    this.cells.ends.fill(-1);
    try {
      this.object();
    } catch (fault) {
      if (!(fault instanceof JsonFault)) throw fault;
      if (unended && fault.atEnd) throw new FormatError(`the file ends inside a row: ${shown(bytes, start, end)}`, this.line);
      this.sink.reject(this.line, new Fault(fault.code, fault.message));
      return;
    }
    this.sink.record(this.line, this.cells);
  }

  private object(): void {
    const { cursor } = this;
    const { starts, ends, kinds } = this.cells;
    const spare = this.columns.length;
    cursor.take(0x7b);
    for (let place = 0; cursor.peek() !== 0x7d; place++) {
      if (place > 0) cursor.take(0x2c);
      const known = this.name(place);
      let { slot } = known;
      cursor.take(0x3a);
      cursor.value();
      if (slot < spare) {
        const isTaken = starts[slot] !== -1;
        if (isTaken && known.nearly === this.nearly[slot]) throw new JsonFault(`${this.columns[slot]!.name} is given twice; keep one`);
        if (isTaken && known.nearly) slot = spare;
        else this.nearly[slot] = known.nearly;
      }
      starts[slot] = cursor.start;
      ends[slot] = cursor.stop;
      kinds[slot] = cursor.kind;
    }
    cursor.take(0x7d);
    if (cursor.peek() !== -1) throw new JsonFault('something follows the object; give every row a line of its own');
  }

  private name(place: number): { slot: number; nearly: boolean } {
    const { cursor } = this;
    if (cursor.peek() !== 0x22) throw cursor.unexpected('a name in quotes is expected');
    cursor.string(true);
    const known = this.names[place];
    const { bytes } = this.cells;
    if (known && known.bytes.length === cursor.stop - cursor.start && bytes.compare(known.bytes, 0, known.bytes.length, cursor.start, cursor.stop) === 0) return known;
    const name = textOf(bytes, cursor.start, cursor.stop);
    const exact = this.slots.get(name);
    const slot = exact ?? this.looseSlots.get(looseName(name)) ?? this.columns.length;
    if (slot === this.columns.length && this.unread.size < mostColumns) this.unread.add(name);
    const found = { bytes: Buffer.from(name), slot, nearly: exact === undefined };
    if (place < 64) this.names[place] = found;
    return found;
  }
}
