import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LogController, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Settings } from '../config.js';
import { requestSeconds } from '../metrics.js';
import { toPublicError } from './public-error.js';

/** For @RouteConfig: the route reads its body as a stream itself, with its own bounds, whatever type it is said to be of. */
export const streamed = { streamed: true };

const STREAM = 'application/octet-stream';
const typeOf = new WeakMap<object, string | undefined>();

/** The content type that the caller of a streamed route named. */
export function givenType(request: FastifyRequest): string | undefined {
  return typeOf.get(request.raw);
}

export function createHttpAdapter(settings: Settings, logger: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    // One line a request, written below.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: settings.MAX_BODY_BYTES,
    genReqId: (request: IncomingMessage) => readRequestId(request.headers['x-request-id']) ?? randomUUID(),
    // A stop closes idle connections at once and waits for the busy ones.
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    frameworkErrors: refuse,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
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
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const seconds = reply.elapsedTime / 1000;
    requestSeconds.observe({ method: request.method, route, status: reply.statusCode }, seconds);
    if (route !== '/livez' && route !== '/readyz' && route !== '/metrics') {
      request.log.info({ method: request.method, route, status: reply.statusCode, seconds }, 'request');
    }
    done();
  });
  return adapter;
}

/** What the router refuses before there is a route, in the form of all other refusals. */
function refuse(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { isBug: _isBug, status, ...shown } = toPublicError(error);
  void reply.status(status).headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  void reply.send({ error: { ...shown, requestId: request.id } });
}

function readRequestId(given: string | string[] | undefined): string | null {
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : null;
}
