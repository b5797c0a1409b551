import { randomUUID } from 'node:crypto';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { unwrapResolverError } from '@apollo/server/errors';
import { Logger, type DynamicModule } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { Config } from './config.js';
import { costLimit, documentLimits } from './limits.js';
import { Authenticator } from './principal.js';
import { isClientFault, toPublicError } from './public-error.js';
import { readIdempotencyKey, RequestContext } from './request-context.js';
import { BigIntScalar, DateTimeScalar, JsonScalar, ProbabilityScalar } from './scalars.js';

/** How the schema is put together, for the server and for the script that writes schema.graphql. */
export const schemaOptions = {
  scalarsMap: [
    { type: Date, scalar: DateTimeScalar },
    { type: BigInt, scalar: BigIntScalar },
  ],
  resolvers: { JSON: JsonScalar, Probability: ProbabilityScalar },
};

export function graphqlModule(): DynamicModule {
  return GraphQLModule.forRootAsync<ApolloDriverConfig>({
    driver: ApolloDriver,
    inject: [Config, Authenticator],
    useFactory: (config: Config, authenticator: Authenticator): ApolloDriverConfig => {
      const { settings, isDevelopment } = config;
      return {
        path: '/graphql',
        autoSchemaFile: true,
        sortSchema: true,
        buildSchemaOptions: { scalarsMap: schemaOptions.scalarsMap },
        resolvers: schemaOptions.resolvers,
        graphiql: isDevelopment,
        // Always on for the engine: anonymous callers are refused one by one, in costLimit.
        introspection: true,
        hideSchemaDetailsFromClientErrors: !isDevelopment,
        includeStacktraceInErrorResponses: isDevelopment,
        parseOptions: { maxTokens: settings.MAX_QUERY_TOKENS, noLocation: false },
        validationRules: documentLimits(settings),
        plugins: [costLimit(settings.MAX_QUERY_COST)],
        autoTransformHttpErrors: false,
        status400ForVariableCoercionErrors: true,
        formatError,
        context: (request: FastifyRequest | SocketContext, reply?: FastifyReply) =>
          reply ? httpContext(authenticator, request as FastifyRequest) : socketContext(authenticator, request as SocketContext),
        subscriptions: {
          'graphql-ws': {
            path: '/graphql',
            onConnect: async (socket) => {
              const principal = await authenticator.authenticate(authorizationOf(socket)).catch(() => null);
              return principal != null;
            },
          },
        },
      };
    },
  });
}

interface SocketContext {
  connectionParams?: Record<string, unknown>;
}

function authorizationOf(socket: SocketContext): string | undefined {
  const given = socket.connectionParams?.authorization ?? socket.connectionParams?.Authorization;
  return typeof given === 'string' ? given : undefined;
}

async function httpContext(authenticator: Authenticator, request: FastifyRequest): Promise<RequestContext> {
  try {
    const principal = await authenticator.authenticate(request.headers.authorization);
    return new RequestContext(request.id, principal, readIdempotencyKey(request.headers['idempotency-key']));
  } catch (error) {
    // Apollo answers a failed context with 500 unless it is told otherwise.
    const { status, code, message } = toPublicError(error);
    throw new GraphQLError(message, { originalError: error as Error, extensions: { code, requestId: request.id, http: { status } } });
  }
}

/** Made anew for each subscription: a key revoked since the socket was opened opens nothing more. */
async function socketContext(authenticator: Authenticator, socket: SocketContext): Promise<RequestContext> {
  return new RequestContext(`ws-${randomUUID()}`, await authenticator.authenticate(authorizationOf(socket)));
}

const logger = new Logger('graphql');

function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = unwrapResolverError(error);
  if (original instanceof GraphQLError && isClientFault(original)) {
    // Syntax, validation, limits: graphql-js tells the place; Apollo's codes become ours.
    const code = String(formatted.extensions?.code);
    return { ...formatted, extensions: { ...formatted.extensions, code: ourCode(code) } };
  }
  const cause = original instanceof GraphQLError && original.originalError ? original.originalError : original;
  const { isBug, status: _status, message, ...shown } = toPublicError(cause);
  if (isBug) logger.error({ err: cause, path: formatted.path }, message);
  return {
    message,
    locations: formatted.locations,
    path: formatted.path,
    extensions: { ...shown, requestId: formatted.extensions?.requestId, stacktrace: formatted.extensions?.stacktrace },
  };
}

function ourCode(code: string): string {
  const known = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'LIMIT_EXCEEDED', 'INVALID_INPUT', 'UNAVAILABLE'];
  return known.includes(code) ? code : 'INVALID_INPUT';
}
