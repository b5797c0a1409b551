import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Server } from './server.js';

/** A number of our own for "this process owns the embedded server". */
const HOLD_LOCK = 0x686f6c64;

/** Long enough for a server to notice that the connection of a killed process is gone, which takes milliseconds. */
const PATIENCE_MS = 1000;

export class HeldElsewhere extends Error {}

/**
 * The right to a data folder: a session of the server that has taken an advisory lock. It ends with this process however
 * that dies, so no lock is ever stale, no pid is mistaken for a later process's, and of two takers the server picks one.
 */
export class Hold {
  /** Resolves when the session ends: by `release`, or with the server. */
  readonly lost: Promise<void>;

  private constructor(readonly session: pg.Client) {
    this.lost = new Promise((resolve) => session.once('end', resolve));
  }

  /**
   * @throws HeldElsewhere naming the holder.
   * @throws Error with the server's or the socket's code while the server cannot be reached.
   */
  static async take(server: Pick<Server, 'pid' | 'port'>, password: string, folder: string): Promise<Hold> {
    const session = await openSession(server, password, `assay process ${process.pid} since ${started.toISOString()}`);
    try {
      for (const until = Date.now() + PATIENCE_MS; ; await sleep(50)) {
        const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [HOLD_LOCK]);
        if (rows[0]!.taken) return new Hold(session);
        if (Date.now() > until) throw new HeldElsewhere(`${folder} is in use by ${await holder(session)}; stop that one, or set ASSAY_DATA_DIR to another folder`);
      }
    } catch (error) {
      await session.end().catch(() => undefined);
      throw error;
    }
  }

  async release(): Promise<void> {
    await this.session.end().catch(() => undefined);
  }
}

/**
 * A session of the superuser on the server that runs as `pid`, and on no other: a copy of a folder has the same password, and
 * the same port until both are in use.
 * @throws Error with the server's or the socket's code, or naming the process that answered instead.
 */
export async function openSession({ pid, port }: Pick<Server, 'pid' | 'port'>, password: string, name: string): Promise<pg.Client> {
  const session = new pg.Client({
    host: '127.0.0.1', port, ssl: false, user: 'postgres', password, database: 'postgres',
    connectionTimeoutMillis: 3000, application_name: name,
  });
  // Whatever breaks the session also ends it.
  session.on('error', () => undefined);
  await session.connect();
  try {
    const { rows } = await session.query<{ claim: string }>(`select pg_read_file('postmaster.pid') as claim`);
    const answering = Number.parseInt(rows[0]!.claim, 10);
    if (answering !== pid) throw new Error(`on port ${port} process ${answering} answers, not ${pid}`);
    return session;
  } catch (error) {
    await session.end().catch(() => undefined);
    throw error;
  }
}

/** When this process started. */
const started = new Date(Date.now() - process.uptime() * 1000);

async function holder(session: pg.Client): Promise<string> {
  const { rows } = await session.query<{ name: string }>(
    `select application_name as name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and classid = 0 and objid = $1`,
    [HOLD_LOCK],
  );
  return rows[0]?.name.replace(/^assay /, '') ?? 'another process';
}
