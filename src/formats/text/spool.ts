import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Spooled {
  descriptor: number;
  length: number;
  close(): Promise<void>;
}

/**
 * The whole of a stream as a file, to be read more than once or from its end. The file has no name for longer than it takes to open it
 * where the system allows that, so that it is gone with the process, however that ends.
 * @param check told the first bytes, four or fewer, before the rest is taken in; what it throws is thrown
 */
export async function spool(source: AsyncIterable<Uint8Array>, check?: (head: Buffer) => void): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-upload-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  let file: FileHandle | null = null;
  try {
    file = await open(join(folder, 'upload'), 'wx+', 0o600);
    const opened = file;
    // Where a file cannot go while it is open, it goes at the end.
    await remove().catch(() => undefined);
    const length = await fill(opened, source, check);
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

async function fill(file: FileHandle, source: AsyncIterable<Uint8Array>, check?: (head: Buffer) => void): Promise<number> {
  let length = 0;
  let head = Buffer.alloc(0);
  for await (const chunk of source) {
    if (head.length < 4) {
      head = Buffer.concat([head, chunk.subarray(0, 4)]);
      check?.(head);
    }
    await file.writev([chunk]);
    length += chunk.length;
  }
  return length;
}
