import { randomUUID } from 'node:crypto';
import { getOperationAST, GraphQLError, Kind, OperationTypeNode, parse, specifiedRules, validate, type DocumentNode, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import type { Settings } from '../config.js';
import type { WebSocket } from 'ws';
import type { KeyWatch } from '../key-watch.js';
import { documentLimits, operationCheck, tooMuch } from './limits.js';
import type { Authenticator } from '../principal.js';
import { RequestContext } from '../request-context.js';
import { subscribeByMessage } from './subscription-events.js';

/** A socket as graphql-ws hands it on. */
export interface SocketContext {
  extra: unknown;
  connectionParams?: Record<string, unknown>;
}

/** The WebSocket door: for subscriptions alone, with the limits and the error answers of the HTTP door. */
export function socketDoor(
  settings: Settings, authenticator: Authenticator, keys: KeyWatch, schema: () => GraphQLSchema, formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): Partial<ServerOptions> & { path: string } {
  const rules = [...specifiedRules, ...documentLimits(settings)];
  const opened = new OpenSockets();
  const checkCost = operationCheck(settings.MAX_QUERY_COST);
  const format = (socket: object, id: string, error: GraphQLError) => {
    const formatted = formatError(error.toJSON(), error);
    return { ...formatted, extensions: { ...formatted.extensions, requestId: requestIdOf(socket, id) } };
  };
  return {
    path: '/graphql',
    onConnect: async (socket) => {
      const authorization = authorizationOf(socket);
      const principal = await authenticator.authenticate(authorization).catch(() => null);
      if (!principal) return false;
      const { socket: wire } = socket.extra as { socket: WebSocket };
      // Gone while its key was looked up: nobody would close it again.
      if (wire.readyState !== wire.OPEN) return false;
      if (!opened.open(principal.keyId, settings.MAX_SOCKETS_PER_KEY)) {
        wire.close(4429, `this key has ${settings.MAX_SOCKETS_PER_KEY} sockets open already`);
        return false;
      }
      const leave = keys.watch(authorization!, () => wire.close(4403, 'this API key is not in force any more'));
      wire.once('close', () => {
        opened.close(principal.keyId);
        leave();
      });
      return true;
    },
    // All is looked at here: faults thrown from graphql-ws's own parsing would close the socket.
    onSubscribe: (socket, _id, { query, operationName, variables }) => {
      if (Object.keys(socket.subscriptions).length > settings.MAX_SUBSCRIPTIONS_PER_SOCKET) {
        return [tooMuch(`the socket has ${settings.MAX_SUBSCRIPTIONS_PER_SOCKET} subscriptions already; complete some, or open another`)];
      }
      const document = parsed(query, settings.MAX_QUERY_TOKENS);
      if (document instanceof GraphQLError) return [document];
      const faults = [...validate(schema(), document, rules).map((fault) => (fault.extensions.code ? fault : refusal(fault.message))), ...notSubscriptions(document)];
      if (faults.length > 0) return faults;
      if (!getOperationAST(document, operationName)) return [refusal('operationName does not tell which operation is meant; name one that the document has')];
      const { refusal: tooCostly } = checkCost(schema(), document, operationName, variables ?? {});
      return tooCostly ? [tooCostly] : { schema: schema(), document, operationName, variableValues: variables };
    },
    subscribe: (args) => subscribeByMessage(args, { cost: settings.MAX_QUERY_COST, bytes: settings.MAX_ANSWER_BYTES, milliseconds: settings.EXECUTION_TIMEOUT_MS }),
    onError: (socket, id, _payload, errors) => errors.map((error) => format(socket, id, error)),
    onNext: (socket, id, _payload, _args, result) => (
      result.errors ? { ...result, errors: result.errors.map((error) => format(socket, id, error)) } : undefined
    ),
  };
}

/** Made anew for each subscription: a key revoked since the socket was opened opens nothing more. */
export async function socketContext(authenticator: Authenticator, socket: SocketContext, id: string): Promise<RequestContext> {
  return new RequestContext(requestIdOf(socket, id), await authenticator.authenticate(authorizationOf(socket)));
}

/** How many each key has. */
class OpenSockets {
  private readonly counts = new Map<number, number>();

  open(keyId: number, most: number): boolean {
    const count = this.counts.get(keyId) ?? 0;
    if (count >= most) return false;
    this.counts.set(keyId, count + 1);
    return true;
  }

  close(keyId: number): void {
    const count = this.counts.get(keyId)! - 1;
    if (count > 0) this.counts.set(keyId, count);
    else this.counts.delete(keyId);
  }
}

const socketIds = new WeakMap<object, string>();

/** One for the socket, and within it the caller's own id of the subscription, which the log and the answers then share. */
function requestIdOf(socket: object, id: string): string {
  let known = socketIds.get(socket);
  if (!known) socketIds.set(socket, known = randomUUID());
  return `ws-${known}:${id.replace(/[^\w.:-]/g, '_').slice(0, 100)}`;
}

function parsed(query: string, maxTokens: number): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    return refusal((error as Error).message);
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
