import { readFile, readlink, realpath, rename, rm, link } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive, nullIfAbsent } from './cluster.js';

/** What a server wrote into its postmaster.pid. */
export interface Postmaster {
  pid: number;
  port: number;
  /** The file as it was read, to tell it from a later one. */
  text: string;
}

/** @returns null where no server claims the data directory. */
export async function readPostmaster(data: string): Promise<Postmaster | null> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(nullIfAbsent);
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]), text };
}

/** Whether the claim is true: not left by a server that was killed, nor its pid given to another program since. */
export async function isServing(postmaster: Postmaster, data: string): Promise<boolean> {
  const { pid } = postmaster;
  if (!(pid > 0) || !isAlive(pid)) return false;
  if (process.platform === 'linux') {
    // A server works inside its data directory. A process whose directory we may not read is not of our account.
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return directory === (await realpath(data));
  }
  if (process.platform === 'win32') return true;
  const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'comm=']).catch(() => ({ stdout: '' }));
  return /postgres/.test(stdout);
}

/** Removes a false claim, over which a new server would stumble when its pid lives on as another program. */
export async function removeClaim(postmaster: Postmaster, data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  // A server may have started between our reading and the rename: then the claim was true, and goes back.
  if ((await readFile(aside, 'utf8')) !== postmaster.text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
