import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { requireNamedUser, type Account } from './account.js';
import type { Binaries } from './binaries.js';

const run = promisify(execFile);

/** Names of what is kept in the folder of an embedded database. */
export const clusterFiles = (folder: string) => ({
  folder,
  /** PostgreSQL's own data directory, which belongs to the server's account. */
  data: join(folder, 'data'),
  password: join(folder, 'password'),
  port: join(folder, 'port'),
  presence: join(folder, 'presence'),
  log: join(folder, 'server.log'),
});

export type ClusterFiles = ReturnType<typeof clusterFiles>;

/**
 * Options that make a program of the server work on `data` even where its account may not walk the path to it, as below
 * /root: we enter the folder before the account is changed, and on Linux /proc/self/cwd leads there without a walk.
 */
export function inside(data: string, account: Account) {
  const path = account.uid !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : data;
  return { dataArguments: ['-D', path], spawnOptions: { ...account, cwd: data, env: serverEnvironment() } };
}

/** Our own variables hold keys and passwords; what the server shows to its account must not. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.includes(name)));
}

/**
 * Makes the cluster unless it is there. It is made aside and renamed, so that one that was cut off is never taken for whole.
 * @throws Error when the folder holds a cluster of another major version, or one of another user's.
 */
export async function ensureCluster(files: ClusterFiles, binaries: Binaries, account: Account, durable: boolean): Promise<void> {
  const parent = dirname(files.folder);
  try {
    await mkdir(parent, { recursive: true, mode: 0o711 });
    await removeCutOff(parent, `${basename(files.folder)}.init-`);
  } catch (error) {
    throw new Error(`the database's folder cannot be used: ${(error as Error).message}; set ASSAY_DATA_DIR to a folder that this user may write to`, { cause: error });
  }
  const made = await stat(files.data).catch(nullIfAbsent);
  if (made) return checkCluster(files, made, binaries.major, account);
  const aside = `${files.folder}.init-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await initialise(clusterFiles(aside), binaries, account, durable);
    await rename(aside, files.folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    // Another start was first, and its cluster is the one; or else the folder has something else in it.
    if (await stat(files.data).catch(() => null)) return;
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    throw new Error(`${files.folder} holds files, but no database: there is no folder "data" in it; move it away to begin anew`, { cause: error });
  }
  await syncFolder(parent);
}

async function initialise(files: ClusterFiles, binaries: Binaries, account: Account, durable: boolean): Promise<void> {
  requireNamedUser(account);
  await mkdir(files.folder, { mode: 0o711 });
  await chmod(files.folder, 0o711);
  await mkdir(files.data, { mode: 0o700 });
  await writeFile(files.password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (account.uid !== undefined) {
    await chown(files.data, account.uid, account.gid!);
    await chown(files.password, account.uid, account.gid!);
  }
  const { dataArguments, spawnOptions } = inside(files.data, account);
  // The builtin provider sorts by code point on every system alike: no index breaks when an operating system is upgraded.
  await run(binaries.initdb, [
    ...dataArguments, '--username=postgres', `--pwfile=${join('..', 'password')}`, '--auth=scram-sha-256',
    '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--encoding=UTF8',
    ...(durable ? [] : ['--no-sync']),
  ], spawnOptions).catch((error: Error & { stderr?: string }) => {
    throw new Error(`initdb could not make a database in ${files.folder}: ${error.stderr?.trim() || error.message}`);
  });
  if (account.uid !== undefined) await chown(files.password, 0, 0);
}

async function checkCluster(files: ClusterFiles, { uid, mode }: Stats, major: number, account: Account): Promise<void> {
  const runner = account.uid ?? process.getuid?.();
  if (runner !== undefined && uid !== runner) {
    if (process.getuid!() !== 0) {
      throw new Error(`${files.data} belongs to user id ${uid} and this process runs as ${runner}; start Assay as the user who made it, or chown -R ${files.folder}`);
    }
    // Only a copy that root made can belong to root.
    await chownAll(files.data, account.uid!, account.gid!);
  }
  const found = Number.parseInt(await readFile(join(files.data, 'PG_VERSION'), 'utf8'), 10);
  if (found !== major) {
    throw new Error(
      `${files.data} was made by PostgreSQL ${found}, and this version of Assay brings PostgreSQL ${major}, which cannot open it; `
      + 'start the version of Assay that made it and move the data by its exports or by pg_dump and DATABASE_URL, '
      + 'or set ASSAY_DATA_DIR to a new folder to begin anew',
    );
  }
  // Copies and archives widen the mode, and the server refuses any other than these two.
  if (process.platform !== 'win32' && ![0o700, 0o750].includes(mode & 0o777)) await chmod(files.data, 0o700);
}

async function chownAll(folder: string, uid: number, gid: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) await chown(join(entry.parentPath, entry.name), uid, gid);
  await chown(folder, uid, gid);
}

/** Clusters that a killed first start left half made. A live process may still be at work on a young one. */
async function removeCutOff(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? 0);
    if (age < 600_000 && isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    // The initdb of a killed start may still be writing there; then a later start removes it.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function nullIfAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
