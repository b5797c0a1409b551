import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { serverAccount } from './account.js';
import { acquire, findRunning, type Acquired, type Place } from './acquire.js';
import { findBinaries } from './binaries.js';
import { clusterFiles, ensureCluster } from './cluster.js';

export interface EmbeddedPostgresOptions {
  /** Folder to keep the database in; the database makes a folder `postgres` of its own there. */
  dataDir: string;
  log?: (message: string) => void;
  /** False trades every guarantee for speed: a crash may lose or corrupt all. Only for data that is thrown away. */
  durable?: boolean;
}

export interface EmbeddedPostgres {
  /** Connection string of the database `assay`, good until `stop`. It holds the password: keep it out of logs. */
  url: string;
  /** Ends the server once its running statements have ended or been cancelled; all that was committed stays. */
  stop(): Promise<void>;
}

const STOP_MS = 60_000;

/**
 * Starts a PostgreSQL of our own on a data folder, or takes over the one that a killed process left there. Takes about
 * 1 s on a new folder, 0.1 s later. Should the server be killed, it is started again on the same port.
 *
 * At most one process has the folder; others reach the server with `runningEmbeddedPostgres`.
 * @throws Error naming the process that has the folder, or what this machine lacks to run the server.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => undefined, durable = true } = options;
  const files = clusterFiles(join(dataDir, 'postgres'));
  const account = await serverAccount(files.data);
  const binaries = await findBinaries(account, join(dataDir, 'postgres-programs'));
  await ensureCluster(files, binaries, account, durable);
  const place: Place = { files, binaries, account, durable, log };

  let server = await acquire(place);
  const password = await makeDatabase(server, await readFile(files.password, 'utf8'));

  let stopping = false;
  // A process that exits without a stop ends its server too; only one that is killed leaves it running.
  const onExit = () => signal(server.pid, 'SIGINT');
  process.once('exit', onExit);

  let guarding = guard();
  /** Ends when `stopping`; until then keeps a server on the port and our hold on it. */
  async function guard(): Promise<void> {
    for (;;) {
      await server.hold.lost;
      if (stopping) return;
      log('lost the database server; starting it again');
      server = await acquire(place, server.port);
      log('the database server is back');
    }
  }
  guarding = guarding.catch((error: Error) => log(`the embedded database is gone: ${error.message}`));

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping = true;
    process.off('exit', onExit);
    await end(server, binaries.pgCtl);
    await server.hold.release();
    await guarding;
  };
  return {
    url: urlOf(server.port, password),
    stop: () => (stopped ??= stop()),
  };
}

/** @returns the connection string of the server that another process runs on the folder, or null if none does. */
export async function runningEmbeddedPostgres(dataDir: string): Promise<string | null> {
  const files = clusterFiles(join(dataDir, 'postgres'));
  const server = await findRunning({ files, log: () => undefined });
  return server && urlOf(server.port, await readFile(files.password, 'utf8'));
}

function urlOf(port: number, password: string): string {
  return `postgres://assay:${password}@127.0.0.1:${port}/assay`;
}

/** Makes what is missing of the role and the database, also after a first start that was killed between the two. */
async function makeDatabase({ hold }: Acquired, password: string): Promise<string> {
  const { rows } = await hold.session.query<{ role: boolean; base: boolean }>(
    `select exists (select from pg_roles where rolname = 'assay') as role, exists (select from pg_database where datname = 'assay') as base`,
  );
  // The service needs no superuser; the password has letters, digits, - and _ only.
  if (!rows[0]!.role) await hold.session.query(`create role assay login createdb password '${password}'`);
  if (!rows[0]!.base) await hold.session.query('create database assay owner assay');
  return password;
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one, after which the next start recovers. */
async function end(server: Acquired, pgCtl: string): Promise<void> {
  if (process.platform === 'win32') await promisify(execFile)(pgCtl, ['kill', 'INT', String(server.pid)]);
  else signal(server.pid, 'SIGINT');
  const patience = Date.now() + STOP_MS;
  let isImmediate = false;
  while ((await server.lastWords()) === null) {
    if (!isImmediate && Date.now() > patience) isImmediate = signal(server.pid, 'SIGQUIT');
    await sleep(10);
  }
}

function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // It has ended by itself.
    return true;
  }
}
