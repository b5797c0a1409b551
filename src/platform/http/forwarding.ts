import { Agent, request as ask, type IncomingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AssayError } from '../errors.js';
import { currentTraceparent, inTrace } from '../trace.js';
import { givenType } from './http.js';
import { untilCallerStops } from './lingering.js';
import { onceGone } from './once-gone.js';

/** What a connection is about, and not what comes by it. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'upgrade', 'expect'];

/** Kept open between calls. As many as callers may have under way, which the door counts. */
const agent = new Agent({ keepAlive: true });

export interface Forwarded {
  /** Of a process on this machine. */
  port: number;
  /** What is sent: the body as it was read, or where it was not, as it comes. */
  body: Buffer | null;
  /** Shown the head of the answer, which it may change. */
  onHead: (headers: IncomingHttpHeaders) => void;
}

/**
 * Has another process answer, as if it had been asked itself: body and answer go through as fast as either end takes them, and a
 * caller that goes away is gone for it, too.
 * @returns once the answer has begun; Fastify has nothing more to do with it then
 * @throws UNAVAILABLE where there was none
 */
export function forward(request: FastifyRequest, reply: FastifyReply, { port, body, onHead }: Forwarded): Promise<FastifyReply> {
  const { raw } = request;
  const headers = withoutConnection(raw.headers);
  headers['x-request-id'] = request.id;
  const type = givenType(request);
  if (type !== undefined) headers['content-type'] = type;
  // What the other process does is beneath what this one does.
  const parent = inTrace(request.trace, currentTraceparent);
  if (parent != null) headers.traceparent = parent;
  return new Promise((resolve, reject) => {
    const asked = ask({ host: '127.0.0.1', port, method: raw.method, path: raw.url, headers, agent });
    asked.once('response', (answer) => {
      const head = withoutConnection(answer.headers);
      onHead(head);
      if (!raw.complete) {
        // It did not wait for the rest.
        head.connection = 'close';
        raw.unpipe(asked);
        answer.once('end', () => asked.destroy());
      }
      reply.hijack();
      reply.raw.writeHead(answer.statusCode!, head);
      // Where either end breaks off the other does, and the caller sees an answer without its end.
      pipeline(answer, reply.raw, { end: false }).then(() => untilCallerStops(raw)).then(() => reply.raw.end(), () => reply.raw.destroy());
      resolve(reply);
    });
    // Once there is an answer its own end tells what became of it.
    asked.on('error', () => reject(new AssayError('UNAVAILABLE', 'the process that works on this has ended; send it again, with its idempotency key', { retryAfterSeconds: 1 })));
    onceGone(reply.raw, () => asked.destroy());
    if (body) asked.end(body);
    else raw.pipe(asked);
  });
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const left = { ...headers };
  for (const name of OF_THE_CONNECTION) delete left[name];
  return left;
}
