import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config.js';
import type { Outages } from '../database/outages.js';
import { AssayError } from '../errors.js';
import type { Authenticator, Principal } from '../principal.js';
import type { streamed } from './http.js';
import { toPublicError } from './public-error.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request with a body: who sends it, as the door has found out before it. Null for others. */
    principal: Principal | null;
  }
}

/** What comes behind these is never read. */
const BODILESS = new Set(['GET', 'HEAD', 'TRACE']);

const logger = new Logger('http');

/**
 * Stands before every body: not a byte is read for a caller without a key in force, and of a call that is held in memory whole the
 * rest must come within its time. Callers who open many connections and send little would else fill the memory, key or not.
 */
export function guardBodies(fastify: FastifyInstance, settings: Settings, authenticator: Authenticator, outages: Outages): void {
  fastify.decorateRequest('principal', null);
  fastify.addHook('onRequest', async (request, reply) => {
    if (!hasBody(request)) return;
    try {
      request.principal = await authenticator.authenticate(request.headers.authorization);
      if (!request.principal) throw new AssayError('UNAUTHENTICATED', 'send an API key: Authorization: Bearer assay_...');
    } catch (error) {
      const { isBug, message } = toPublicError(error);
      if (!outages.note(error, isGraphql(request) ? 'graphql' : 'http') && isBug) logger.error({ requestId: request.id, err: error }, message);
      return refuse(request, reply, error);
    }
    if (!(request.routeOptions.config as Partial<typeof streamed> | undefined)?.streamed) limitTime(request, reply, settings.BODY_TIMEOUT_SECONDS);
  });
}

/** Also where no route is: its body would be read before that is told. */
function hasBody({ method, headers }: FastifyRequest): boolean {
  return !BODILESS.has(method) && (headers['transfer-encoding'] != null || Number(headers['content-length'] ?? 0) !== 0);
}

function limitTime(request: FastifyRequest, reply: FastifyReply, seconds: number): void {
  const timer = setTimeout(() => {
    if (reply.sent) return;
    void refuse(request, reply, new AssayError('LIMIT_EXCEEDED', `the body did not come within ${seconds} s (BODY_TIMEOUT_SECONDS); send it at once, and large files by POST /projects/:id/votes`, { status: 408 }));
  }, seconds * 1000);
  request.raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

/** In the shape of the door that was asked at. What is left of the body is not waited for: the connection ends with the answer. */
function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { isBug: _isBug, status, ...shown } = toPublicError(error);
  const { message, ...extensions } = { ...shown, requestId: request.id };
  if (shown.retryAfterSeconds != null) void reply.header('retry-after', String(shown.retryAfterSeconds));
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.status(status).header('connection', 'close').send(isGraphql(request) ? { errors: [{ message, extensions }] } : { error: { ...extensions, message } });
}

function isGraphql(request: FastifyRequest): boolean {
  return request.routeOptions.url === '/graphql';
}
