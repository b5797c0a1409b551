import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Logger } from '@nestjs/common';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config.js';
import type { Outages } from '../database/outages.js';
import { AssayError } from '../errors.js';
import type { CallKind, Callers } from '../lanes/callers.js';
import { inPlace, type Place } from '../place.js';
import type { Authenticator, Principal } from '../principal.js';
import type { Admission } from '../request-context.js';
import { isOpenRoute, type streamed } from './http.js';
import { onceGone } from './once-gone.js';
import type { Annex } from './annex.js';
import { inTrace, Trace } from '../trace.js';
import { toPublicError } from './public-error.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, as the door has found out. Null without a key, and at the routes that are open to all. */
    principal: Principal | null;
    admission: Admission | null;
    /** Where its work takes its turn; GraphQL changes the lane once it knows the operation. */
    place: Place | null;
    /** From when its caller is known until it is answered. */
    trace: Trace | null;
  }
}

/** What comes behind these is never read. */
const BODILESS = new Set(['GET', 'HEAD', 'TRACE']);

/** A body of this size that nobody wants is read and dropped, so that its connection can be used again. */
const DROPPED_BYTES = 64 * 1024;

const logger = new Logger('http');

export interface DoorKeepers {
  authenticator: Authenticator;
  callers: Callers;
  outages: Outages;
  /** Null in a process that works on everything itself. */
  annex: Annex | null;
}

/**
 * Stands before every request and every body: not a byte is read for a caller without a key in force, or for one who has as much
 * under way as a key or a workspace may; and of a call that is held in memory whole the rest must come within its time. Callers
 * who open many connections and send little would else fill the memory, key or not.
 */
export function guardDoor(fastify: FastifyInstance, settings: Settings, keepers: DoorKeepers): void {
  const { annex } = keepers;
  fastify.decorateRequest('principal', null).decorateRequest('admission', null).decorateRequest('place', null).decorateRequest('trace', null);
  let isStopping = false;
  fastify.addHook('preClose', (done) => {
    isStopping = true;
    done();
  });
  fastify.addHook('onRequest', async (request, reply) => {
    if (isStopping) return refuse(request, reply, stopping());
    if (isOpenRoute(request.routeOptions.url)) return;
    try {
      await letIn(request, reply, settings, keepers);
      if (annex && request.principal) {
        annex.see(request.principal);
        const taken = annex.takeUnread(request, reply, isGraphql(request));
        if (taken) return await taken;
      }
    } catch (error) {
      const { isBug, message } = toPublicError(error);
      if (!keepers.outages.note(error, isGraphql(request) ? 'graphql' : 'http') && isBug) logger.error({ requestId: request.id, err: error }, message);
      return refuse(request, reply, error);
    }
    if (hasBody(request) && !isStreamed(request)) limitTime(request, reply, settings.BODY_TIMEOUT_SECONDS);
  });
  if (annex) fastify.addHook('preParsing', async (request, reply, payload) => {
    if (!isGraphql(request) || !request.admission) return payload;
    try {
      const body = await buffer(payload);
      return await annex.takeCall(request, reply, body) ?? Readable.from([body]);
    } catch (error) {
      // What came too late has its answer.
      return reply.sent ? payload : refuse(request, reply, error);
    }
  });
  // Behind the body, whose bytes come by events of the connection's: all that follows is of this place, and of this trace.
  fastify.addHook('preHandler', (request, _reply, done) => inTrace(request.trace, () => (request.place ? inPlace(request.place, done) : done())));
}

function stopping(): AssayError {
  return new AssayError('UNAVAILABLE', 'this process stops and takes nothing new; send it again, with its idempotency key, to another one or to its successor', { retryAfterSeconds: 1 });
}

/** Without a header and a body there is nothing to guard against: the route tells what it asks for. */
async function letIn(request: FastifyRequest, reply: FastifyReply, settings: Settings, { authenticator, callers }: DoorKeepers): Promise<void> {
  request.principal = await authenticator.authenticate(request.headers.authorization);
  if (!request.principal) {
    if (hasBody(request)) throw new AssayError('UNAUTHENTICATED', 'send an API key: Authorization: Bearer assay_...');
    return;
  }
  request.trace = traceOf(request, reply);
  const admission = await callers.admit(request.principal, kindOf(request), isStreamed(request) ? 0 : bytesTold(request, settings));
  if (reply.raw.destroyed) return admission.leave();
  request.admission = admission;
  reply.raw.once('close', () => admission.leave());
  request.place = { lane: isGraphql(request) ? 'reads' : 'bulk', workspaceId: request.principal.workspaceId };
}

/** Strangers leave no spans: they could make as many as they liked. */
function traceOf(request: FastifyRequest, reply: FastifyReply): Trace | null {
  const { id, method, headers, routeOptions: { url } } = request;
  const now = Date.now();
  const from = now - reply.elapsedTime;
  const { traceparent } = headers;
  const trace = Trace.begin(url ? `${method} ${url}` : method, typeof traceparent === 'string' ? traceparent : null, {
    kind: SpanKind.SERVER, from, attributes: { 'http.request.method': method, ...(url && { 'http.route': url }), 'assay.request_id': id },
  });
  if (!trace) return null;
  trace.past('key', now, { from });
  onceGone(reply.raw, () => {
    trace.root.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500 || !reply.raw.writableFinished) {
      trace.root.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', reply.raw.writableFinished ? String(reply.statusCode) : 'the caller has gone');
    }
    trace.end();
  });
  return trace;
}

function kindOf(request: FastifyRequest): CallKind {
  if (isStreamed(request)) return 'upload';
  return isGraphql(request) || request.routeOptions.url == null ? 'call' : 'download';
}

/** Of a length that nobody tells, all that a body may have. */
function bytesTold(request: FastifyRequest, settings: Settings): number {
  if (!hasBody(request)) return 0;
  return request.headers['transfer-encoding'] == null ? Math.min(Number(request.headers['content-length']), settings.MAX_BODY_BYTES) : settings.MAX_BODY_BYTES;
}

function isStreamed(request: FastifyRequest): boolean {
  return (request.routeOptions.config as Partial<typeof streamed> | undefined)?.streamed ?? false;
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

/** In the shape of the door that was asked at. What is left of a large body is not waited for: the connection ends with the answer. */
function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { isBug: _isBug, status, ...shown } = toPublicError(error);
  const { message, ...extensions } = { ...shown, requestId: request.id };
  if (shown.retryAfterSeconds != null) void reply.header('retry-after', String(shown.retryAfterSeconds));
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  const isSmall = status === 429 && request.headers['transfer-encoding'] == null && Number(request.headers['content-length'] ?? 0) <= DROPPED_BYTES;
  if (!isSmall) void reply.header('connection', 'close');
  return reply.status(status).send(isGraphql(request) ? { errors: [{ message, extensions }] } : { error: { ...extensions, message } });
}

function isGraphql(request: FastifyRequest): boolean {
  return request.routeOptions.url === '/graphql';
}
