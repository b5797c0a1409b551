import type { ColumnMetaData, DecodedArray } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { FormatError } from '../text/fault.js';
import type { FileBytes } from './file-bytes.js';
import { checkHeader, dataPageOf, dictionaryOf, type Page, type PageForm } from './page.js';

/** Room for a page's header to begin with, and at the very most: it may carry statistics. */
const headerBytes = 1 << 12;
const longestHeader = 1 << 24;

/** How a column lies in its file. */
export interface ColumnPlan {
  /** Its name there, for messages. */
  name: string;
  form: Omit<PageForm, 'codec'>;
  /** For a list: the definition level from which on a place is an element of it, if only a null one. */
  elementLevel: number;
  /** One a row group. */
  chunks: ColumnMetaData[];
}

/** The rows of one column from the first to the last, page by page: holds one page and one dictionary. */
export class ColumnReader {
  private chunk = -1;
  /** The part of the chunk that is still to be read. */
  private at = 0;
  private end = 0;
  private dictionary: DecodedArray | null = null;
  private page: Page = { places: 0, repetition: null, definition: null, values: [] };
  private place = 0;
  private value = 0;

  constructor(
    private readonly file: FileBytes,
    private readonly plan: ColumnPlan,
  ) {}

  /** The next row's value, or null. Of a column that is no list. @throws FormatError where there is none. */
  next(): unknown {
    this.requirePlace();
    const { definition, values } = this.page;
    const place = this.place++;
    if (definition && definition[place] !== this.plan.form.maxDefinition) return null;
    return values[this.value++];
  }

  /** Appends the next row's numbers, NaN for null ones. @returns how many they are; -1 where there is no list. */
  nextList(append: (value: number) => void): number {
    this.requirePlace();
    const { maxDefinition } = this.plan.form;
    const { elementLevel } = this.plan;
    let count = 0;
    do {
      const level = this.page.definition ? this.page.definition[this.place]! : maxDefinition;
      this.place++;
      if (level < elementLevel) return level < elementLevel - 1 ? -1 : 0;
      append(level === maxDefinition ? Number(this.page.values[this.value++]) : NaN);
      count++;
      // A list may go on in the next page of its chunk, but not beyond.
    } while ((this.place < this.page.places || this.turn(false)) && this.page.repetition![this.place]! > 0);
    return count;
  }

  private requirePlace(): void {
    if (this.place >= this.page.places && !this.turn(true)) throw new FormatError(`the column ${JSON.stringify(this.plan.name)} of the Parquet file ends before the others`);
  }

  /** Shows the next page that has places. @param beyond whether it may be the next row group's. @returns false where there is none. */
  private turn(beyond: boolean): boolean {
    for (;;) {
      while (this.at < this.end) {
        if (!this.readPage()) continue;
        this.place = this.value = 0;
        if (this.page.places > 0) return true;
      }
      if (!beyond || !this.open()) return false;
    }
  }

  private open(): boolean {
    const chunk = this.plan.chunks[++this.chunk];
    if (!chunk) return false;
    this.at = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    this.end = this.at + Number(chunk.total_compressed_size);
    this.dictionary = null;
    return true;
  }

  /** @returns whether it is a page of data. */
  private readPage(): boolean {
    const { header, length } = this.header();
    checkHeader(header);
    const form = { ...this.plan.form, codec: this.plan.chunks[this.chunk]!.codec };
    const bytes = this.file.read(this.at + length, header.compressed_page_size);
    this.at += length + header.compressed_page_size;
    if (header.type === 'DICTIONARY_PAGE') this.dictionary = dictionaryOf(header, bytes, form);
    else if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') {
      this.page = dataPageOf(header, bytes, form, this.dictionary);
      return true;
    }
    return false;
  }

  private header(): { header: ReturnType<typeof parquetHeader>; length: number } {
    for (let room = headerBytes; ; room *= 16) {
      const bytes = this.file.read(this.at, Math.min(room, this.end - this.at));
      const reader = { view: new DataView(bytes.buffer), offset: 0 };
      try {
        return { header: parquetHeader(reader), length: reader.offset };
      } catch (fault) {
        if (!(fault instanceof RangeError) || room >= longestHeader || bytes.length < room) throw fault;
      }
    }
  }
}
