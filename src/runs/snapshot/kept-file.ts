import { open, type FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import type { VoteTable } from '../../aggregation/index.js';
import type { LogIdentity, LogState } from './log-changes.js';
import type { SortedVotes } from './merged-votes.js';

/**
 * A project's sorted votes in a file: 16 bytes (a word that names the form, the length of the header and its CRC-32), the header
 * as JSON, and three columns, each from a multiple of 8 on: itemOffsets (int32), annotators (uint16, int32 from 65,537 annotators
 * on), classes (uint8, uint16 from 257 classes on). Codes alone: no id, no payload, no time of a vote.
 */
const FORM = 'ASSAYKV1';
const PREFIX_BYTES = 16;
/** Far above any. */
const MOST_HEADER_BYTES = 65_536;

export interface KeptHeader {
  identity: LogIdentity;
  /** The ticket of what last happened to the votes that are kept. */
  watermark: number;
  state: LogState;
  itemCount: number;
  annotatorCount: number;
  classCount: number;
  voteCount: number;
}

interface Written extends KeptHeader {
  /** Of the columns one after the other. */
  checksum: number;
  byteOrder: string;
}

/** A file that is cut, altered, or of another form. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile';
}

/** @returns the file's parts, one after the other. */
export function keptFile(table: VoteTable, header: Pick<KeptHeader, 'identity' | 'watermark' | 'state'>): Uint8Array[] {
  const { itemCount, annotatorCount, classCount, voteCount } = table;
  const { annotators: Annotators, classes: Classes } = formsOf(table);
  const columns = [bytesOf(table.itemOffsets), bytesOf(new Annotators(table.annotators)), bytesOf(new Classes(table.classes))].map(padded);
  const checksum = columns.reduce((sum, column) => crc32(column, sum), 0);
  const told: Written = { ...header, itemCount, annotatorCount, classCount, voteCount, checksum, byteOrder: endianness() };
  const text = padded(Buffer.from(JSON.stringify(told)), 32);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(FORM);
  prefix.writeUInt32LE(text.length, 8);
  prefix.writeUInt32LE(crc32(text), 12);
  return [prefix, text, ...columns];
}

/** An open file whose header is whole. */
export class KeptFile {
  private constructor(private readonly file: FileHandle, readonly header: KeptHeader, private readonly columnsFrom: number, private readonly checksum: number) {}

  /** @throws DamagedFile; ENOENT and the like as `open`. */
  static async open(path: string): Promise<KeptFile> {
    const file = await open(path, 'r');
    try {
      const { header, end } = await readHeader(file);
      const kept = new KeptFile(file, header, end, header.checksum);
      const { size } = await file.stat();
      if (size !== kept.bytes) throw new DamagedFile(`kept votes have ${size} bytes in place of ${kept.bytes}`);
      return kept;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private get bytes(): number {
    return this.columnsFrom + layoutOf(this.header).bytes;
  }

  /** @throws DamagedFile where they are not those that were written. */
  async votes(): Promise<SortedVotes> {
    const { annotators, classes, bytes } = layoutOf(this.header);
    const { itemCount, annotatorCount, voteCount } = this.header;
    const columns = await readExactly(this.file, this.columnsFrom, bytes);
    if (crc32(columns) !== this.checksum) throw new DamagedFile('kept votes are not those that were written');
    const forms = formsOf(this.header);
    return {
      itemOffsets: new Int32Array(columns.buffer, 0, itemCount + 1), annotators: new forms.annotators(columns.buffer, annotators, voteCount),
      classes: new forms.classes(columns.buffer, classes, voteCount), annotatorCount,
    };
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

async function readHeader(file: FileHandle): Promise<{ header: Written; end: number }> {
  const prefix = Buffer.from(await readExactly(file, 0, PREFIX_BYTES));
  const length = prefix.readUInt32LE(8);
  if (prefix.toString('latin1', 0, 8) !== FORM || length > MOST_HEADER_BYTES) throw new DamagedFile('kept votes are of another form');
  const text = await readExactly(file, PREFIX_BYTES, length);
  if (crc32(text) !== prefix.readUInt32LE(12)) throw new DamagedFile('the header of kept votes is not the one that was written');
  const header = JSON.parse(Buffer.from(text).toString()) as Written;
  if (header.byteOrder !== endianness()) throw new DamagedFile('kept votes are of a machine with another order of bytes');
  return { header, end: PREFIX_BYTES + length };
}

async function readExactly(file: FileHandle, from: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(new ArrayBuffer(length));
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), from + done);
    if (bytesRead === 0) throw new DamagedFile('kept votes are cut off');
    done += bytesRead;
  }
  return bytes;
}

function formsOf({ annotatorCount, classCount }: Pick<KeptHeader, 'annotatorCount' | 'classCount'>) {
  return { annotators: annotatorCount <= 2 ** 16 ? Uint16Array : Int32Array, classes: classCount <= 2 ** 8 ? Uint8Array : Uint16Array };
}

/** Where the columns begin after the header. */
function layoutOf(size: Pick<KeptHeader, 'itemCount' | 'annotatorCount' | 'classCount' | 'voteCount'>) {
  const forms = formsOf(size);
  const annotators = inEights(4 * (size.itemCount + 1));
  const classes = annotators + inEights(size.voteCount * forms.annotators.BYTES_PER_ELEMENT);
  return { annotators, classes, bytes: classes + inEights(size.voteCount * forms.classes.BYTES_PER_ELEMENT) };
}

function inEights(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function bytesOf(column: Int32Array | Uint16Array | Uint8Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** To a multiple of 8 bytes. */
function padded(bytes: Uint8Array, by = 0): Uint8Array {
  if (bytes.length % 8 === 0) return bytes;
  const longer = new Uint8Array(inEights(bytes.length)).fill(by);
  longer.set(bytes);
  return longer;
}
