import { readlinkSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { nullIfAbsent } from './cluster.js';
import { HeldElsewhere } from './hold.js';
import { removeStale } from './stale-file.js';

const BEAT_MS = 1000;
/** A sign of life is missed only by a process that was stopped or blocked for this long. */
const SILENCE_MS = 6000;

/**
 * A file that is touched every second. PostgreSQL tells a live server from a dead one by pid and shared memory, both of
 * which mean nothing to another container or machine that mounts the folder: it would start a second server on the same
 * data. So whoever comes from elsewhere first looks whether the file moves.
 */
export class Presence {
  private readonly beat: NodeJS.Timeout;

  private constructor(private readonly file: string) {
    this.beat = setInterval(() => {
      const now = new Date();
      // A file that cannot be touched now may be in a second; one that is gone tells nobody anything.
      utimes(file, now, now).catch(() => undefined);
    }, BEAT_MS);
    this.beat.unref();
  }

  /** @throws HeldElsewhere when a process of another container or machine has the folder. */
  static async enter(file: string, folder: string, log: (message: string) => void): Promise<Presence> {
    for (let blanks = 0; ; await sleep(100)) {
      if (await write(file, 'wx')) return new Presence(file);
      const found = await readFile(file, 'utf8').catch(nullIfAbsent);
      // Empty for a moment while another start writes it, or for good after a power cut.
      if (found === null || (found === '' && blanks++ < 20)) continue;
      const { world, who } = parse(found);
      // Among ourselves the server's lock decides, without a wait.
      if (world === here) return new Presence(file);
      log(`${folder} was last in use by ${who}; looking for ${SILENCE_MS / 1000} s whether it still is`);
      if (await moves(file)) throw new HeldElsewhere(`${folder} is in use by ${who}; stop that one, or set ASSAY_DATA_DIR to another folder`);
      await removeStale(file, found);
    }
  }

  /** Puts our name where an earlier process's may be. */
  async sign(): Promise<void> {
    const aside = `${this.file}.${process.pid}`;
    await write(aside, 'w');
    await rename(aside, this.file);
  }

  /** Ends the beat without a word about the folder, which may be another's. */
  quit(): void {
    clearInterval(this.beat);
  }

  /** Says that nobody has the folder. */
  async leave(): Promise<void> {
    this.quit();
    await rm(this.file, { force: true });
  }
}

/** Where pids mean the same as for us: a host, and on Linux a pid namespace of it. */
const here = `${hostname()} ${pidNamespace()}`;

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

interface Sign {
  world: string;
  who: string;
}

/** A sign that a power cut has torn is as good as any: it moves or it does not. */
function parse(text: string): Sign {
  try {
    return JSON.parse(text) as Sign;
  } catch {
    return { world: '', who: 'an unknown process' };
  }
}

/** @returns false where flag wx finds a file. */
async function write(file: string, flag: 'w' | 'wx'): Promise<boolean> {
  const sign: Sign = { world: here, who: `process ${process.pid} on ${hostname()}` };
  try {
    await writeFile(file, JSON.stringify(sign), { flag, mode: 0o600, flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function moves(file: string): Promise<boolean> {
  const touched = async () => (await stat(file).catch(nullIfAbsent))?.mtimeMs;
  const first = await touched();
  for (const until = Date.now() + SILENCE_MS; Date.now() < until;) {
    await sleep(200);
    const now = await touched();
    // Gone: its owner left, or another newcomer took its place and is to be looked at in turn.
    if (now === undefined) return false;
    if (now !== first) return true;
  }
  return false;
}
