import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LogController, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Settings } from '../config.js';
import { requestSeconds } from '../metrics.js';

/** Bodies that a route reads as a stream itself, with its own bounds. */
export const streamedTypes = [
  'application/x-ndjson', 'application/ndjson', 'application/jsonl', 'text/csv', 'application/gzip', 'application/octet-stream',
  'application/vnd.apache.parquet', 'application/x-parquet', 'application/parquet',
];

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
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  for (const type of streamedTypes) {
    fastify.addContentTypeParser(type, { bodyLimit: settings.MAX_BULK_BYTES }, (_request, body, done) => done(null, body));
  }
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    void reply.header('x-content-type-options', 'nosniff');
    void reply.header('cache-control', 'no-store');
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

function readRequestId(given: string | string[] | undefined): string | null {
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : null;
}
