import { randomUUID } from 'node:crypto';
import { GraphQLError, Kind, OperationTypeNode, parse, specifiedRules, validate, type DocumentNode, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import type { Settings } from '../config.js';
import { documentLimits } from './limits.js';
import type { Authenticator } from '../principal.js';
import { RequestContext } from '../request-context.js';

/** A socket as graphql-ws hands it on. */
export interface SocketContext {
  extra: unknown;
  connectionParams?: Record<string, unknown>;
}

/** The WebSocket door: for subscriptions alone, with the limits and the error answers of the HTTP door. */
export function socketDoor(
  settings: Settings, authenticator: Authenticator, formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): Partial<ServerOptions> & { path: string } {
  const rules = [...specifiedRules, ...documentLimits(settings)];
  const format = (error: GraphQLError) => formatError(error.toJSON(), error);
  return {
    path: '/graphql',
    onConnect: async (socket) => (await authenticator.authenticate(authorizationOf(socket)).catch(() => null)) != null,
    // Parsed here for its faults alone: thrown from graphql-ws's own parsing, they would close the socket.
    onSubscribe: (_socket, _id, { query }) => syntaxFaults(query, settings.MAX_QUERY_TOKENS),
    validate: (schema: GraphQLSchema, document: DocumentNode) => [
      ...validate(schema, document, rules).map((fault) => (fault.extensions.code ? fault : refusal(fault.message))),
      ...notSubscriptions(document),
    ],
    onError: (_socket, _id, _payload, errors) => errors.map(format),
    onNext: (_socket, _id, _payload, _args, result) => (result.errors ? { ...result, errors: result.errors.map(format) } : undefined),
  };
}

/** Made anew for each subscription: a key revoked since the socket was opened opens nothing more. */
export async function socketContext(authenticator: Authenticator, socket: SocketContext): Promise<RequestContext> {
  return new RequestContext(`ws-${randomUUID()}`, await authenticator.authenticate(authorizationOf(socket)));
}

function syntaxFaults(query: string, maxTokens: number): GraphQLError[] | undefined {
  try {
    parse(query, { maxTokens });
    return undefined;
  } catch (error) {
    return [refusal((error as Error).message)];
  }
}

/** Queries and mutations have one door, with a cost limit and idempotency keys. */
function notSubscriptions(document: DocumentNode): GraphQLError[] {
  return document.definitions.flatMap((definition) => (
    definition.kind === Kind.OPERATION_DEFINITION && definition.operation !== OperationTypeNode.SUBSCRIPTION
      ? [refusal(`a socket takes subscriptions only; send this ${definition.operation} by HTTP`)]
      : []
  ));
}

function refusal(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
}

function authorizationOf(socket: SocketContext): string | undefined {
  const given = socket.connectionParams?.authorization ?? socket.connectionParams?.Authorization;
  return typeof given === 'string' ? given : undefined;
}
