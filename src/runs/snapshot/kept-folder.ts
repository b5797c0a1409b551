import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { KeptFile } from './kept-file.js';
import type { LogIdentity } from './log-changes.js';

const ENDING = '.votes';
const UNFINISHED = '.tmp';
/** A process that was killed amid a file leaves it; no file is under way for so long. */
const LEFT_AFTER_MS = 3_600_000;

/** The files of all projects, of any number of databases and processes: each appears whole, and may go at any time. */
export class KeptFolder {
  constructor(private readonly path: string, private readonly mostBytes: number) {}

  /** @throws DamagedFile; ENOENT where none is kept. */
  open(identity: LogIdentity): Promise<KeptFile> {
    return KeptFile.open(this.fileOf(identity));
  }

  /** Notes that it is of use: what was used longest ago goes first. */
  async touch(identity: LogIdentity): Promise<void> {
    const now = new Date();
    await utimes(this.fileOf(identity), now, now).catch(() => undefined);
  }

  /**
   * In the place of the project's earlier file. Not synced: what a loss of power leaves of it fails its checksum.
   * @returns whether there is room for it below the limit. @throws what the disk has to say.
   */
  async write(identity: LogIdentity, parts: readonly Uint8Array[]): Promise<boolean> {
    const path = this.fileOf(identity);
    // Of who owns the process alone, as the files are.
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    if (!await this.makeRoom(parts.reduce((sum, part) => sum + part.length, 0), path)) return false;
    const unfinished = `${path}.${randomUUID()}${UNFINISHED}`;
    try {
      const file = await open(unfinished, 'wx', 0o600);
      try {
        for (const part of parts) await file.writeFile(part);
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    return true;
  }

  /** The projects of the database that have files. */
  async projectsOf(identity: LogIdentity): Promise<number[]> {
    const prefix = `${databaseKey(identity)}-`;
    const names = (await readdir(this.path)).filter((name) => name.startsWith(prefix) && name.endsWith(ENDING));
    return names.map((name) => Number(name.slice(prefix.length, -ENDING.length))).filter(Number.isInteger);
  }

  async remove(identity: LogIdentity): Promise<void> {
    await rm(this.fileOf(identity), { force: true });
  }

  /** Removes what was used longest ago, until a file of so many bytes fits in place of the one at `path`. */
  private async makeRoom(bytes: number, path: string): Promise<boolean> {
    if (bytes > this.mostBytes) return false;
    const files = (await this.files()).filter((file) => file.path !== path).sort((one, other) => other.usedMs - one.usedMs);
    let held = bytes;
    for (const file of files) {
      held += file.bytes;
      const isLeft = file.path.endsWith(UNFINISHED) && file.usedMs < Date.now() - LEFT_AFTER_MS;
      if (held > this.mostBytes || isLeft) {
        held -= file.bytes;
        await rm(file.path, { force: true });
      }
    }
    return true;
  }

  /** Those of this folder's kind alone: whatever else somebody puts there is theirs. */
  private async files(): Promise<{ path: string; bytes: number; usedMs: number }[]> {
    const names = (await readdir(this.path)).filter((name) => name.endsWith(ENDING) || name.endsWith(UNFINISHED));
    const found = await Promise.all(names.map(async (name) => {
      const path = join(this.path, name);
      // Another process may have removed it meanwhile.
      const facts = await stat(path).catch(() => null);
      return facts ? [{ path, bytes: facts.size, usedMs: facts.mtimeMs }] : [];
    }));
    return found.flat();
  }

  private fileOf(identity: LogIdentity): string {
    return join(this.path, `${databaseKey(identity)}-${identity.projectId}${ENDING}`);
  }
}

function databaseKey({ database }: LogIdentity): string {
  return createHash('sha256').update(database).digest('hex').slice(0, 16);
}
