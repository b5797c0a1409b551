import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Outages } from '../database/outages.js';
import { toPublicError } from './public-error.js';
import type { RequestWithContext } from '../request-context.js';

/** Errors of REST routes; GraphQL's go through formatError to the same table. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  constructor(private readonly outages: Outages) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // A GraphQL resolver's error is left to graphql-js, which knows its path.
    if (host.getType<'http' | 'graphql'>() === 'graphql') throw error;
    const request = host.switchToHttp().getRequest<RequestWithContext>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { isBug, status, ...shown } = toPublicError(error);
    if (!this.outages.note(error, 'http') && isBug) this.logger.error({ requestId: request.id, err: error }, shown.message);
    if (reply.sent || reply.raw.headersSent) {
      // Too late for a status: end the stream without its closing mark, so that the caller sees a broken answer.
      reply.raw.destroy();
      return;
    }
    if (shown.retryAfterSeconds != null) void reply.header('retry-after', String(shown.retryAfterSeconds));
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.status(status).send({ error: { ...shown, requestId: request.id } });
  }
}
