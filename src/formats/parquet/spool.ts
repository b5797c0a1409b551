import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '../text/fault.js';

export interface Spooled {
  descriptor: number;
  length: number;
  close(): Promise<void>;
}

/**
 * The whole of a stream as a file: Parquet is read from its end. The file has no name for longer than it takes to open it
 * where the system allows that, so that it is gone with the process, however that ends.
 * @throws FormatError for what does not begin as Parquet does, before the rest is taken in.
 */
export async function spool(source: AsyncIterable<Uint8Array>): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-upload-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  let file: FileHandle | null = null;
  try {
    file = await open(join(folder, 'rows.parquet'), 'wx+', 0o600);
    const opened = file;
    // Where a file cannot go while it is open, it goes at the end.
    await remove().catch(() => undefined);
    const length = await fill(opened, source);
    return {
      descriptor: opened.fd, length,
      async close() {
        await opened.close();
        await remove();
      },
    };
  } catch (error) {
    await file?.close();
    await remove();
    throw error;
  }
}

async function fill(file: FileHandle, source: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  let head = Buffer.alloc(0);
  for await (const chunk of source) {
    if (head.length < 4) {
      head = Buffer.concat([head, chunk.subarray(0, 4)]);
      requireMark(head);
    }
    await file.writev([chunk]);
    length += chunk.length;
  }
  return length;
}

function requireMark(head: Buffer): void {
  const found = head.toString('latin1', 0, 4);
  if ('PAR1'.startsWith(found)) return;
  if (head[0] === 0x1f) throw new FormatError('the file is gzip; Parquet is packed within, send it as it is');
  throw new FormatError(found === 'PARE' ? 'the Parquet file is encrypted; write it plain' : 'the file does not begin as Parquet does; is it another kind of file?');
}
