import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAccount } from './account.js';
import { findRunning, type Place } from './acquire.js';
import { findBinaries } from './binaries.js';
import { clusterFiles, ensureCluster } from './cluster.js';
import { openSession, type Hold } from './hold.js';
import { Keeper } from './keeper.js';
import { Presence } from './presence.js';

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
  /** Ends the server: running statements are cancelled, all that was committed stays. */
  stop(): Promise<void>;
}

const STARTING_MS = 60_000;

/**
 * Starts a PostgreSQL of our own on a data folder, or takes over the one that a killed process left there. Takes about
 * 1 s on a new folder and 0.2 s later. Should the server be killed, it is started again on the same port.
 *
 * At most one process has the folder; others reach the server with `runningEmbeddedPostgres`.
 * @throws Error naming the process that has the folder, or what this machine lacks to run the server.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log = () => undefined, durable = true } = options;
  const dataDir = resolve(options.dataDir);
  const files = clusterFiles(join(dataDir, 'postgres'));
  const account = await serverAccount(files.data);
  const binaries = await findBinaries(account, join(dataDir, 'postgres-programs'));
  await ensureCluster(files, binaries, account, durable);
  const place: Place = { files, binaries, account, durable, log };

  const presence = await Presence.enter(files.presence, files.folder, log);
  let keeper: Keeper | undefined;
  try {
    const started = await Keeper.start(place);
    keeper = started.keeper;
    await presence.sign();
    const password = await readFile(files.password, 'utf8');
    await makeDatabase(started.server.hold, password);
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      await started.keeper.stop();
      await presence.leave();
    };
    return { url: urlOf(started.server.port, password), stop: () => (stopped ??= stop()) };
  } catch (error) {
    presence.quit();
    await keeper?.stop();
    throw error;
  }
}

/**
 * For processes beside the one that has the folder. Waits for a server that is just starting.
 * @returns the connection string of the folder's server, or null if none runs.
 * @throws Error when it does not let us in for a minute.
 */
export async function runningEmbeddedPostgres(dataDir: string): Promise<string | null> {
  const files = clusterFiles(resolve(dataDir, 'postgres'));
  let reason = 'it has no database "assay" yet';
  for (const until = Date.now() + STARTING_MS; Date.now() < until; await sleep(50)) {
    const server = await findRunning(files);
    if (!server) return null;
    const password = await readFile(files.password, 'utf8');
    try {
      const session = await openSession(server, password, 'assay look-up');
      const { rowCount } = await session.query(`select from pg_database where datname = 'assay'`);
      await session.end();
      if (rowCount === 1) return urlOf(server.port, password);
    } catch (error) {
      reason = (error as Error).message;
    }
  }
  throw new Error(`the database server in ${files.folder} does not let us in: ${reason}`);
}

/** Says no to TLS, which the server does not speak, whatever PGSSLMODE asks of other servers. */
function urlOf(port: number, password: string): string {
  return `postgres://assay:${password}@127.0.0.1:${port}/assay?sslmode=disable`;
}

/** Makes what is missing of the role and the database, also after a first start that was killed between the two. */
async function makeDatabase({ session }: Hold, password: string): Promise<void> {
  const { rows } = await session.query<{ role: boolean; base: boolean }>(
    `select exists (select from pg_roles where rolname = 'assay') as role, exists (select from pg_database where datname = 'assay') as base`,
  );
  // The service needs no superuser. The password has letters, digits, - and _ only.
  if (!rows[0]!.role) await session.query(`create role assay login createdb password '${password}'`);
  if (!rows[0]!.base) await session.query('create database assay owner assay');
}
