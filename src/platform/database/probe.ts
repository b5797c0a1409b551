import { setTimeout as sleep } from 'node:timers/promises';
import { migrations } from '../../../migrations/index.js';
import { Connection } from './connection.js';
import { sqlState } from '../outage.js';

/** From asking to the answer, whatever the server does. */
const DEADLINE_MS = 3000;
/** An answer is given again to all who ask within so long. */
const FRESH_MS = 100;

/**
 * Sorts a megabyte in 64 KB, by a file on the server's disk that is gone with the statement: a full disk refuses it. Then a
 * record in the log of transactions, synced by the commit as a vote's would be. Neither leaves anything behind.
 */
const WRITES = [
  `set local work_mem = '64kB'`,
  `select count(*) from (select from generate_series(1, 30000) as drawn(n) order by md5(n::text) offset 0) as sorted`,
  `select pg_logical_emit_message(true, 'assay', 'ready')`,
];

/** What a look at the database found. */
export interface Found {
  /** Null where it takes writes, else what is wrong, in words for everybody: without names of hosts, users or databases. */
  fault: string | null;
  /** Names of migrations that this process has and the database has not, and the other way round. */
  missing: string[];
  newer: string[];
}

/** Tells whether the database does what the service needs, on a connection of its own: no crowd in a pool stands before it. */
export class Probe {
  private connection: Promise<Connection> | null = null;
  private latest: { at: number; found: Promise<Found> } | null = null;

  constructor(private readonly url: string) {}

  /** Within 3 s; never throws. Who asks while a look is under way gets its answer. */
  look(): Promise<Found> {
    if (this.latest && performance.now() - this.latest.at < FRESH_MS) return this.latest.found;
    const found = this.within();
    const latest = { at: Infinity, found };
    this.latest = latest;
    void found.then(() => { latest.at = performance.now(); });
    return found;
  }

  async close(): Promise<void> {
    await this.drop();
  }

  private async within(): Promise<Found> {
    const late = new AbortController();
    const deadline = sleep(DEADLINE_MS, 'late' as const, { signal: late.signal, ref: false }).catch(() => 'late' as const);
    const asked = this.ask();
    // Whatever comes after the deadline is told to nobody.
    asked.catch(() => undefined);
    try {
      const found = await Promise.race([asked, deadline]);
      if (found !== 'late') return found;
      void this.drop();
      return { fault: `does not answer within ${DEADLINE_MS / 1000} s`, missing: [], newer: [] };
    } catch (error) {
      void this.drop();
      return { fault: wordsFor(error), missing: [], newer: [] };
    } finally {
      late.abort();
    }
  }

  private async ask(): Promise<Found> {
    const connection = await (this.connection ??= Connection.open(this.url, 'assay ready', { statement_timeout: DEADLINE_MS, connectionTimeoutMillis: DEADLINE_MS, silenceMs: DEADLINE_MS }));
    const { rows: [state] } = await connection.query<{ readOnly: string }>(`select current_setting('transaction_read_only') as "readOnly"`);
    const { rows } = await connection.query<{ name: string }>(`select name from migrations`);
    if (state!.readOnly === 'off') {
      await connection.query('begin');
      for (const statement of WRITES) await connection.query(statement);
      await connection.query('commit');
    }
    const applied = new Set(rows.map((row) => row.name));
    const ours = new Set(migrations.map((migration) => migration.name));
    return {
      fault: state!.readOnly === 'off' ? null : 'takes no writes: it is read-only',
      missing: [...ours].filter((name) => !applied.has(name)), newer: [...applied].filter((name) => !ours.has(name)),
    };
  }

  /** A connection that failed or is late may be anywhere: the next look has another. */
  private async drop(): Promise<void> {
    const dropped = this.connection;
    this.connection = null;
    // Of a connection that was never made, nothing is left. One that is busy is cut.
    await dropped?.then((connection) => connection.end(), () => undefined);
  }
}

/** By SQLSTATE alone: the server's own words may name what only its operator should read. */
function wordsFor(error: unknown): string {
  const code = sqlState(error);
  if (code === '53100') return 'takes no writes: its disk is full (53100)';
  if (code === '25006') return 'takes no writes: it is read-only (25006)';
  if (code === '53300') return 'has no connection left (53300)';
  if (code === '42P01') return 'has no table of migrations (42P01); run assay migrate';
  return code ? `does not answer (${code})` : 'does not answer';
}
