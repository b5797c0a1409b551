import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Time for an answer to reach a caller far away, and for a caller who sends on to look up. */
const LINGER_MS = 2000;
const LINGER_BYTES = 32 * 1024 * 1024;

/**
 * Drops what still comes of a body that nobody reads, until the caller has stopped, for a while and for some bytes. A connection
 * that is closed on what comes by it is reset, and a reset takes away what its caller has not read yet: the answer. So the answer
 * goes at once, and its end, with which Node closes the connection, waits for this. Never fails.
 */
export async function untilCallerStops(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  const over = new AbortController();
  let dropped = 0;
  const drop = (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) over.abort();
  };
  request.on('data', drop).resume();
  const ended = (event: string) => once(request, event, { signal: over.signal });
  await Promise.race([ended('end'), ended('close'), sleep(LINGER_MS, undefined, { signal: over.signal, ref: false })]).catch(() => undefined);
  over.abort();
  request.off('data', drop);
}

/** An answer to a caller who still sends the body that it is about. */
export function lingering(request: IncomingMessage, answer: string): Readable {
  return Readable.from((async function* () {
    yield answer;
    await untilCallerStops(request);
  })(), { objectMode: false });
}
