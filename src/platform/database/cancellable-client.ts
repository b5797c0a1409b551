import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { currentSignal } from '../budget.js';
import { currentTrace, spanned } from '../trace.js';
import { Connection } from './connection.js';
import { statementSpan } from './statement-span.js';

/**
 * Statements that begin or end a transaction are never cut under way: they take no time, and nobody undoes a beginning that failed.
 * Once the caller is refused, only undoing is let through.
 */
const EDGE = /^\s*(begin|start|commit|rollback|end)\b/i;
const UNDOING = /^\s*rollback\b/i;

/** What pg knows of a connection beyond its types. */
interface Session {
  host: string;
  port: number;
  processID: number | null;
  secretKey: number | Buffer | null;
  ssl: boolean | object;
}

interface Wire extends pg.Connection {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number | Buffer): void;
}

/**
 * A connection whose statements belong to the execution that asks for them: once that is cut, one under way is cancelled at the server
 * and what waits for a connection is not asked any more. An answer is held back until the last cancel has reached the server, so that
 * the next caller's statement on the same connection is never hit instead. Where its asker is traced, each statement is a span. Statements
 * in the form of callbacks (pool.query) and streams are not followed: nobody can tell for whom a pool calls back.
 */
export class CancellableClient extends Connection {
  // One signature in place of pg's eight.
  override query(...asked: unknown[]): never {
    const ask = () => (super.query as (...given: unknown[]) => unknown).apply(this, asked);
    const signal = currentSignal();
    const text = textOf(asked[0]);
    const isTraced = currentTrace() !== null;
    if ((!signal && !isTraced) || text == null || typeof asked.at(-1) === 'function') return ask() as never;
    const answer = () => (signal ? this.follow(signal, text, ask as () => Promise<unknown>) : ask() as Promise<unknown>);
    return (isTraced ? spanned(...statementSpan(text), answer) : answer()) as never;
  }

  private async follow(signal: AbortSignal, text: string, ask: () => Promise<unknown>): Promise<unknown> {
    if (signal.aborted && !UNDOING.test(text)) throw signal.reason;
    if (EDGE.test(text)) return ask();
    let endCancelling: (() => Promise<void>) | undefined;
    const onAbort = () => { endCancelling = cancelUntilOver(this); };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await ask();
    } finally {
      signal.removeEventListener('abort', onAbort);
      await endCancelling?.();
    }
  }
}

/** Of a text or a plain config; null for cursors, copies and other things that submit themselves. */
function textOf(asked: unknown): string | null {
  if (typeof asked === 'string') return asked;
  const config = asked as { text?: unknown; submit?: unknown } | null;
  return typeof config?.text === 'string' && typeof config.submit !== 'function' ? config.text : null;
}

/** For connections of threads that may be ended at any moment: a statement under way ends with them, where the server's system can tell. */
export async function endWithThread(client: pg.Client): Promise<void> {
  await client.query('set client_connection_check_interval = 1000').catch(() => undefined);
}

/** After how long a cancel is sent again, at first and at most: one that reaches the server before the statement does is lost. */
const AGAIN_MS = 50;
const AGAIN_AT_MOST_MS = 2000;

/**
 * Cancels what is under way on a connection, or about to be, again and again until it is over.
 * @returns what to call then; it ends once no cancel is on its way any more
 */
export function cancelUntilOver(client: pg.ClientBase): () => Promise<void> {
  const over = new AbortController();
  const cancelling = (async () => {
    for (let wait = AGAIN_MS; !over.signal.aborted; wait = Math.min(2 * wait, AGAIN_AT_MOST_MS)) {
      await cancelStatement(client);
      await sleep(wait, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
    }
  })();
  return () => {
    over.abort();
    return cancelling;
  };
}

/** Past all pools. Ends once the server has passed it on, or cannot be reached. */
function cancelStatement(client: pg.ClientBase): Promise<void> {
  const { processID, secretKey, host, port, ssl } = client as unknown as Session;
  if (processID == null || secretKey == null) return Promise.resolve();
  const wire = new pg.Connection({ ssl }) as Wire;
  return new Promise((resolve) => {
    const send = () => wire.cancel(processID, secretKey);
    wire.once('connect', () => (ssl ? wire.requestSsl() : send()));
    wire.once('sslconnect', send);
    wire.on('error', () => resolve());
    wire.once('end', () => resolve());
    if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`);
    else wire.connect(port, host);
  });
}
