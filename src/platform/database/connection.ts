import pg from 'pg';

/** How long the way to the server may take: a frozen one takes the connection and says nothing. */
const CONNECT_MS = 10_000;

/** For statements that no server limit ends: longer than any of ours takes without a byte in either direction. */
const SILENCE_MS = 3_600_000;

export interface ConnectionSettings extends pg.ClientConfig {
  /** After so long without a byte while a statement is under way, the connection counts as lost. */
  silenceMs?: number;
}

/**
 * THE client of all connections of ours, those of pools too. A connection that is lost never ends the process: pg emits an
 * 'error' for it, and between two uses, when a pool hands a client from one user to the next within one packet, nobody else
 * listens. Whoever uses the client is told by the failure of the statement. And no statement waits for ever for a server that
 * is frozen: its own time limit does not run then.
 */
export class Connection extends pg.Client {
  constructor(settings: ConnectionSettings = {}) {
    // A pool says how long its callers wait for a connection, which may be longer.
    super({ keepAlive: true, ...settings, connectionTimeoutMillis: Math.min(settings.connectionTimeoutMillis ?? CONNECT_MS, CONNECT_MS) });
    this.on('error', () => undefined);
    this.once('connect', () => watch(this, settings.silenceMs ?? SILENCE_MS));
  }

  /** Connected, for work of its own. @param name as pg_stat_activity shows it */
  static async open(url: string, name: string, settings: ConnectionSettings = {}): Promise<Connection> {
    const connection = new Connection({ connectionString: url, application_name: name, ...settings });
    await connection.connect();
    return connection;
  }
}

/** What pg keeps to itself. */
interface Internals {
  /** False while a statement is under way. */
  readyForQuery: boolean | null;
  connection: { stream: { bytesRead: number; bytesWritten: number; destroy(error: Error): void } };
}

function watch(client: pg.Client, silenceMs: number): void {
  const internals = client as unknown as Internals;
  let bytes = -1;
  let since = performance.now();
  const look = setInterval(() => {
    const { stream } = internals.connection;
    const now = stream.bytesRead + stream.bytesWritten;
    if (internals.readyForQuery !== false || now !== bytes) {
      bytes = now;
      since = performance.now();
    } else if (performance.now() - since >= silenceMs) {
      clearInterval(look);
      stream.destroy(Object.assign(new Error(`the database has not said a word for ${silenceMs / 1000} s`), { code: 'ETIMEDOUT' }));
    }
  }, Math.min(1000, silenceMs / 10)).unref();
  client.once('end', () => clearInterval(look));
}
