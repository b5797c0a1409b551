import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { isServing, readClaim, removeFalseClaim } from './claim.js';
import { nullIfAbsent, type ClusterFiles } from './cluster.js';
import { HeldElsewhere, Hold } from './hold.js';
import { freePort, launch, type Server } from './server.js';

export interface Place {
  files: ClusterFiles;
  binaries: Binaries;
  account: Account;
  durable: boolean;
  log: (message: string) => void;
}

/** A server that runs, and is ours alone. */
export interface Acquired extends Server {
  hold: Hold;
}

/** How long a server may neither answer nor say that it is starting up or shutting down. */
const SILENCE_MS = 60_000;
/** How long a refused password may be the answer of another folder's server, whose port ours is about to find taken. */
const STRANGER_MS = 5000;
const LAUNCHES_MAX = 100;

/** What the server says while it is starting up, recovering or shutting down. */
const NOT_NOW = '57P03';
const WRONG_PASSWORD = '28P01';

/**
 * Takes over the server that works on the data directory, as one does whose parent was killed, or else starts one.
 * @param onlyPort the port the server must have, where callers know it already.
 * @throws HeldElsewhere naming the process that has the directory.
 */
export async function acquire(place: Place, onlyPort?: number): Promise<Acquired> {
  const { files, log } = place;
  const password = await readPassword(files);
  let port = onlyPort ?? (await lastPort(files)) ?? (await freePort());
  for (let launches = 0; launches < LAUNCHES_MAX;) {
    const running = await findRunning(files);
    if (!running) {
      launches++;
      await removeFalseClaim(files.data);
    }
    const server = running ?? (await launch(files, place.binaries, place.account, port, place.durable));
    const outcome = await takeWhileRunning(server, password, place);
    if (outcome instanceof Hold) {
      if (running) log(`took over the database server that an earlier process left running as process ${running.pid}`);
      await writeFile(files.port, String(server.port), { mode: 0o600 });
      return { ...server, hold: outcome };
    }
    if (running) continue;
    if (/could not bind|could not create any TCP\/IP sockets/.test(outcome)) {
      if (!onlyPort) port = await freePort();
    } else if (!/lock file "postmaster.pid" (already exists|is empty)|pre-existing shared memory block/.test(outcome)) {
      throw new Error(`the embedded PostgreSQL did not start; ${files.log} ends with:\n${outcome}`);
    }
    // Another start's server was first, or the sessions of a killed server are still ending: look again.
    await sleep(100);
  }
  throw new Error(`the embedded PostgreSQL in ${files.folder} did not start in ${LAUNCHES_MAX} attempts; see ${files.log}`);
}

/** The server on the data directory, whoever started it. */
export async function findRunning(files: ClusterFiles): Promise<Server | null> {
  const claim = await readClaim(files.data);
  if (!claim || !(await isServing(claim, files.data))) return null;
  return { pid: claim.pid, port: claim.port, lastWords: async () => ((await isServing(claim, files.data)) ? null : '') };
}

/** @returns the hold, or the server's last words if it ended. */
async function takeWhileRunning(server: Server, password: string, { files, log }: Place): Promise<Hold | string> {
  let quietSince = Date.now();
  let told = Date.now();
  for (;;) {
    const lastWords = await server.lastWords();
    if (lastWords !== null) return lastWords;
    try {
      return await Hold.take(server, password, files.folder);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      if (error instanceof HeldElsewhere) throw error;
      if (code === NOT_NOW) quietSince = Date.now();
      if (Date.now() - quietSince > (code === WRONG_PASSWORD ? STRANGER_MS : SILENCE_MS)) {
        throw new Error(`the database server that runs as process ${server.pid} in ${files.data} does not let us in (${message}); stop that process and start again`, { cause: error });
      }
      if (Date.now() - told > 5000) {
        told = Date.now();
        log(`waiting for the database server: ${message}`);
      }
    }
    await sleep(20);
  }
}

async function readPassword(files: ClusterFiles): Promise<string> {
  const password = await readFile(files.password, 'utf8').catch(nullIfAbsent);
  if (password === null) throw new Error(`${files.password} is missing, and the database in ${files.folder} opens with no other; put it back from where it was copied`);
  return password;
}

/** The port of the last start, so that other processes' addresses stay good when it is still free. */
async function lastPort(files: ClusterFiles): Promise<number | null> {
  return Number(await readFile(files.port, 'utf8').catch(nullIfAbsent)) || null;
}
