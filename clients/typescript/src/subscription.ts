import { Attempts } from './attempts.js';
import { Broken } from './answer.js';
import { AssayError } from './errors.js';
import { factsIn } from './refusals.js';
import type { Json } from './schema.js';
import type { Service } from './service.js';

/** What of a WebSocket is used: that of browsers, of Node 22 and later, and of the package ws have it. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: Json) => void) | null;
  onmessage: ((event: Json) => void) | null;
  onerror: ((event: Json) => void) | null;
  onclose: ((event: Json) => void) | null;
}

/** Messages that wait for a caller who reads slowly: a socket cannot be asked to wait. */
const MOST_WAITING = 1024;

/** Each message's data. Told anew from the beginning of the subscription where the connection breaks. */
export async function* subscribe<Data>(service: Service, document: string, variables: object, signal: AbortSignal | undefined): AsyncGenerator<Data> {
  const { webSocket: Socket } = service;
  if (!Socket) throw new TypeError('there is no WebSocket here; give one, such as that of the package ws: new Assay(url, key, { webSocket: WebSocket })');
  const attempts = new Attempts(service.patience, { mayRepeat: true, signal });
  for (;;) {
    signal?.throwIfAborted();
    const connection = new Connection(service, Socket, { query: document, variables }, signal);
    try {
      for (;;) {
        const message = await connection.next();
        if (message === null) return;
        const fault = factsIn((message.errors as Json[] | undefined)?.[0]);
        if (fault) throw new AssayError(service.wire.hide(fault.message), fault.facts);
        attempts.progressed();
        yield message.data as Data;
      }
    } catch (error) {
      if (error instanceof Broken) await attempts.broken(error);
      else if (error instanceof AssayError) await attempts.refused(error);
      else throw error;
    } finally {
      connection.close();
    }
  }
}

/** One socket with one subscription, by the protocol graphql-transport-ws. The key goes in its first message, and so in no address. */
class Connection {
  private readonly socket: WebSocketLike;
  private readonly waiting: Json[] = [];
  /** How it ended: null when the subscription is complete. */
  private end: { error: unknown } | null | undefined;
  private wake: () => void = () => {};
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly abort = () => this.ended({ error: this.signal!.reason });

  constructor(private readonly service: Service, Socket: new (url: string, protocol: string) => WebSocketLike, subscription: object, private readonly signal: AbortSignal | undefined) {
    const { wire } = service;
    this.socket = new Socket(`${wire.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    this.socket.onopen = () => this.send({ type: 'connection_init', payload: { authorization: wire.authorization() } });
    this.socket.onmessage = ({ data }) => this.hear(JSON.parse(data as string), subscription);
    // What it was tells the close that follows.
    this.socket.onerror = () => {};
    this.socket.onclose = ({ code, reason }) => this.ended({ error: closed(Number(code), wire.hide(String(reason))) });
    signal?.addEventListener('abort', this.abort, { once: true });
    this.heard();
  }

  /** The next message, or null at the end. @throws Broken, AssayError, or the reason of the signal */
  async next(): Promise<Json> {
    while (this.waiting.length === 0 && this.end === undefined) await new Promise<void>((resolve) => { this.wake = resolve; });
    if (this.waiting.length > 0 && !this.signal?.aborted) return this.waiting.shift();
    if (this.end) throw this.end.error;
    return null;
  }

  close(): void {
    this.ended(null);
    try {
      this.socket.close(1000);
    } catch {
      // Some refuse where the connection does not stand yet; it ends by itself then, unheard.
    }
  }

  private hear(message: Json, subscription: object): void {
    this.heard();
    switch (message.type) {
      case 'connection_ack': return this.send({ type: 'subscribe', id: '1', payload: subscription });
      case 'ping': return this.send({ type: 'pong' });
      case 'next': return this.keep(message.payload);
      case 'error': return this.keep({ errors: message.payload });
      case 'complete': return this.ended(null);
    }
  }

  private keep(message: Json): void {
    if (this.waiting.push(message) > MOST_WAITING) this.ended({ error: new AssayError(`over ${MOST_WAITING} messages wait to be read; read faster`, { code: 'LIMIT_EXCEEDED' }) });
    this.wake();
  }

  /** A connection that stands and says nothing is asked whether it still does; one without an answer is given up. */
  private heard(isAsked = false): void {
    clearTimeout(this.timer);
    if (this.end !== undefined) return;
    this.timer = setTimeout(() => {
      if (isAsked) return this.ended({ error: new Broken(`nothing came for ${this.service.timeoutMs / 1000} s`, false) });
      this.send({ type: 'ping' });
      this.heard(true);
    }, this.service.timeoutMs / 2);
  }

  private send(message: object): void {
    try {
      this.socket.send(JSON.stringify(message));
    } catch {
      // It is closed, or does not stand yet: what follows tells.
    }
  }

  private ended(how: { error: unknown } | null): void {
    if (this.end === undefined) this.end = how;
    clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.abort);
    this.wake();
  }
}

/** What the code of a close says: see docs/api.md, and graphql-transport-ws. */
function closed(code: number, reason: string): Error {
  const told = `the socket was closed with ${code}${reason ? `: ${reason}` : ''}`;
  if (code === 4401 || code === 4403) return new AssayError(`${told}; the key is not in force`, { code: 'UNAUTHENTICATED' });
  if (code === 4429) return new AssayError(told, { code: 'UNAVAILABLE', status: 429 });
  if (code === 1009) return new AssayError(told, { code: 'LIMIT_EXCEEDED' });
  if ((code >= 4400 && code < 4500 && code !== 4408) || code === 1002 || code === 1003) return new AssayError(told, { code: 'INVALID_INPUT' });
  return new Broken(told, code === 1006);
}
