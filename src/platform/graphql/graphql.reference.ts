import { errorStatus } from '../errors.js';
import { refusal, refusalMembers } from '../http/refusals.js';
import { type Answer, json, listOf, object, orNull, type Parameter, type Schema, text } from '../openapi.js';
import { idempotencyKeyParameter } from '../request-context.js';

/** Where the driver puts GraphQL. */
export const GRAPHQL_PATH = '/graphql';

const { message: _message, ...extensions } = refusalMembers;
const anything: Schema = { type: 'object' };
const error = object<{ message: string; locations?: object[]; path?: unknown[]; extensions: object }>('GraphqlError', {
  message: text('What is wrong, for people: with the value and the remedy.'),
  locations: listOf(anything, 'Where in the document.'),
  path: listOf({ type: ['string', 'integer'] }, 'The field of the answer.'),
  extensions: object(null, extensions, ['field', 'retryAfterSeconds', 'requestId']),
}, ['locations', 'path']);

const members = { query: text('The document.'), operationName: orNull(text('Which of its operations, where it has several.')), variables: orNull(anything), extensions: orNull(anything) };
const call = object<{ query?: string; operationName?: string | null; variables?: object | null; extensions?: object | null }>('GraphqlCall', members, ['query', 'operationName', 'variables', 'extensions']);
const answered = object<{ data?: object | null; errors?: object[]; extensions?: object }>('GraphqlAnswer', {
  data: orNull({ ...anything, description: 'The fields that were asked for; null, or left out, where none could be answered.' }), errors: listOf(error), extensions: anything,
}, ['data', 'errors', 'extensions']);

/** In the form that the caller accepts. */
const inEither = (description: string): Answer => ({ description, content: { 'application/json': { schema: answered }, 'application/graphql-response+json': { schema: answered } } });

const answers: Record<string, Answer> = {
  200: inEither('The fields that were asked for, and the errors of those that have none. Of a subscription, which is for sockets, an error.'),
  400: inEither('INVALID_INPUT: the document does not fit the schema; or LIMIT_EXCEEDED: it is too large, too deep or too costly. Callers who accept application/json alone are answered 200 to the first.'),
  408: json('LIMIT_EXCEEDED: the body did not come in time.', answered),
};
/** What the door refuses, in the form of all answers here. */
const byDoor = Object.fromEntries((['UNAUTHENTICATED', 'LIMIT_EXCEEDED', 'UNAVAILABLE'] as const).map((code) => [errorStatus[code], refusal(code, 'as errors of GraphQL.', answered)]));
const tooMuch = { 429: refusal('LIMIT_EXCEEDED', 'the key or its workspace has as much under way as it may, or calls too often. Nothing was done.', answered) };
const otherwise = { default: inEither('Any other refusal, as errors of GraphQL.') };

const inQuery = Object.keys(members).map((name): Parameter => {
  const isText = name === 'query' || name === 'operationName';
  return { name, in: 'query', description: `As in the body of POST${isText ? '' : ', written as JSON'}.`, schema: text(undefined, isText ? {} : { contentMediaType: 'application/json' }) };
});

const all = { tag: 'GraphQL', answers: { ...answers, ...byDoor, ...tooMuch, ...otherwise } };
const route = { pattern: GRAPHQL_PATH, scope: 'any' } as const;

/** The door of GraphQL, whose routes the driver makes. What can be asked there is in schema.graphql, which no caller without a key is told. */
export const graphqlRoutes = [
  {
    ...route, method: 'post', operation: {
      ...all, id: 'graphql', summary: 'All but files: queries and mutations.', description: 'Each query and mutation asks for a scope of its own. Fields, arguments and types are in schema.graphql, and told to whoever asks with a key.',
      parameters: [idempotencyKeyParameter], body: { description: 'One operation.', content: { 'application/json': { schema: call } } },
    },
  },
  {
    ...route, method: 'get', operation: {
      ...all, id: 'graphqlByGet', summary: 'Queries by their address; and the WebSocket of subscriptions.', parameters: inQuery,
      description: 'Queries need a header that no simple request of a browser has, such as `content-type: application/json`. Subscriptions come by a WebSocket (`Upgrade: websocket`) with the protocol graphql-transport-ws, whose connection_init has the key.',
    },
  },
  { ...route, method: 'options', operation: { ...all, id: 'graphqlOptions', summary: 'Nothing: there are no calls from other origins, and this is refused.' } },
] as const;
