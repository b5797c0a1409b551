import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { inside, type ClusterFiles } from './cluster.js';

const LOG_BYTES_MAX = 10 * 1024 * 1024;

/** Sized for one small machine that also runs the service. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // TCP only: the path of a socket is limited to 107 bytes, and a deep folder passes that.
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  random_page_cost: '1.1',
  // No replica can be attached, so that bulk loads into new tables need no log of their own.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_completion_target: '0.9',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // What callers sent does not belong in a log file.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

const THROWAWAY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** A server process; it outlives this one unless it is stopped. */
export interface Server {
  pid: number;
  port: number;
  /** Null while it runs; afterwards what it last wrote to the log, or nothing where that is not known. */
  lastWords: () => Promise<string | null>;
}

/** Spawns a server on `port`. It is not ready then, and may fail: see `lastWords`. */
export async function launch(files: ClusterFiles, binaries: Binaries, account: Account, port: number, durable: boolean): Promise<Server> {
  const { dataArguments, spawnOptions } = inside(files.data, account);
  const settings = { ...SETTINGS, port: String(port), ...(durable ? {} : THROWAWAY) };
  const log = await openLog(files.log);
  try {
    const begin = (await log.stat()).size;
    const child = spawn(binaries.postgres, [...dataArguments, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])], {
      ...spawnOptions,
      stdio: ['ignore', log.fd, log.fd],
      // A group of its own, so that Ctrl-C stops the database when the service asks for it and not before.
      detached: true,
      windowsHide: true,
    });
    await once(child, 'spawn');
    child.unref();
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
    return { pid: child.pid!, port, lastWords: async () => (hasEnded() ? tail(files.log, begin) : null) };
  } finally {
    await log.close();
  }
}

async function tail(path: string, begin: number): Promise<string> {
  const text = await readFile(path);
  return text.subarray(begin).toString().trim().split('\n').slice(-12).join('\n');
}

async function openLog(path: string) {
  const size = (await stat(path).catch(() => null))?.size ?? 0;
  if (size > LOG_BYTES_MAX) await rename(path, `${path}.old`);
  return open(path, 'a', 0o600);
}

/** A port nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
