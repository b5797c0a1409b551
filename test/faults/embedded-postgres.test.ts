import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { toPublicError } from '../../src/platform/http/public-error.js';
import { until } from '../setup/until.js';
import { Checkout } from './program.js';

// Dozens of processes are started; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let checkout: Checkout;
beforeAll(async () => void (checkout = await Checkout.make()));
afterAll(() => checkout.remove());

async function query<Row extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

const serverPid = async (dataDir: string) => Number.parseInt(await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10);

async function hasEnded(pid: number): Promise<boolean> {
  for (const until = Date.now() + 5000; Date.now() < until; await sleep(20)) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (process.platform === 'linux' ? state === null || / Z /.test(state) : !isAlive(pid)) return true;
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Inserts from several sessions until the server is gone. @param acknowledged to which the numbers come whose commit was */
async function writeUntilGone(url: string, from: number, acknowledged: number[]): Promise<void> {
  await Promise.all([0, 1, 2, 3].map(async (writer) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (let n = from + writer; ; n += 4) {
        await client.query('insert into kept values ($1)', [n]);
        acknowledged.push(n);
      }
    } catch {
      await client.end().catch(() => undefined);
    }
  }));
}

describe('a database of our own', () => {
  let dataDir: string;
  let url: string;
  beforeAll(async () => {
    dataDir = await checkout.dataDir();
    url = await checkout.run(dataDir, { env: { PGPORT: '1', PGSSLMODE: 'require', PGDATA: '/nowhere', LC_ALL: 'tr_TR.UTF-8' } }).url();
  });

  test('is UTF-8 and sorts by code point, whatever the environment says', async () => {
    const [row] = await query(url, `select datlocprovider as provider, datlocale as locale, pg_encoding_to_char(encoding) as encoding,
      lower('ÄI') as lower, 'a' < 'B' as ignores_case from pg_database where datname = current_database()`);
    expect(row).toEqual({ provider: 'b', locale: 'C.UTF-8', encoding: 'UTF8', lower: 'äi', ignores_case: false });
  });

  test('is durable, and listens on 127.0.0.1 alone, without a socket file', async () => {
    const names = ['fsync', 'full_page_writes', 'listen_addresses', 'synchronous_commit'];
    const rows = await query<{ name: string; setting: string }>(url, 'select name, setting from pg_settings where name = any($1) order by name', [names]);
    expect(rows.map((row) => row.setting)).toEqual(['on', 'on', '127.0.0.1', 'on']);
    // Line 5 of a server's claim is the folder of its sockets.
    const claim = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8');
    expect(claim.split('\n')[4]).toBe('');
  });

  test('asks for the password, which only its owner can read', async () => {
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const rules = await readFile(join(dataDir, 'postgres', 'data', 'pg_hba.conf'), 'utf8');
    expect(rules).not.toMatch(/^[^#].*\b(trust|md5|password)$/m);
    const { mode } = await stat(join(dataDir, 'postgres', 'password'));
    expect(mode & 0o777).toBe(0o600);
  });

  test('serves us as a user who is no superuser and cannot read files', async () => {
    expect(await query(url, 'select current_user as name, rolsuper as super from pg_roles where rolname = current_user')).toEqual([{ name: 'assay', super: false }]);
    await expect(query(url, `select pg_read_file('/etc/passwd')`)).rejects.toMatchObject({ code: '42501' });
  });

  test('is found by other processes while it runs, and not afterwards', async () => {
    expect(await checkout.run(dataDir, { verb: 'find' }).found()).toBe(url);
    const empty = await checkout.dataDir();
    expect(await checkout.run(empty, { verb: 'find' }).found()).toBeNull();
  });
});

test('what was committed is there after a stop, on the same address', async () => {
  const dataDir = await checkout.usedDataDir();
  const first = checkout.run(dataDir);
  const url = await first.url();
  await query(url, 'create table kept as select 1 as n');
  const pid = await serverPid(dataDir);
  await first.tell('stop');
  expect(await hasEnded(pid)).toBe(true);
  expect(await checkout.run(dataDir, { verb: 'find' }).found()).toBeNull();

  const second = checkout.run(dataDir);
  expect(await second.url()).toBe(url);
  expect(await query(url, 'select n from kept')).toEqual([{ n: 1 }]);
  await second.stop();
});

test('a process that exits without a stop takes its server with it', async () => {
  const dataDir = await checkout.usedDataDir();
  const program = checkout.run(dataDir);
  await program.url();
  const pid = await serverPid(dataDir);
  await program.tell('exit');
  expect(await hasEnded(pid)).toBe(true);
});

test('a taken port is left for a free one', async () => {
  const dataDir = await checkout.usedDataDir();
  const first = checkout.run(dataDir);
  const { port } = new URL(await first.url());
  await first.stop();
  const other = createServer().listen(Number(port), '127.0.0.1');
  await once(other, 'listening');
  try {
    const second = checkout.run(dataDir);
    expect(new URL(await second.url()).port).not.toBe(port);
    await second.stop();
  } finally {
    other.close();
  }
});

test("a port taken by another folder's database is left, too, and neither is mistaken for the other", async () => {
  const [one, two] = [await checkout.dataDir(), await checkout.usedDataDir()];
  const first = checkout.run(one);
  const { port } = new URL(await first.url());
  await writeFile(join(two, 'postgres', 'port'), port);
  const second = checkout.run(two);
  expect(new URL(await second.url()).port).not.toBe(port);
  expect(await serverPid(two)).not.toBe(await serverPid(one));
  await Promise.all([first.stop(), second.stop()]);
});

test('a copy of a folder that is in use is a database of its own', async () => {
  const [one, two] = [await checkout.usedDataDir(), await checkout.usedDataDir()];
  const [first, second] = [checkout.run(one), checkout.run(two)];
  const urls = [await first.url(), await second.url()];
  expect(urls[0]).not.toBe(urls[1]);
  await query(urls[0]!, 'create table kept as select 1 as n');
  expect(await query(urls[1]!, `select to_regclass('kept') as found`)).toEqual([{ found: null }]);
  // Nor is the other's taken over when its own is gone.
  await first.kill();
  process.kill(await serverPid(one), 'SIGKILL');
  const third = checkout.run(one);
  expect(await query(await third.url(), 'select n from kept')).toEqual([{ n: 1 }]);
  await Promise.all([second.stop(), third.stop()]);
});

test('a path too long for a socket, with spaces and other alphabets, will do', async () => {
  const dataDir = join(await checkout.dataDir(), 'a folder called «папка» '.repeat(4).trim(), '資料');
  expect(Buffer.byteLength(dataDir)).toBeGreaterThan(107);
  const program = checkout.run(dataDir);
  expect(await query(await program.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  await program.stop();
});

describe('kill -9', () => {
  test('of the service leaves a server running, which the next start takes over with its sessions', async () => {
    const dataDir = await checkout.usedDataDir();
    const first = checkout.run(dataDir);
    const url = await first.url();
    const worker = new pg.Client({ connectionString: url });
    await worker.connect();
    await worker.query('create table kept as select 1 as n');
    const pid = await serverPid(dataDir);
    await first.kill();
    expect(await hasEnded(first.pid)).toBe(true);

    const second = checkout.run(dataDir);
    expect(await second.url()).toBe(url);
    expect(await serverPid(dataDir)).toBe(pid);
    expect(second.logged.join()).toContain('took over');
    expect((await worker.query('select n from kept')).rows).toEqual([{ n: 1 }]);
    await worker.end();
    await second.tell('stop');
    expect(await hasEnded(pid)).toBe(true);
  });

  test('of service and server amid writes loses no acknowledged row', async () => {
    const dataDir = await checkout.usedDataDir();
    let program = checkout.run(dataDir);
    let url = await program.url();
    await query(url, 'create table kept (n bigint primary key)');
    let acknowledged = 0;
    for (let round = 1; round <= 3; round++) {
      const numbers: number[] = [];
      const writing = writeUntilGone(url, round * 1e6, numbers);
      await until(() => numbers.length > 20, 'rows amid which to kill');
      const pid = await serverPid(dataDir);
      if (round !== 2) await program.kill();
      process.kill(pid, 'SIGKILL');
      if (round === 2) await program.kill();
      await writing;
      program = checkout.run(dataDir);
      url = await program.url();
      const [row] = await query<{ count: string }>(url, 'select count(*) from kept where n = any($1)', [numbers]);
      expect(Number(row!.count)).toBe(numbers.length);
      acknowledged += numbers.length;
    }
    const [all] = await query<{ count: string }>(url, 'select count(*) from kept');
    // Each of four writers may have committed one more row whose answer was lost, a round.
    expect(Number(all!.count)).toBeGreaterThanOrEqual(acknowledged);
    expect(Number(all!.count)).toBeLessThanOrEqual(acknowledged + 12);
    await program.stop();
  });

  test('of the server alone is mended under the same address, and the folder stays ours', async () => {
    const dataDir = await checkout.usedDataDir();
    const program = checkout.run(dataDir);
    const url = await program.url();
    await query(url, 'create table kept as select 1 as n');
    const pid = await serverPid(dataDir);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => query(url, 'select n from kept').catch((error: Error) => error.message), { timeout: 10_000 }).toEqual([{ n: 1 }]);
    expect(await serverPid(dataDir)).not.toBe(pid);
    await expect.poll(() => program.logged.join()).toContain('is back');
    expect(await checkout.run(dataDir).fault()).toContain(`in use by process ${program.pid}`);
    await program.stop();
  });

  test('of one session, which makes the server drop all, costs us neither address nor folder', async () => {
    const dataDir = await checkout.usedDataDir();
    const program = checkout.run(dataDir);
    const url = await program.url();
    const session = new pg.Client({ connectionString: url });
    session.on('error', () => undefined);
    await session.connect();
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
    const statement = session.query('select pg_sleep(60)').catch((error: unknown) => error);
    process.kill(rows[0]!.pid, 'SIGKILL');
    expect(toPublicError(await statement)).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    await expect.poll(() => program.logged.join(), { timeout: 10_000 }).toContain('is back');
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await checkout.run(dataDir).fault()).toContain(`in use by process ${program.pid}`);
    await program.stop();
  });

  test('during the first start leaves nothing that hinders the next', async () => {
    const dataDir = await checkout.dataDir();
    for (const afterMs of [150, 300, 500, 800]) {
      const program = checkout.run(dataDir);
      await sleep(afterMs);
      await program.kill();
    }
    const program = checkout.run(dataDir);
    expect(await query(await program.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
    await program.stop();
    await checkout.run(dataDir, { verb: 'once' }).url();
    expect(await readdir(dataDir)).toEqual(['postgres']);
  });
});

describe('two starts at once', () => {
  test.each(['a new folder', 'a folder with a database'])('on %s: one has it, the other says who', async (which) => {
    const dataDir = which === 'a new folder' ? await checkout.dataDir() : await checkout.usedDataDir();
    const before = Date.now() - 1000;
    const programs = [checkout.run(dataDir), checkout.run(dataDir)];
    const outcomes = await Promise.all(programs.map((program) => program.url().then(() => null, (error: Error) => error.message)));
    const winner = programs[outcomes.indexOf(null)]!;
    const [fault, ...others] = outcomes.filter((outcome) => outcome !== null);
    expect(others).toEqual([]);
    const form = /in use by process (\d+) since (\S+);/;
    if (!form.test(fault!)) throw new Error(fault);
    const [, pid, since] = form.exec(fault!)!;
    expect(Number(pid)).toBe(winner.pid);
    expect(Date.parse(since!)).toBeGreaterThan(before);
    expect(Date.parse(since!)).toBeLessThan(Date.now());
    expect(await query(await winner.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
    await winner.stop();
  });
});

describe('a folder from elsewhere', () => {
  test('made by another major version is refused with what to do', async () => {
    const dataDir = await checkout.dataDir();
    await mkdir(join(dataDir, 'postgres', 'data'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '17\n');
    expect(await checkout.run(dataDir).fault()).toMatch(/was made by PostgreSQL 17, .* brings PostgreSQL 18, .*ASSAY_DATA_DIR to a new folder/);
  });

  test('without its password is refused by the name of the missing file', async () => {
    const dataDir = await checkout.usedDataDir();
    await rm(join(dataDir, 'postgres', 'password'));
    expect(await checkout.run(dataDir).fault()).toContain(join(dataDir, 'postgres', 'password'));
  });

  test('with the claim of a server whose pid another program has by now is opened, and that program lives on', async () => {
    const dataDir = await checkout.usedDataDir();
    const data = join(dataDir, 'postgres', 'data');
    const { uid, gid } = await stat(data);
    const innocent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { uid, gid, cwd: '/', stdio: 'ignore' });
    await once(innocent, 'spawn');
    await writeFile(join(data, 'postmaster.pid'), `${innocent.pid}\n${data}\n1700000000\n5432\n\n127.0.0.1\n  1234567     98765\nready   \n`);
    const program = checkout.run(dataDir);
    expect(await query(await program.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
    await program.stop();
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
    innocent.kill();
  });

  test('with an empty claim, as a crash may leave one, is opened', async () => {
    const dataDir = await checkout.usedDataDir();
    await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), '');
    await checkout.run(dataDir, { verb: 'once' }).url();
  });

  test('whose modes a copy has widened is narrowed and opened', async () => {
    const dataDir = await checkout.usedDataDir();
    const data = join(dataDir, 'postgres', 'data');
    await chmod(data, 0o777);
    await checkout.run(dataDir, { verb: 'once' }).url();
    expect((await stat(data)).mode & 0o777).toBe(0o700);
  });

  test.skipIf(process.getuid?.() !== 0)('that root has copied and so owns is given back to the server', async () => {
    const dataDir = await checkout.usedDataDir();
    const data = join(dataDir, 'postgres', 'data');
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) await chown(join(entry.parentPath, entry.name), 0, 0);
    await chown(data, 0, 0);
    await checkout.run(dataDir, { verb: 'once' }).url();
    expect((await stat(data)).uid).not.toBe(0);
  });
});
