import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { nullIfAbsent, type ClusterFiles } from './cluster.js';
import { HeldElsewhere, Hold } from './hold.js';
import { isServing, readPostmaster, removeClaim } from './postmaster.js';
import { freePort, launch, type Launched } from './server.js';

export interface Place {
  files: ClusterFiles;
  binaries: Binaries;
  account: Account;
  durable: boolean;
  log: (message: string) => void;
}

/** A server that runs, and is ours alone. */
export interface Acquired {
  hold: Hold;
  port: number;
  pid: number;
}

/** How long a server may neither answer nor say that it is starting up or shutting down. */
const SILENCE_MS = 60_000;
const PORTS_TRIED = 10;

/** What the server says while it is starting up, recovering or shutting down. */
const NOT_NOW = '57P03';

/**
 * Takes over the server that works on the data directory, as one does whose parent was killed, or else starts one.
 * @param onlyPort the port the server must have, where callers know it already.
 * @throws HeldElsewhere naming the process that has the directory.
 */
export async function acquire(place: Place, onlyPort?: number): Promise<Acquired> {
  const { files, log } = place;
  const password = await readPassword(files);
  let launched: Launched | null = null;
  let ports = 0;
  let quietSince = Date.now();
  for (;; await sleep(20)) {
    if (!launched) {
      const claim = await readPostmaster(files.data);
      if (!claim) {
        launched = await launch(files, place.binaries, place.account, onlyPort ?? (await nextPort(files, ports++)), place.durable);
      } else if (!(await isServing(claim, files.data))) {
        log(`the server that ran as process ${claim.pid} in ${files.folder} was killed; its data is being recovered`);
        await removeClaim(claim, files.data);
      } else {
        const hold = await take(claim.port, password, place);
        if (hold) {
          log(`taking over the database server that runs as process ${claim.pid}, which an earlier process left`);
          return { hold, port: claim.port, pid: claim.pid };
        }
      }
      continue;
    }

    const server: Launched = launched;
    const outcome = await Promise.race([take(server.port, password, place), server.ended]);
    if (outcome instanceof Hold) {
      await writeFile(files.port, String(server.port), { mode: 0o600 });
      return { hold: outcome, port: server.port, pid: server.pid };
    }
    if (outcome === null) continue;
  }
}
