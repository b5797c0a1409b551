import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { FastifyRequest } from 'fastify';
import DataLoader from 'dataloader';
import type { Budget } from './budget.js';
import { AssayError } from './errors.js';
import { type Parameter, text } from './openapi.js';
import type { Place } from './place.js';
import type { Principal } from './principal.js';

/** A request that was let in. */
export interface Admission {
  /** Before so many bytes more are held in memory for it. @throws LIMIT_EXCEEDED (429) */
  hold(bytes: number): void;
  /** Once it is over. */
  leave(): void;
}

/** What one request carries: made at the door, gone with the answer. */
export class RequestContext {
  private readonly loaders = new Map<string, DataLoader<unknown, unknown>>();

  constructor(
    readonly requestId: string,
    readonly principal: Principal | null,
    readonly idempotencyKey: string | null = null,
    /** Of an operation by HTTP; routes and sockets have none. */
    readonly budget: Budget | null = null,
    readonly admission: Admission | null = null,
    readonly place: Place | null = null,
  ) {}

  /** Ends the turn that its operation has among others; does nothing where it has none. */
  endTurn: () => void = () => undefined;
  readonly weight = { bodyBytes: 0, cost: 0 };

  /**
   * The loader of that name for this request, made at first use: all keys asked for in one tick go to `load` in one call.
   * `name` must tell everything that `load` closes over (a run id, say).
   */
  loader<K extends number | string, V>(name: string, load: (keys: readonly K[]) => Promise<(V | null)[]>): DataLoader<K, V | null> {
    let loader = this.loaders.get(name);
    if (!loader) {
      loader = new DataLoader(load as (keys: readonly unknown[]) => Promise<unknown[]>, { maxBatchSize: 1000 });
      this.loaders.set(name, loader);
    }
    return loader as unknown as DataLoader<K, V | null>;
  }
}

/** The caller's key. Guards have let nobody through without one. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = requestContextOf(context);
  if (!principal) throw new AssayError('UNAUTHENTICATED', 'send an API key: Authorization: Bearer assay_...');
  return principal;
});

/** The whole context, for loaders, request ids and idempotency keys. */
export const Context = createParamDecorator((_: unknown, context: ExecutionContext) => requestContextOf(context));

export type RequestWithContext = FastifyRequest & { assay?: RequestContext };

export function requestContextOf(context: ExecutionContext): RequestContext {
  const found = context.getType<'http' | 'graphql'>() === 'graphql'
    ? GqlExecutionContext.create(context).getContext<RequestContext>()
    : context.switchToHttp().getRequest<RequestWithContext>().assay;
  if (!found) throw new Error('this request passed no door that made its context');
  return found;
}

/** What a caller may number a request by. */
export const REQUEST_ID = /^[\w.:-]{1,100}$/;

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** The header as the reference has it. */
export const idempotencyKeyParameter: Parameter = {
  name: 'idempotency-key', in: 'header', schema: text(undefined, { pattern: IDEMPOTENCY_KEY.source }),
  description: 'Makes a request safe to send again within a day: what is stored is not written twice, and the answer is that of the first time.',
};

/** An Idempotency-Key header as it may be: 1 to 200 visible characters. */
export function readIdempotencyKey(header: string | string[] | null | undefined): string | null {
  if (header == null) return null;
  if (typeof header !== 'string' || !IDEMPOTENCY_KEY.test(header)) {
    throw new AssayError('INVALID_INPUT', 'an idempotency key has 1 to 200 visible ASCII characters without spaces', { field: 'idempotencyKey' });
  }
  return header;
}

/** The key of a mutation: from its input, or else from the header. */
export function idempotencyKeyOf(context: RequestContext, input: { idempotencyKey?: string | null }): string | null {
  return readIdempotencyKey(input.idempotencyKey) ?? context.idempotencyKey;
}

/** Whose answers may be replayed to this caller: a key of one annotator sees none that another key was given, nor that there is one. */
export function idempotencyOf(context: RequestContext, input: { idempotencyKey?: string | null }): { key: string | null; ownerKeyId: number | null } {
  const { annotator, keyId } = context.principal!;
  return { key: idempotencyKeyOf(context, input), ownerKeyId: annotator == null ? null : keyId };
}
