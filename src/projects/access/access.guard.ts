import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AssayError } from '../../platform/errors.js';
import { ANNOTATOR_METADATA, mayUse, SCOPE_METADATA, type Scope } from '../../platform/principal.js';
import { excerpt } from '../../platform/text.js';
import { readIdempotencyKey, RequestContext, requestContextOf, type RequestWithContext } from '../../platform/request-context.js';

/** Stands before every query, mutation, subscription and route: a key in force, with the scope that the handler asks for. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const scope = this.reflector.getAllAndOverride<Scope | 'open' | undefined>(SCOPE_METADATA, [context.getHandler(), context.getClass()]);
    if (scope === 'open') return true;
    if (scope == null) throw new Error(`${context.getClass().name}.${context.getHandler().name} declares no scope`);
    const { principal } = context.getType<'http' | 'graphql'>() === 'graphql'
      ? requestContextOf(context)
      : this.httpContext(context.switchToHttp().getRequest<FastifyRequest>());
    if (!principal) throw new AssayError('UNAUTHENTICATED', 'send an API key: Authorization: Bearer assay_...');
    if (principal.annotator != null && !this.reflector.get<boolean | undefined>(ANNOTATOR_METADATA, context.getHandler())) {
      throw new AssayError('FORBIDDEN', `this key is for the annotator ${excerpt(principal.annotator)} alone, who may ask for items, vote on them and take votes back; use another key for anything else`);
    }
    if (!mayUse(principal, scope)) throw new AssayError('FORBIDDEN', `this key lacks the scope ${scope}`);
    return true;
  }

  /** GraphQL's context is made by its own door; a route's is made here. */
  private httpContext(request: RequestWithContext): RequestContext {
    request.assay = new RequestContext(request.id, request.principal, readIdempotencyKey(request.headers['idempotency-key']));
    return request.assay;
  }
}
