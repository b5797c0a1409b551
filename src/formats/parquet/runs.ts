import { FormatError } from '../text/fault.js';

/**
 * Parquet's hybrid of repeated and bit-packed whole numbers, as levels and entries of dictionaries are written: fills `target`
 * from bytes[at, end). A run that claims to go on beyond the target costs nothing.
 */
export function readRuns(bytes: Uint8Array, at: number, end: number, width: number, target: Uint8Array | Int32Array): void {
  if (width > 32) throw new FormatError(`the Parquet file has numbers of ${width} bits`);
  const valueBytes = (width + 7) >> 3;
  let seen = 0;
  while (seen < target.length) {
    let header = 0;
    let shift = 0;
    for (;;) {
      const byte = byteAt(at++);
      header += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) break;
      if (shift > 35) throw cutShort();
    }
    const isPacked = header % 2 === 1;
    const length = Math.floor(header / 2);
    if (isPacked) {
      const count = Math.min(8 * length, target.length - seen);
      unpack(at, count, seen);
      seen += count;
      at += length * width;
    } else {
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value |= byteAt(at++) << (8 * i);
      const count = Math.min(length, target.length - seen);
      target.fill(value, seen, seen + count);
      seen += count;
    }
  }

  function unpack(from: number, count: number, to: number): void {
    if (from + Math.ceil((count * width) / 8) > end) throw cutShort();
    let offset = 0;
    for (let i = 0; i < count; i++) {
      let value = 0;
      for (let got = 0; got < width;) {
        const take = Math.min(8 - offset, width - got);
        value |= ((bytes[from]! >> offset) & ((1 << take) - 1)) << got;
        got += take;
        offset += take;
        if (offset === 8) {
          offset = 0;
          from++;
        }
      }
      target[to + i] = value;
    }
  }

  function byteAt(place: number): number {
    if (place >= end || place >= bytes.length) throw cutShort();
    return bytes[place]!;
  }
}

function cutShort(): FormatError {
  return new FormatError('a page of the Parquet file ends amid its numbers; the file is broken');
}
