import { readSync } from 'node:fs';
import { FormatError } from '../text/fault.js';

/** An open file, read where it is asked for. */
export class FileBytes {
  constructor(
    private readonly descriptor: number,
    readonly length: number,
  ) {}

  /** In memory of their own: whatever lies in the bytes, nothing beside them can be read through them. @throws FormatError beyond the end. */
  read(from: number, length: number): Uint8Array<ArrayBuffer> {
    if (!(from >= 0 && length >= 0 && from + length <= this.length)) {
      throw new FormatError(`the Parquet file points to bytes ${from} to ${from + length} of itself, and has ${this.length}; it is cut short or broken`);
    }
    const bytes = new Uint8Array(new ArrayBuffer(length));
    for (let at = 0; at < length;) {
      const count = readSync(this.descriptor, bytes, at, length - at, from + at);
      if (count === 0) throw new FormatError('the Parquet file became shorter while it was read');
      at += count;
    }
    return bytes;
  }
}
