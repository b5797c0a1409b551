import { errorStatus } from '../errors.js';
import { refusal } from '../http/refusals.js';
import { type Answer, count, text, type Operation, type Parameter, type Schema } from '../openapi.js';
import { type Scope, scopes } from '../principal.js';
import { REQUEST_ID } from '../request-context.js';

export interface Route {
  method: 'get' | 'post' | 'options';
  /** As the router has it: `/projects/:id/votes.:format`. */
  pattern: string;
  scope: Scope | 'any' | 'open';
  operation: Operation;
}

/** What `{id}` and the like are in addresses. */
const placeholders: Readonly<Record<string, string>> = { id: 'The global id of a project, as `createProject` gives it.' };

const requestId: Parameter = { name: 'x-request-id', in: 'header', description: 'A number for this request, under which the log has it; one is made where none is given.', schema: text(undefined, { pattern: REQUEST_ID.source }) };
const toldRequestId = { description: 'The number under which the log has this request.', schema: text() };
const headers = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
const waiting = { ...headers, 'retry-after': { description: 'After how many seconds to send it again.', schema: count() } };

/** Refusals of many routes, which stand once in the document. */
const shared = {
  NoKey: { ...refusal('UNAUTHENTICATED', 'there is no key in force. No byte of a body is read, and the connection ends.'), headers },
  NoScope: { ...refusal('FORBIDDEN', 'the key lacks the scope, or is for one annotator alone.'), headers },
  TooMuch: { ...refusal('LIMIT_EXCEEDED', 'the key or its workspace has as much under way as it may, or calls too often. Nothing was done.'), headers: waiting },
  NotNow: { ...refusal('UNAVAILABLE', 'the database cannot do this now, or the process stops: send it again.'), headers: waiting },
  Otherwise: { ...refusal('INTERNAL', 'any other refusal; 500 and INTERNAL are a fault of ours.'), headers },
};

/** What each route may refuse, by the scope it asks for. */
function refusedBy(scope: Route['scope']): Record<string, object> {
  const at = (name: keyof typeof shared) => ({ $ref: `#/components/responses/${name}` });
  const always = { [errorStatus.UNAVAILABLE]: at('NotNow'), default: at('Otherwise') };
  if (scope === 'open') return always;
  const keyed = { ...always, [errorStatus.UNAUTHENTICATED]: at('NoKey'), 429: at('TooMuch') };
  return scope === 'any' ? keyed : { ...keyed, [errorStatus.FORBIDDEN]: at('NoScope') };
}

/** The document of the routes, by OpenAPI 3.1. @throws Error where two operations have one name, or two schemas one title */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const ids = new Set<string>();
  for (const route of routes) {
    const path = pathOf(route);
    const item = (paths[path] ??= placed(path));
    if (ids.has(route.operation.id)) throw new Error(`two operations are called ${route.operation.id}`);
    ids.add(route.operation.id);
    item[route.method] = operationOf(route);
    if (route.method === 'get') item.head = headOf(route);
  }
  const schemas: Record<string, object> = {};
  const told = hoisted({ paths: sorted(paths), responses: shared }, schemas) as Record<'paths' | 'responses', object>;
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Votes of many annotators in, soft labels and annotator reliability out. These are the routes by HTTP: files in and out, and how a process does. All else is GraphQL at POST /graphql, whose schema is schema.graphql.',
    },
    servers: [{ url: '/' }],
    paths: told.paths,
    components: {
      schemas: sorted(schemas), responses: told.responses, parameters: { RequestId: requestId }, headers: { RequestId: toldRequestId },
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: `An API key, assay_..., of the scope that the operation names; there are ${scopes.join(', ')}. project:admin includes all but workspace:admin, which includes all.` } },
    },
  };
}

function pathOf({ pattern, operation }: Route): string {
  const whole = operation.path == null ? pattern : `${pattern.slice(0, pattern.lastIndexOf('/'))}/${operation.path}`;
  return whole.replace(/:(\w+)/g, '{$1}');
}

function placed(path: string): Record<string, object> {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, description: placeholders[name!], schema: text() }));
  return parameters.length > 0 ? { parameters } : {};
}

function operationOf({ scope, operation }: Route): object {
  const { id, tag, summary, description, parameters = [], body, answers } = operation;
  const given = Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, withHeaders(answer)]));
  return {
    operationId: id, tags: [tag], summary, ...(description && { description }),
    security: securityOf(scope),
    parameters: [...parameters, { $ref: '#/components/parameters/RequestId' }],
    ...(body && { requestBody: { required: true, ...body } }),
    responses: { ...refusedBy(scope), ...given },
  };
}

/** Fastify answers HEAD wherever it answers GET. */
function headOf({ scope, operation: { id, tag, summary, parameters = [], answers } }: Route): object {
  const good = Object.entries(answers).filter(([status]) => Number(status) < 400);
  return {
    operationId: `${id}Head`, tags: [tag], summary: `${summary.replace(/\.$/, '')}: the head of that answer alone.`, security: securityOf(scope), parameters: [...parameters, { $ref: '#/components/parameters/RequestId' }],
    responses: { ...Object.fromEntries(good.map(([status, { content: _, ...answer }]) => [status, withHeaders(answer)])), default: { description: 'The status of the refusal that GET would tell.', headers } },
  };
}

function securityOf(scope: Route['scope']): object[] {
  return scope === 'open' ? [] : [{ key: scope === 'any' ? [] : [scope] }];
}

function withHeaders(answer: Answer): object {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Each schema with a title in one place, and references to it where it was. */
function hoisted(value: unknown, schemas: Record<string, object>): unknown {
  if (Array.isArray(value)) return value.map((one) => hoisted(one, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hoisted(one, schemas)]));
  if (typeof inner.title !== 'string') return inner;
  const { title, ...schema } = inner as Schema & { title: string };
  if (schemas[title] && JSON.stringify(schemas[title]) !== JSON.stringify(schema)) throw new Error(`two schemas are called ${title}`);
  schemas[title] = schema;
  return { $ref: `#/components/schemas/${title}` };
}
