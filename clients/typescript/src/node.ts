// What needs files, for Node alone; all else runs in browsers, too.
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Bytes } from './uploading.js';
import type { Download } from './download.js';

/** A file, for uploads: opened anew for each attempt, and never held in memory as a whole. */
export function file(path: string): () => Bytes {
  return () => createReadStream(path);
}

/** A download into a file, which is under its name once it is whole, and not before. @returns its bytes */
export async function save(download: Download, path: string): Promise<number> {
  const part = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  const opened = await open(part, 'wx');
  try {
    let size = 0;
    for await (const piece of download.pieces()) {
      // It begins anew: what came is of another file.
      if (piece === null) await opened.truncate(size = 0);
      else size += (await opened.write(piece, 0, piece.length, size)).bytesWritten;
    }
    await opened.sync();
    await opened.close();
    await rename(part, path);
    return size;
  } catch (error) {
    await opened.close();
    await rm(part, { force: true });
    throw error;
  }
}
