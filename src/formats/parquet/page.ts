import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader } from 'hyparquet';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { FormatError } from '../text/fault.js';
import { readRuns } from './runs.js';

/** What a page's values are written as. */
export interface PageForm {
  type: ColumnMetaData['type'];
  codec: ColumnMetaData['codec'];
  typeLength?: number;
  /** Greatest levels: how many optional or repeated groups, and how many repeated ones, a value lies in. */
  maxDefinition: number;
  maxRepetition: number;
}

/** One data page: levels, one a place (null where they are all the same), and the values of the places that have one. */
export interface Page {
  places: number;
  repetition: Uint8Array | null;
  definition: Uint8Array | null;
  values: ArrayLike<unknown>;
}

interface Reader {
  view: DataView;
  offset: number;
}

/** Beyond what writers make (1 MB, or a million values): a page is unpacked whole. */
const longestPage = 1 << 28;
const mostPlaces = 1 << 24;

const unpackers: Compressors = {
  GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: length }),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: length }),
  ZSTD: (bytes, length) => unzstd(bytes, new Uint8Array(length)),
};
const codecs = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(unpackers)];

/** @throws FormatError for a header that asks for more than a page may be. */
export function checkHeader({ compressed_page_size: packed, uncompressed_page_size: unpacked, data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: entries }: PageHeader): void {
  const places = v1?.num_values ?? v2?.num_values ?? entries?.num_values ?? 0;
  if (!(packed >= 0 && packed <= longestPage && unpacked >= 0 && unpacked <= longestPage && places >= 0 && places <= mostPlaces)) {
    throw new FormatError(`a page of the Parquet file has ${unpacked} bytes and ${places} values; at most ${longestPage} and ${mostPlaces} are read: write smaller pages`);
  }
}

export function dictionaryOf(header: PageHeader, bytes: Uint8Array, form: PageForm): DecodedArray {
  return plainOf(readerOf(unpacked(bytes, header.uncompressed_page_size, form)), header.dictionary_page_header!.num_values, form);
}

/** @throws FormatError for what is not supported; Error or RangeError where the bytes are wrong. */
export function dataPageOf(header: PageHeader, bytes: Uint8Array, form: PageForm, dictionary: DecodedArray | null): Page {
  const { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size } = header;
  if (v2) {
    const { num_values: places, repetition_levels_byte_length: repetitionBytes, definition_levels_byte_length: definitionBytes } = v2;
    const reader = readerOf(bytes);
    const repetition = levels(reader, places, form.maxRepetition, repetitionBytes);
    reader.offset = repetitionBytes;
    const definition = levels(reader, places, form.maxDefinition, definitionBytes);
    const packed = bytes.subarray(repetitionBytes + definitionBytes);
    const body = v2.is_compressed === false ? packed : unpacked(packed, size - repetitionBytes - definitionBytes, form);
    return { places, repetition, definition, values: valuesOf(readerOf(body), v2.encoding, present(definition, places, form), form, dictionary) };
  }
  if (!v1) throw new FormatError(`the Parquet file has a data page of an unknown kind`);
  const { num_values: places } = v1;
  for (const [greatest, encoding] of [[form.maxRepetition, v1.repetition_level_encoding], [form.maxDefinition, v1.definition_level_encoding]] as const) {
    if (greatest > 0 && encoding !== 'RLE') throw new FormatError(`the Parquet file has levels in the encoding ${encoding}, which no writer has used since 2014; write it anew`);
  }
  const reader = readerOf(unpacked(bytes, size, form));
  const repetition = levels(reader, places, form.maxRepetition);
  const definition = levels(reader, places, form.maxDefinition);
  return { places, repetition, definition, values: valuesOf(reader, v1.encoding, present(definition, places, form), form, dictionary) };
}

function unpacked(bytes: Uint8Array, size: number, { codec }: PageForm): Uint8Array {
  if (!codecs.includes(codec)) throw new FormatError(`the Parquet file is packed with ${codec}; pack it with one of ${codecs.join(', ')}`);
  return decompressPage(bytes, size, codec, unpackers);
}

function readerOf(bytes: Uint8Array): Reader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

/** @param bytes how long they are; where left out, the four bytes before them tell. */
function levels(reader: Reader, places: number, greatest: number, bytes?: number): Uint8Array | null {
  if (greatest === 0) return null;
  if (bytes === undefined) {
    bytes = reader.view.getUint32(reader.offset, true);
    reader.offset += 4;
  }
  const found = new Uint8Array(places);
  readRuns(bytesOf(reader), reader.offset, reader.offset + bytes, bitsFor(greatest), found);
  reader.offset += bytes;
  return found;
}

function present(definition: Uint8Array | null, places: number, { maxDefinition }: PageForm): number {
  if (!definition) return places;
  let count = 0;
  for (let i = 0; i < places; i++) if (definition[i] === maxDefinition) count++;
  return count;
}

function valuesOf(reader: Reader, encoding: string, count: number, form: PageForm, dictionary: DecodedArray | null): ArrayLike<unknown> {
  switch (encoding) {
    case 'PLAIN':
      return plainOf(reader, count, form);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      return fromDictionary(reader, count, dictionary);
    case 'RLE': {
      if (form.type !== 'BOOLEAN') break;
      const bits = new Uint8Array(count);
      // Its length comes first, as of levels.
      readRuns(bytesOf(reader), reader.offset + 4, reader.view.byteLength, 1, bits);
      return Array.from(bits, (bit) => bit !== 0);
    }
    case 'BYTE_STREAM_SPLIT':
      return byteStreamSplit(reader, count, form.type, form.typeLength);
    case 'DELTA_BINARY_PACKED': {
      const numbers = form.type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
      if (count > 0) deltaBinaryUnpack(reader, count, numbers);
      return numbers;
    }
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      const texts = new Array<Uint8Array>(count);
      if (count > 0) deltaLengthByteArray(reader, count, texts);
      return texts;
    }
    case 'DELTA_BYTE_ARRAY': {
      const texts = new Array<Uint8Array>(count);
      if (count === 0) return texts;
      // A value may repeat the one before it in a byte or two: how long they become is looked at before they are made.
      const ahead = { ...reader };
      const [prefixes, suffixes] = [new Int32Array(count), new Int32Array(count)];
      deltaBinaryUnpack(ahead, count, prefixes);
      deltaBinaryUnpack(ahead, count, suffixes);
      const bytes = prefixes.reduce((sum, length, i) => sum + Math.abs(length) + Math.abs(suffixes[i]!), 0);
      if (bytes > longestPage) throw new FormatError(`a page of the Parquet file has ${bytes} bytes of text; at most ${longestPage} are read: write smaller pages`);
      deltaByteArray(reader, count, texts);
      return texts;
    }
  }
  throw new FormatError(`the Parquet file has ${form.type} values in the encoding ${encoding}, which is not read; write it with the encoding PLAIN or a dictionary`);
}

function plainOf(reader: Reader, count: number, { type, typeLength }: PageForm): DecodedArray {
  // Of the other types the engine finds out by itself that there are too few bytes; of texts it would make a list first.
  if (type === 'BYTE_ARRAY' && reader.offset + 4 * count > reader.view.byteLength) throw new FormatError(`a page of the Parquet file is too short for its ${count} texts`);
  return readPlain(reader, type, count, typeLength);
}

function fromDictionary(reader: Reader, count: number, dictionary: DecodedArray | null): ArrayLike<unknown> {
  if (!dictionary) throw new FormatError('the Parquet file has a page without its dictionary');
  const width = reader.view.getUint8(reader.offset++);
  const codes = new Int32Array(count);
  if (width > 0) readRuns(bytesOf(reader), reader.offset, reader.view.byteLength, width, codes);
  const values = ArrayBuffer.isView(dictionary) ? new (dictionary.constructor as new (length: number) => Float64Array)(count) : new Array<unknown>(count);
  for (let i = 0; i < count; i++) {
    const code = codes[i]!;
    if (!(code >= 0 && code < dictionary.length)) throw new FormatError(`the Parquet file names entry ${code} of a dictionary of ${dictionary.length}`);
    values[i] = dictionary[code] as number;
  }
  return values;
}

function bytesOf({ view }: Reader): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function bitsFor(greatest: number): number {
  return 32 - Math.clz32(greatest);
}
