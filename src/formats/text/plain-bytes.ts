import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FormatError } from './fault.js';

/**
 * The bytes of `source`, unpacked where they are gzip. Holds one chunk at a time.
 * @param gzip true: refuse what is not gzip; false: never unpack; left out: look at the first two bytes.
 * @param maxUnpackedBytes a few hundred bytes of gzip may unpack to any number
 * @throws FormatError while being read, saying after how many bytes broken or truncated gzip broke off.
 */
export async function* plainBytes(source: AsyncIterable<Uint8Array>, gzip?: boolean, maxUnpackedBytes = Infinity): AsyncGenerator<Uint8Array> {
  if (gzip === false) return yield* source;
  const chunks = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let size = 0;
  let next = await chunks.next();
  for (; !next.done; next = await chunks.next()) {
    head.push(next.value);
    size += next.value.length;
    if (size >= 2) break;
  }
  const start = Buffer.concat(head);
  const whole = behind(start, chunks);
  if (start[0] === 0x1f && start[1] === 0x8b) yield* unpacked(whole, maxUnpackedBytes);
  else if (gzip) throw new FormatError('the data is not gzip, though it is said to be', 1);
  else yield* whole;
}

/** `rest` with what was taken off its beginning put back. */
export async function* behind(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    // Closes the file or the request when the reader stops early.
    await rest.return?.();
  }
}

async function* unpacked(packed: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  // The pipeline destroys its end with whatever error comes up, which then is thrown by the loop below.
  const gunzip = pipeline(Readable.from(packed), createGunzip({ chunkSize: 1 << 17 }), () => undefined);
  let size = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new FormatError(`the gzip data unpacks to more than ${maxBytes} bytes; send it in parts`);
      yield chunk;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    throw new FormatError(`the gzip data breaks off after ${size} bytes of text (${message}); pack or send the file again`);
  }
}
