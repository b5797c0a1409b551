import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VoteTable } from '../../src/aggregation/index.js';
import { KeptFile } from '../../src/runs/snapshot/kept-file.js';
import { readSnapshot } from '../../src/runs/snapshot/snapshot.js';
import { VotesAt, type KeptTold } from '../../src/runs/snapshot/votes-at.js';
import { VoteLog } from './vote-log.js';

const size = { itemCount: 4000, annotatorCount: 60, classCount: 4 };
const MOST_BYTES = 1e9;

let log: VoteLog;
let folder: string;
beforeAll(async () => {
  log = await VoteLog.make();
  await log.give(11_000);
  await log.end(200);
});
afterAll(() => log.drop());
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'assay-kept-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Read {
  table: VoteTable;
  votesSent: number;
  told: KeptTold | null;
}

interface Reading {
  at?: number;
  of?: VoteLog;
  client?: pg.Client;
  mostBytes?: number;
  into?: string;
}

/** What a run does: reads its votes, and keeps them. */
async function read({ of = log, at, client = of.client, mostBytes = MOST_BYTES, into = folder }: Reading = {}): Promise<Read> {
  const votes = new VotesAt(client, of.projectId, at ?? await of.watermark(), size, { folder: into, mostBytes, fromVotes: 10_000 });
  await votes.read();
  const table = await votes.sorted();
  const { votesSent } = votes;
  return { table, votesSent, told: await votes.keep(table) };
}

async function whole(at: number, of = log): Promise<VoteTable> {
  return new VoteTable({ ...await readSnapshot(of.client, of.projectId, at), ...size });
}

function expectSame(table: VoteTable, other: VoteTable): void {
  for (const column of ['itemOffsets', 'items', 'annotators', 'classes'] as const) {
    expect(table[column]).toBeInstanceOf(Int32Array);
    expect(Buffer.from(table[column].buffer, table[column].byteOffset, table[column].byteLength).equals(Buffer.from(other[column].buffer, other[column].byteOffset, other[column].byteLength)), column).toBe(true);
  }
  expect(table).toMatchObject({ ...size, voteCount: other.voteCount });
}

const dist = (file: string) => JSON.stringify(new URL(`../../dist/src/${file}`, import.meta.url).href);
/** Writes one file of two million votes after the other. */
const WRITER = `
  import { VoteTable } from ${dist('aggregation/index.js')};
  import { keptFile } from ${dist('runs/snapshot/kept-file.js')};
  import { KeptFolder } from ${dist('runs/snapshot/kept-folder.js')};
  const items = Int32Array.from({ length: 2e6 }, (_, vote) => vote >> 3);
  const table = new VoteTable({ items, annotators: items.map((item) => item % 100), classes: items.map((item) => item % 3), itemCount: 250_000, annotatorCount: 100, classCount: 3 });
  const identity = { projectId: 7, database: 'one', project: 'one' };
  for (let watermark = 1; ; watermark++) {
    await new KeptFolder(process.argv[1], 1e9).write(identity, keptFile(table, { identity, watermark, state: { events: 1, lastGiven: '', lastEnded: '' } }));
    process.stdout.write('.');
  }`;

const files = () => readdir(folder);
const onlyFile = async () => join(folder, (await files())[0]!);

describe('votes read with the help of kept ones are those of the log, to the bit,', () => {
  it('whatever was given, given again, ended and withdrawn since, by new annotators on new items, at any watermark', async () => {
    const watermarks: number[] = [];
    for (let round = 0; round < 6; round++) {
      const at = await log.watermark();
      watermarks.push(at);
      const { table, told } = await read();
      expectSame(table, await whole(at));
      expect(told!.use).toBe(round === 0 ? 'absent' : 'used');
      await log.give(70 + round, { items: 3000 + 200 * (round % 3), annotators: 40 + round });
      await log.end(30 * round, round + 2);
    }
    // Before and after what is kept, and between the tickets of the end of one call.
    for (const at of [...watermarks, watermarks[2]! - 17, watermarks[5]! + 40]) {
      const { table, told } = await read({ at });
      expect(told!.use).toBe('used');
      expectSame(table, await whole(at));
    }
  });

  it('where the same pairs answer again and again, and all votes of an item go', async () => {
    const few = await log.another();
    await few.give(11_000, { items: 40, annotators: 3 });
    await read({ of: few });
    await few.give(50, { items: 40, annotators: 3 });
    await few.client.query(`update votes set ended_seq = nextval('vote_ticket'), ended_reason = 2 where project_id = $1 and item_code in (0, 17, 39) and ended_seq is null`, [few.projectId]);
    await few.client.query(`update project_counts set ended = (select count(*) from votes where project_id = $1 and ended_seq is not null),
      votes = (select count(*) from votes where project_id = $1 and ended_seq is null and outcome = 0),
      other_outcomes = (select count(*) from votes where project_id = $1 and ended_seq is null and outcome <> 0) where project_id = $1`, [few.projectId]);
    const { table, told } = await read({ of: few });
    expect(told!.use).toBe('used');
    expectSame(table, await whole(await few.watermark(), few));
    expect(table.itemOffsets[18]).toBe(table.itemOffsets[17]);
  });

  it('while other runs of the project read and keep them at the same moment', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => log.connect()));
    try {
      const at = await log.watermark();
      const meant = await whole(at);
      const earlier = await whole(at - 300);
      for (let round = 0; round < 4; round++) {
        const all = await Promise.all(clients.map((client, n) => read({ client, at: n % 2 ? at : at - 300 })));
        all.forEach(({ table }, n) => expectSame(table, n % 2 ? meant : earlier));
        if (round === 1) await rm(folder, { recursive: true });
      }
      expect(await files()).toEqual([expect.stringMatching(/\.votes$/)]);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });
});

describe('of a project whose votes are kept', () => {
  /** Rows of votes that the database read for this client's work, by whichever way. */
  async function rowsRead(work: () => Promise<unknown>): Promise<number> {
    const told = async () => {
      await log.client.query(`select pg_stat_force_next_flush()`);
      const { rows } = await log.client.query<{ read: string }>(`select seq_tup_read + idx_tup_fetch as read from pg_stat_user_tables where relname = 'votes'`);
      return Number(rows[0]!.read);
    };
    const before = await told();
    await work();
    return await told() - before;
  }

  it('the database reads as many rows as are new, not as many as there are', async () => {
    const first = await read();
    expect(first.votesSent).toBe(first.table.voteCount);
    await log.give(40);
    await log.end(10, 99);
    let again: Read;
    // Besides the votes that came and went there are two hundred that show the log to be the same.
    expect(await rowsRead(async () => { again = await read(); })).toBeLessThan(1000);
    expect(again!.votesSent).toBeGreaterThan(40);
    expect(again!.votesSent).toBeLessThanOrEqual(50);
    expect(await rowsRead(async () => { again = await read(); })).toBeLessThan(1000);
    expectSame(again!.table, await whole(await log.watermark()));
  });

  it('the file is written anew once a hundredth is new, and not for an older watermark', async () => {
    const older = await log.watermark() - 500;
    expect((await read()).told).toEqual({ use: 'absent', end: 'written' });
    expect((await read()).told).toEqual({ use: 'used', end: 'current' });
    await log.give(30);
    expect((await read()).told).toEqual({ use: 'used', end: 'current' });
    expect((await read({ at: older })).told).toEqual({ use: 'used', end: 'current' });
    await log.give(150);
    expect((await read()).told).toEqual({ use: 'used', end: 'written' });
    expect((await read()).votesSent).toBe(0);
  });

  it('the log is read whole where half of it is new', async () => {
    const grown = await log.another();
    await grown.give(11_000);
    await read({ of: grown });
    await grown.give(6000);
    const { table, told } = await read({ of: grown });
    expect(told).toEqual({ use: 'far', end: 'written' });
    expectSame(table, await whole(await grown.watermark(), grown));
  });
});

describe('a file that is not what was written is passed over and written anew:', () => {
  const spoilt: Record<string, (path: string) => Promise<void>> = {
    'empty': (path) => truncate(path, 0),
    'cut amid its header': (path) => truncate(path, 100),
    'cut before its last byte': async (path) => truncate(path, (await stat(path)).size - 1),
    'with a byte more': async (path) => writeFile(path, '\0', { flag: 'a' }),
    'of another form': (path) => changed(path, 7, 1),
    'of zeros from the middle on, as after a loss of power': async (path) => {
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0, bytes.length >>> 1));
    },
  };

  async function changed(path: string, at: number, by: number): Promise<void> {
    const bytes = await readFile(path);
    bytes[at]! ^= by;
    await writeFile(path, bytes);
  }

  it.each(Object.entries(spoilt))('one that is %s', async (_, spoil) => {
    await read();
    await spoil(await onlyFile());
    const { table, told } = await read();
    expect(told).toEqual({ use: 'damaged', end: 'written' });
    expectSame(table, await whole(await log.watermark()));
    expect((await read()).told!.use).toBe('used');
  });

  it('one with one bit turned, wherever it is', async () => {
    await read();
    const path = await onlyFile();
    const sound = await readFile(path);
    const meant = await whole(await log.watermark());
    // The lengths, the header's first and last bytes, and places in each column: the last bytes of columns stand in for nothing.
    for (const at of [8, 12, 16, 40, 300, 2000, 16_000, 17_000, 25_000, 38_000, 40_000, sound.length - 20]) {
      const bytes = Buffer.from(sound);
      bytes[at]! ^= 1 << at % 8;
      await writeFile(path, bytes);
      const { table, told } = await read();
      expect(told, `byte ${at}`).toEqual({ use: 'damaged', end: 'written' });
      expectSame(table, meant);
    }
  });

  it('one of another database, and one of another project', async () => {
    const other = await VoteLog.make();
    try {
      await other.give(10_500);
      await read();
      const mine = await onlyFile();
      const told = await read({ of: other });
      expect(told.told).toEqual({ use: 'absent', end: 'written' });
      const [theirs] = (await files()).map((name) => join(folder, name)).filter((name) => name !== mine);
      await copyFile(mine, theirs!);
      const again = await read({ of: other });
      expect(again.told).toEqual({ use: 'unlike', end: 'written' });
      expectSame(again.table, await whole(await other.watermark(), other));

      const second = await log.another();
      await second.give(10_500);
      await copyFile(mine, mine.replace(/-\d+\.votes$/, `-${second.projectId}.votes`));
      expect((await read({ of: second })).told).toEqual({ use: 'unlike', end: 'written' });
    } finally {
      await other.drop();
    }
  });
});

describe('a database that was restored from a backup has its log read whole,', () => {
  let restored: VoteLog;
  let at: number;
  beforeAll(async () => {
    restored = await VoteLog.make();
    await restored.give(11_000);
    await restored.end(200);
  });
  afterAll(() => restored.drop());
  beforeEach(async () => {
    await restored.give(50);
    await restored.end(10, 5);
    at = await restored.watermark();
    expect((await read({ of: restored })).told!.end).toBe('written');
  });

  const lose = async (tickets: number) => {
    const { client } = restored;
    await client.query(`delete from votes where seq > $1`, [at - tickets]);
    await client.query(`update votes set ended_seq = null, ended_reason = null where ended_seq > $1`, [at - tickets]);
    await client.query(`update project_counts set votes = (select count(*) from votes where ended_seq is null and outcome = 0),
      other_outcomes = (select count(*) from votes where ended_seq is null and outcome <> 0), ended = (select count(*) from votes where ended_seq is not null)`);
    await client.query(`select setval('vote_ticket', $1)`, [at - tickets]);
  };

  it.each([
    ['which lost the last of what was kept', async () => lose(25)],
    ['which lost a vote amid them', async () => {
      await restored.client.query(`with gone as (delete from votes where seq = 4000 returning 1) update project_counts set votes = votes - (select count(*) from gone)`);
    }],
    ['where as many votes were given since under the same tickets', async () => {
      await lose(60);
      await restored.give(50);
      await restored.end(10, 5);
    }],
    ['where as many votes were ended since under the same tickets', async () => {
      await lose(10);
      await restored.end(10, 6);
    }],
    ['where as many votes were given as others had been ended', async () => {
      await lose(10);
      await restored.give(10);
    }],
  ])('one %s', async (_, restore) => {
    await restore();
    const now = await restored.watermark();
    const { table, told } = await read({ of: restored });
    expect(told).toEqual({ use: 'unlike', end: 'written' });
    expectSame(table, await whole(now, restored));
  });
});

describe('the folder', () => {
  it('and its files are read and written by their owner alone, and hold codes and nothing else', async () => {
    const into = join(folder, 'deeper', 'kept-votes');
    await log.client.query(`insert into items (project_id, code, external_id) values (1, 0, 'the item of whoever') on conflict do nothing`);
    await read({ into });
    const [name] = await readdir(into);
    expect((await stat(into)).mode & 0o777).toBe(0o700);
    expect((await stat(join(into, name!))).mode & 0o777).toBe(0o600);
    expect((await readFile(join(into, name!))).includes('whoever')).toBe(false);
  });

  it('that cannot be written, or read, costs the run nothing but the votes that are kept', async () => {
    const into = join(folder, 'a file');
    await writeFile(into, '');
    const { table, told } = await read({ into });
    expect(told).toEqual({ use: 'fault', end: 'unwritten', fault: expect.stringMatching(/^E(NOTDIR|EXIST)$/) });
    expectSame(table, await whole(await log.watermark()));
  });

  it('has nothing unfinished after a write that failed', async () => {
    await read();
    const name = await onlyFile();
    await rm(name);
    await mkdir(join(name, 'in the way'), { recursive: true });
    expect((await read()).told).toEqual({ use: 'fault', end: 'unwritten', fault: expect.any(String) });
    expect(await files()).toEqual([basename(name)]);
  });

  it('has whole files or none, whenever the process that writes them is killed', async () => {
    for (let kill = 0; kill < 8; kill++) {
      const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = once(writer, 'exit');
      // It says so once the first file is there, and goes on without end.
      await Promise.race([once(writer.stdout, 'data'), gone]);
      await sleep(7 * kill);
      writer.kill('SIGKILL');
      expect(await gone).toEqual([null, 'SIGKILL']);
      const whole = (await files()).filter((name) => name.endsWith('.votes'));
      expect(whole).toHaveLength(1);
      const file = await KeptFile.open(join(folder, whole[0]!));
      expect((await file.votes()).annotators).toHaveLength(2_000_000);
      await file.close();
    }
  });

  it('keeps below its limit: what was used longest ago goes first, and what is larger than all is not kept', async () => {
    const [second, third] = [await log.another(), await log.another()];
    await second.give(10_500);
    await third.give(10_600);
    await read();
    const bytes = (await stat(await onlyFile())).size;
    expect((await read({ of: second, mostBytes: 2.2 * bytes })).told!.end).toBe('written');
    const all = (await files()).map((name) => join(folder, name));
    for (const path of all) await utimes(path, 1e9, 1e9);
    // The first is used once more, so that the second has waited longest.
    expect((await read()).told).toEqual({ use: 'used', end: 'current' });
    expect((await read({ of: third, mostBytes: 2.2 * bytes })).told!.end).toBe('written');
    expect((await files()).map((name) => Number(/-(\d+)\.votes$/.exec(name)![1])).sort((a, b) => a - b)).toEqual([log.projectId, third.projectId]);
    await rm(folder, { recursive: true });
    expect((await read({ mostBytes: bytes / 2 })).told).toEqual({ use: 'absent', end: 'full' });
    expect(await files()).toEqual([]);
  });

  it('is cleared of what a killed process left unfinished, but not of what another one is writing', async () => {
    await read();
    const name = await onlyFile();
    await writeFile(`${name}.left.tmp`, 'amid');
    await utimes(`${name}.left.tmp`, 1e9, 1e9);
    await writeFile(`${name}.under-way.tmp`, 'amid');
    await truncate(name, 50);
    await read();
    expect((await files()).filter((file) => file.endsWith('.tmp'))).toEqual([expect.stringContaining('.under-way.tmp')]);
  });

  it('keeps nothing of a project that is archived, nor of one under the least number of votes', async () => {
    const [closed, small] = [await log.another(), await log.another()];
    await closed.give(10_500);
    await small.give(200);
    await read({ of: closed });
    await log.client.query('update projects set archived_at = now() where id = $1', [closed.projectId]);
    expect((await read({ of: small })).told).toBeNull();
    await read();
    expect(await files()).toEqual([expect.stringMatching(new RegExp(`-${log.projectId}\\.votes$`))]);
  });
});
