import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive, nullIfAbsent } from './cluster.js';
import { removeStale } from './stale-file.js';

/** What a server wrote into its postmaster.pid: that it works on the data directory. */
export interface Claim {
  pid: number;
  port: number;
  /** The file as it was read, to tell it from a later one. */
  text: string;
}

const fileOf = (data: string) => join(data, 'postmaster.pid');

/** @returns null where no server claims the data directory. */
export async function readClaim(data: string): Promise<Claim | null> {
  const text = await readFile(fileOf(data), 'utf8').catch(nullIfAbsent);
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]), text };
}

/** Whether the claim is true: not left by a server that was killed, nor its pid given to another program since. */
export async function isServing({ pid }: Claim, data: string): Promise<boolean> {
  if (!(pid > 0) || !isAlive(pid)) return false;
  if (process.platform === 'linux') {
    // A server works inside its data directory. A process whose directory we may not read is not of our account.
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return directory === (await realpath(data));
  }
  if (process.platform === 'win32') return true;
  const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'comm=']).catch(() => ({ stdout: '' }));
  return stdout.includes('postgres');
}

/** Clears a false claim away; a new server would believe it if the pid lives on as another program of its account. */
export async function removeFalseClaim(data: string): Promise<void> {
  const claim = await readClaim(data);
  if (!claim || (await isServing(claim, data))) return;
  // A server that is just starting makes the file before it writes to it.
  const age = Date.now() - ((await stat(fileOf(data)).catch(nullIfAbsent))?.mtimeMs ?? 0);
  if (claim.text === '' && age < 5000) return;
  await removeStale(fileOf(data), claim.text);
}
