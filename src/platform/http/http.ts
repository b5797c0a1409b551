import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LogController, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { refusedCalls, requestSeconds } from '../metrics.js';
import { REQUEST_ID } from '../request-context.js';
import { lingering } from './lingering.js';
import { toPublicError } from './public-error.js';

/** For @RouteConfig: the route reads its body as a stream itself, with its own bounds, whatever type it is said to be of. */
export const streamed = { streamed: true };

const openRoutes = new Set(['/livez', '/readyz', '/metrics', '/openapi.json']);

/** Of those that tell how the process does, and what its routes are: they ask for no key, and stand in no line. */
export function isOpenRoute(url: string | undefined): boolean {
  return url != null && openRoutes.has(url);
}

/** A key and a handful of names: callers' heads have about 500 bytes. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Within which a head must have come, looked at each so often. */
const HEADERS_MS = 15_000;
const CHECKING_MS = 5_000;

const STREAM = 'application/octet-stream';
const typeOf = new WeakMap<object, string | undefined>();

/** The content type that the caller of a streamed route named. */
export function givenType(request: FastifyRequest): string | undefined {
  return typeOf.get(request.raw);
}

export function createHttpAdapter({ settings, isAnnex }: Config, logger: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    // One line a request, written below.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: settings.MAX_BODY_BYTES,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECKING_MS },
    genReqId: (request: IncomingMessage) => readRequestId(request.headers['x-request-id']) ?? randomUUID(),
    // A stop closes idle connections at once and waits for the busy ones.
    forceCloseConnections: 'idle',
    // Nor are those refused here that still come on them: the door does, in a form that clients read.
    return503OnClosing: false,
    frameworkErrors: refuse,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  limitConnections(fastify.server, settings.MAX_CONNECTIONS_PER_ADDRESS);
  fastify.addContentTypeParser(STREAM, { bodyLimit: settings.MAX_BULK_BYTES }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    void reply.header('x-content-type-options', 'nosniff');
    void reply.header('cache-control', 'no-store');
    if ((request.routeOptions.config as Partial<typeof streamed>).streamed) {
      // Fastify chooses the parser by the type, and has some of its own that read the body whole.
      typeOf.set(request.raw, request.headers['content-type']);
      request.headers['content-type'] = STREAM;
    }
    done();
  });
  // An annex never hangs up on the process that asks it: amid a body that is still sent, that would take the answer with it.
  if (isAnnex) fastify.addHook('onSend', (_request, reply, payload, done) => {
    void reply.removeHeader('connection');
    done(null, payload);
  });
  else fastify.addHook('onSend', (request, reply, payload, done) => {
    if (request.raw.complete || typeof payload !== 'string') return done(null, payload);
    // What follows the body on this connection would wait for a body that nobody reads. The caller is not kept waiting for the end:
    // it knows the answer's length.
    void reply.header('connection', 'close').header('content-length', Buffer.byteLength(payload));
    done(null, lingering(request.raw, payload));
  });
  // What an annex answers is counted and logged where it was asked.
  if (!isAnnex) fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const seconds = reply.elapsedTime / 1000;
    requestSeconds.observe({ method: request.method, route, status: reply.statusCode }, seconds);
    if (!isOpenRoute(route)) {
      request.log.info({ method: request.method, route, status: reply.statusCode, seconds }, 'request');
    }
    done();
  });
  return adapter;
}

/** Whoever has as many open already is hung up on: there is no request yet that could be answered. */
function limitConnections(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > most) {
      refusedCalls.inc({ limit: 'connections' });
      return socket.destroy();
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = open.get(address)! - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

/** What the router refuses before there is a route, in the form of all other refusals. */
function refuse(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { isBug: _isBug, status, ...shown } = toPublicError(error);
  void reply.status(status).headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  void reply.send({ error: { ...shown, requestId: request.id } });
}

function readRequestId(given: string | string[] | undefined): string | null {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : null;
}
