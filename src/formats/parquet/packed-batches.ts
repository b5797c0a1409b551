import { parquetMetadata, parquetSchema } from 'hyparquet/src/metadata.js';
import { FormatError } from '../text/fault.js';
import { ColumnReader } from './column-reader.js';
import { FileBytes } from './file-bytes.js';
import { planFile, type FilePlan, type WantedFile } from './schema.js';
import { textForm, type TextForm } from './text-form.js';

/** Rows on their way between threads: every text of them in one piece of memory. */
export interface PackedBatch {
  rowCount: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Rows x texts: ranges of the bytes, empty where there is no value. */
  starts: Int32Array;
  ends: Int32Array;
  /** The rows' numbers one behind the other, and how many each has: -1 for none. Null where none are wanted. */
  numbers: Float64Array | null;
  counts: Int32Array | null;
  unread: string[];
}

const longestFooter = 1 << 26;
/** A text longer than this is cut: nothing that is read may be so long. */
const longestText = (1 << 20) + 1;
/** A batch of long texts or lists ends early. */
const batchBytes = 1 << 26;

/** Reads a Parquet file from its first row to its last, in batches. Holds one page of each wanted column, and a batch. */
export class PackedBatches {
  private readonly plan: FilePlan;
  private readonly texts: ({ reader: ColumnReader; form: TextForm } | null)[];
  private readonly list: ColumnReader | null;
  private readonly parts: ColumnReader[] | null;
  private row = 0;

  /** @throws FormatError for what is no Parquet, and for one that lacks a column. */
  constructor(descriptor: number, length: number, wanted: WantedFile, private readonly batchSize: number) {
    const file = new FileBytes(descriptor, length);
    const metadata = parquetMetadata(footerOf(file), { geoparquet: false });
    const elements = new Map(parquetSchema(metadata).children.map(({ element }) => [element.name, element]));
    this.plan = planFile(metadata, wanted);
    this.texts = this.plan.texts.map((plan) => plan && { reader: new ColumnReader(file, plan), form: textForm(elements.get(plan.name)!)! });
    this.list = this.plan.list && new ColumnReader(file, this.plan.list);
    this.parts = this.plan.parts && this.plan.parts.map((plan) => new ColumnReader(file, plan));
  }

  /** Null behind the last row. */
  next(): PackedBatch | null {
    if (this.row >= this.plan.rowCount) return null;
    const rows = Math.min(this.batchSize, this.plan.rowCount - this.row);
    const slots = this.texts.length;
    const starts = new Int32Array(rows * slots);
    const ends = new Int32Array(rows * slots);
    const bytes = new Bytes();
    const numbers = this.list || this.parts ? new Numbers() : null;
    const counts = numbers && new Int32Array(rows);
    let row = 0;
    for (; row < rows && bytes.length + 8 * (numbers?.length ?? 0) < batchBytes; row++) {
      for (let slot = 0; slot < slots; slot++) {
        const text = this.texts[slot];
        const value = text ? text.reader.next() : null;
        starts[row * slots + slot] = bytes.length;
        if (value != null) bytes.append(text!.form(value));
        ends[row * slots + slot] = bytes.length;
      }
      if (numbers) counts![row] = this.takeNumbers(numbers);
    }
    this.row += row;
    return {
      rowCount: row, bytes: bytes.taken(), starts: starts.subarray(0, row * slots), ends: ends.subarray(0, row * slots),
      numbers: numbers && numbers.taken(), counts: counts && counts.subarray(0, row), unread: this.plan.unread,
    };
  }

  private takeNumbers(numbers: Numbers): number {
    if (this.list) return this.list.nextList((value) => numbers.append(value));
    for (const part of this.parts!) {
      const value = part.next();
      numbers.append(value === null ? NaN : Number(value));
    }
    return this.parts!.length;
  }
}

function footerOf(file: FileBytes): Uint8Array {
  if (file.length < 12) throw new FormatError(`the file has ${file.length} bytes, which is too short for Parquet`);
  const end = Buffer.from(file.read(file.length - 8, 8).buffer);
  const mark = end.toString('latin1', 4);
  if (mark === 'PARE') throw new FormatError('the Parquet file is encrypted; write it plain');
  if (mark !== 'PAR1') throw new FormatError('the Parquet file does not end as one does; it is cut short, or another kind of file');
  const length = end.readUInt32LE(0);
  if (length > longestFooter) throw new FormatError(`the Parquet file's description of itself has ${length} bytes; at most ${longestFooter} are read`);
  return file.read(file.length - 8 - length, length + 8);
}

class Bytes {
  length = 0;
  private bytes = Buffer.from(new ArrayBuffer(1 << 16));

  append(value: Uint8Array | string): void {
    const most = Math.min(longestText, typeof value === 'string' ? value.length * 3 : value.length);
    if (this.length + most > this.bytes.length) {
      const larger = Buffer.from(new ArrayBuffer(2 * (this.length + most)));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    if (typeof value === 'string') this.length += this.bytes.write(value, this.length);
    else {
      this.bytes.set(value.length > most ? value.subarray(0, most) : value, this.length);
      this.length += most;
    }
  }

  taken(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.bytes.buffer, 0, this.length);
  }
}

class Numbers {
  length = 0;
  private values = new Float64Array(1 << 13);

  append(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  taken(): Float64Array {
    return this.values.subarray(0, this.length);
  }
}
