import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { unwrapResolverError } from '@apollo/server/errors';
import { Logger, type DynamicModule } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { Budget } from '../budget.js';
import { Config, type Settings } from '../config.js';
import { Outages } from '../database/outages.js';
import { AssayError, errorStatus } from '../errors.js';
import { KeyWatch } from '../key-watch.js';
import { WorkLanes } from '../lanes/work-lanes.js';
import { PatientDriver } from './driver.js';
import { GRAPHQL_PATH } from './graphql.reference.js';
import { costLimit, documentLimits } from './limits.js';
import { meterSchema } from './metered-schema.js';
import { Authenticator } from '../principal.js';
import { toPublicError } from '../http/public-error.js';
import { onceGone } from '../http/once-gone.js';
import { readIdempotencyKey, RequestContext } from '../request-context.js';
import { BigIntScalar, DateTimeScalar } from './scalars.js';
import { spanned } from '../trace.js';
import { socketContext, socketDoor, type SocketContext } from './socket.js';
import { traceOperations } from './traced-operations.js';
import { refusedByDoor, takeTurns } from './turns.js';

/** TypeScript types that GraphQL knows under names of its own. */
const scalarsMap = [
  { type: Date, scalar: DateTimeScalar },
  { type: BigInt, scalar: BigIntScalar },
];

export function graphqlModule(): DynamicModule {
  return GraphQLModule.forRootAsync<ApolloDriverConfig>({
    driver: PatientDriver,
    inject: [Config, Authenticator, Outages, KeyWatch, WorkLanes],
    useFactory: (config: Config, authenticator: Authenticator, outages: Outages, keys: KeyWatch, lanes: WorkLanes): ApolloDriverConfig => {
      const { settings, isDevelopment } = config;
      const formatError = errorFormat(outages);
      let schema: GraphQLSchema;
      return {
        path: GRAPHQL_PATH,
        autoSchemaFile: true,
        sortSchema: true,
        buildSchemaOptions: { scalarsMap },
        graphiql: isDevelopment,
        // Nobody comes so far without a key.
        introspection: true,
        transformSchema: (made) => (schema = meterSchema(made)),
        hideSchemaDetailsFromClientErrors: !isDevelopment,
        includeStacktraceInErrorResponses: isDevelopment,
        parseOptions: { maxTokens: settings.MAX_QUERY_TOKENS, noLocation: false },
        validationRules: documentLimits(settings),
        // Its hints would be looked for at each field of each answer; no answer may be kept, which http.ts says of all.
        plugins: [ApolloServerPluginCacheControlDisabled(), costLimit(settings.MAX_QUERY_COST), takeTurns(lanes, config.isAnnex), finishErrors, traceOperations],
        autoTransformHttpErrors: false,
        formatError,
        // By HTTP (request, reply); by socket (socket, the subscription's id, ...).
        context: (from: FastifyRequest | SocketContext, to: FastifyReply | string) => (
          'extra' in from ? socketContext(authenticator, from, to as string) : httpContext(settings, outages, lanes, from, to as FastifyReply)
        ),
        subscriptions: { 'graphql-ws': socketDoor(settings, authenticator, keys, () => schema, formatError) as object },
      };
    },
  });
}

/** Made before the document is read: whoever has no key learns nothing of the schema by what is wrong with a document. */
async function httpContext(settings: Settings, outages: Outages, lanes: WorkLanes, request: FastifyRequest, reply: FastifyReply): Promise<RequestContext> {
  try {
    const { principal, admission, place } = request;
    if (!principal) throw new AssayError('UNAUTHENTICATED', 'send an API key: Authorization: Bearer assay_...');
    const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    const budget = new Budget({ cost: settings.MAX_QUERY_COST, bytes: settings.MAX_ANSWER_BYTES, milliseconds: settings.EXECUTION_TIMEOUT_MS });
    const context = new RequestContext(request.id, principal, idempotencyKey, budget, admission, place);
    context.weight.bodyBytes = Number(request.headers['content-length'] ?? settings.MAX_BODY_BYTES);
    onceGone(reply.raw, () => {
      context.endTurn();
      if (!reply.raw.writableFinished) budget.abandon();
      budget.end();
    });
    context.endTurn = await spanned('turn to be checked', {}, () => lanes.documents.enter(principal.workspaceId, 1, budget.signal));
    return context;
  } catch (error) {
    outages.note(error, 'graphql');
    throw refusedByDoor(error, request.id);
  }
}

const logger = new Logger('graphql');

/** Apollo's names for what is the caller's fault, found before any of our code runs. */
const clientFaults = new Set([
  'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'BAD_REQUEST', 'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** Every error of an answer passes here: refusals keep their words, faults are logged whole and told in general. */
const errorFormat = (outages: Outages) => (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
  // Of a caller whom the door refused, the request is told already; finishErrors does not see those.
  const { code, stacktrace, requestId, retryAfterSeconds } = formatted.extensions ?? {};
  if (code === 'GRAPHQL_PARSE_FAILED' && /call stack/.test(formatted.message)) {
    return { message: 'the document is nested too deeply to be read', extensions: { code: 'LIMIT_EXCEEDED' } };
  }
  if (/Validation aborted\.$/.test(formatted.message)) {
    return { message: 'the document has more faults, or more fields of one name to compare, than are looked at; mend those told first, and ask for each field once', extensions: { code: 'LIMIT_EXCEEDED', stacktrace } };
  }
  if (clientFaults.has(String(code))) return { ...formatted, extensions: { code: 'INVALID_INPUT', stacktrace } };
  if (String(code) in errorStatus) return { ...formatted, extensions: { code, requestId, retryAfterSeconds, stacktrace } };
  if (isRefusedByApollo(error)) return { ...formatted, extensions: { code: 'INVALID_INPUT', stacktrace } };
  const original = unwrapResolverError(error);
  const cause = original instanceof GraphQLError && original.originalError ? original.originalError : original;
  const { isBug, status: _status, message, ...shown } = toPublicError(cause);
  if (!outages.note(cause, 'graphql') && isBug) logger.error({ err: cause, path: formatted.path }, message);
  return { message, locations: formatted.locations, path: formatted.path, extensions: { ...shown, stacktrace } };
};

/** Some of Apollo's refusals have a status and no name of their own, such as a persisted query under a wrong hash. */
function isRefusedByApollo(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.originalError) return false;
  const { status } = (error.extensions.http ?? {}) as { status?: number };
  return status != null && status >= 400 && status < 500;
}

/**
 * Each error tells the request it belongs to, so that a caller's report leads to the log. And a document at fault is answered
 * with 400, but with 200 to callers who accept the old application/json alone, as GraphQL over HTTP asks for.
 */
const finishErrors: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response, operation, contextValue }) {
        if (response.body.kind !== 'single') return;
        contextValue.budget?.end();
        const refusal = contextValue.budget?.refusal
          ?? tooMuchToHold(contextValue, operation?.operation === OperationTypeNode.MUTATION);
        if (refusal) {
          // In place of the half of an answer, with an error for each field that was cut.
          response.body.singleResult = { errors: [{ message: refusal.message, extensions: { code: refusal.code, retryAfterSeconds: refusal.details.retryAfterSeconds } }] };
          response.http.status = refusal.status;
        }
        const { errors, data } = response.body.singleResult;
        for (const error of errors ?? []) Object.assign(error.extensions ?? {}, { requestId: contextValue.requestId });
        const wait = errors?.find((error) => error.extensions?.code === 'UNAVAILABLE' || error.extensions?.code === 'LIMIT_EXCEEDED')?.extensions?.retryAfterSeconds;
        if (typeof wait === 'number') response.http.headers.set('retry-after', String(wait));
        const accepts = request.http?.headers.get('accept') ?? '';
        const isDocumentFault = data === undefined && errors?.every((error) => error.extensions?.code === 'INVALID_INPUT');
        if (isDocumentFault && request.http?.method === 'POST' && /application\/json/.test(accepts) && !/graphql-response\+json|\*\/\*/.test(accepts)) response.http.status = 200;
      },
    };
  },
};

/** Smaller answers are gone in a moment. */
const HELD_ANSWER_BYTES = 1024 * 1024;

/** An answer is held until its caller has read it, which may take long. That of a mutation must not be refused any more: what it tells is done. */
function tooMuchToHold({ budget, admission }: RequestContext, isDone: boolean): AssayError | null {
  const bytes = budget?.bytesAnswered ?? 0;
  if (bytes < HELD_ANSWER_BYTES || isDone) return null;
  try {
    admission?.hold(bytes);
    return null;
  } catch (error) {
    return error as AssayError;
  }
}
