import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportTables } from '../../src/exports/export-tables.js';
import { importOptionSpecs } from '../../src/formats/foreign/options.js';
import { formats, readableFormats } from '../../src/formats/formats.js';
import { platforms } from '../../src/formats/platforms/platforms.js';
import { errorStatus } from '../../src/platform/errors.js';
import { startService, type Service } from '../setup/service.js';

interface Told {
  parameters?: { name?: string; in?: string; schema?: { enum?: string[] } }[];
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: object }>; headers?: Record<string, object> }>;
  security: Record<string, string[]>[];
}
interface Document {
  paths: Record<string, Record<string, Told>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Told['responses'][string]> };
}
type Schema = Record<string, unknown> & { properties?: object };

let service: Service;
let document: Document;
let project: string;
beforeAll(async () => {
  service = await startService();
  document = (await service.http().get('/openapi.json').expect(200)).body as Document;
  project = await service.newProject();
});
afterAll(() => service.stop());

/** As the router has them, `GET /projects/{id}/votes.{format}`: its own drawing of them is read, a line an address beneath the one it begins with. */
function routed(): string[] {
  const drawn = (service.app.getHttpAdapter().getInstance()).printRoutes({ commonPrefix: false });
  const above: string[] = [];
  return drawn.split('\n').filter((line) => line.trim() !== '').flatMap((line) => {
    const [, indent, part, methods] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/.exec(line)!;
    const depth = indent!.length / 4;
    above.length = depth;
    above.push(`${above[depth - 1] ?? ''}${part!}`);
    return methods ? methods.split(', ').map((method) => `${method} ${above[depth]!.replace(/:(\w+)/g, '{$1}')}`) : [];
  });
}
/** The same of the reference, where a download has an address for each of its formats. */
function told(): string[] {
  return Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).filter((name) => name !== 'parameters').map((method) => `${method.toUpperCase()} ${path}`));
}
const extension = new RegExp(`\\.(${formats.map((format) => format.extension).join('|')})$`);

/** Whether a body is as the reference says of an answer; one with a member that is not told is not. */
function faultsOf(method: string, path: string, status: number, contentType: string, body: unknown): unknown {
  const answers = document.paths[path]![method]!.responses;
  const named = answers[status] ?? answers.default!;
  const answer = named.$ref ? document.components.responses[named.$ref.split('/').at(-1)!]! : named;
  const schema = answer.content?.[contentType.split(';')[0]!]?.schema;
  expect(schema, `${method} ${path} ${status} as ${contentType}`).toBeDefined();
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate: ValidateFunction = ajv.compile(closed({ ...schema, components: document.components }) as object);
  return validate(body) ? null : validate.errors;
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, closed(one)])) as Schema;
  return inner.type === 'object' && inner.properties ? { ...inner, additionalProperties: false } : inner;
}

describe('/openapi.json', () => {
  it('is valid by OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect((await validator.validate({ ...structuredClone(document) })).errors).toBeUndefined();
    expect(validator.version).toBe('3.1');
  });

  it('has each route that the process answers, and no other', () => {
    const patterns = new Set(told().map((route) => (route.includes('/projects/') ? route.replace(extension, '.{format}') : route)));
    expect([...patterns].sort()).toEqual(routed().sort());
    expect(told().filter((route) => extension.test(route) && route.startsWith('GET /projects/'))).toHaveLength(exportTables.length * formats.length);
  });

  it('has the tables, importers, options, formats and codes that there are', () => {
    for (const { name, choices } of exportTables) {
      for (const format of formats) {
        const { parameters, responses } = document.paths[`/projects/{id}/${name}.${format.extension}`]!.get!;
        const taken = parameters!.filter((one) => one.in === 'query' && one.name !== 'skipBytes').map((one) => one.name);
        expect(taken).toEqual(choices);
        expect(Object.keys(responses[200]!.content!)).toEqual([format.contentTypes[0].split(';')[0]]);
      }
    }
    const { parameters } = document.paths['/projects/{id}/votes']!.post!;
    const allowed = (name: string) => parameters!.find((one) => one.name === name)?.schema?.enum;
    expect(allowed('from')).toEqual(['auto', ...platforms.map(({ id }) => id)]);
    expect(allowed('format')).toEqual(readableFormats.map(({ id }) => id));
    expect(importOptionSpecs.filter(({ name }) => !parameters!.some((one) => one.name === name))).toEqual([]);
    const codes = (document.components.schemas.Refusal as unknown as { properties: { error: { properties: { code: { enum: string[] } } } } }).properties.error.properties.code.enum;
    expect(codes).toEqual([...Object.keys(errorStatus), 'INTERNAL']);
  });

  it('asks for the scopes that routes ask for: with another they are refused', async () => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, { security }] of Object.entries(item).filter(([name]) => name === 'get' || name === 'post')) {
        const scope = security[0]?.key?.[0];
        if (scope === undefined) continue;
        const others = (['votes:write', 'results:read', 'assignment'] as const).filter((one) => one !== scope);
        const key = await service.newKey({ scopes: others });
        const { status, body } = await service.http()[method as 'get' | 'post'](path.replace('{id}', project)).set('authorization', `Bearer ${key}`);
        expect.soft([status, body.error?.message], path).toEqual([403, `this key lacks the scope ${scope}`]);
      }
    }
  });

  it('is told without a key, kept by whoever asks, and told again only where it is another one', async () => {
    const first = await service.http().get('/openapi.json').expect(200).expect('cache-control', 'public, no-cache');
    const again = await service.http().get('/openapi.json').set('if-none-match', `"another", W/${first.headers.etag!}`).expect(304);
    expect(again.text).toBe('');
    const head = await service.http().head('/openapi.json').expect(200);
    expect(head.headers).toMatchObject({ etag: first.headers.etag, 'content-length': String(Buffer.byteLength(first.text)) });
    expect((await service.http().get('/openapi.json').set('if-none-match', '"another"')).status).toBe(200);
  });

  it('tells nothing of the GraphQL schema but its address', () => {
    const told = JSON.stringify(document);
    for (const name of ['submitVotes', 'nextItems', 'startRun', 'CreateProjectInput']) expect(told).not.toContain(name);
  });
});

const rows = 'item,annotator,class,time,further\na,ann,ham,never,1\nb,ann,spamm,,\n,,,,\nc,bob,spam,2026-01-01,\n';
const tasks = JSON.stringify([{ id: 1, data: { text: 'one' }, annotations: [
  { id: 11, completed_by: 5, created_at: '2025-05-01T10:00:00Z', result: [{ from_name: 'kind', type: 'choices', value: { choices: ['ham'] } }] },
  { id: 12, completed_by: 6, was_cancelled: true, result: [] },
  { id: 13, completed_by: 7, result: [{ from_name: 'kind', type: 'choices', value: { choices: ['ham', 'spam'] } }] },
] }]);

/** What is sent, and the status it is answered with. */
const calls: [string, method: 'get' | 'post', path: string, query: string, send: { type?: string; body?: string; key?: null; headers?: Record<string, string> }, status: number][] = [
  ['an upload of votes with a bad row', 'post', '/projects/{id}/votes', '', { type: 'text/csv', body: rows }, 200],
  ['an upload that breaks off', 'post', '/projects/{id}/votes', '', { type: 'application/x-ndjson', body: '{"item":"i","annotator":"w","class":"ham"}\n{"item":"j","annot' }, 400],
  ['an upload with a parameter amiss', 'post', '/projects/{id}/votes', '?wide=perhaps', { type: 'text/csv', body: rows }, 400],
  ['an upload of no known type', 'post', '/projects/{id}/votes', '', { type: 'text/html', body: rows }, 415],
  ['an upload without a key', 'post', '/projects/{id}/votes', '', { type: 'text/csv', body: rows, key: null }, 401],
  ['a file of Label Studio', 'post', '/projects/{id}/votes', '?from=label-studio', { type: 'application/json', body: tasks }, 200],
  ['a file of Label Studio that is only looked at', 'post', '/projects/{id}/votes', '?from=auto&dryRun=true', { type: 'application/json', body: tasks }, 200],
  ['a file of another platform than said', 'post', '/projects/{id}/votes', '?from=toloka', { type: 'application/json', body: tasks }, 400],
  ['an upload of items', 'post', '/projects/{id}/items', '', { type: 'text/csv', body: 'item,payload\na,1\nb,{\n' }, 200],
  ['an upload of gold answers', 'post', '/projects/{id}/gold', '', { type: 'text/csv', body: 'item,class\na,ham\nb,eggs\n' }, 200],
  ['an upload of predictions', 'post', '/projects/{id}/predictions', '?model=m&version=1', { type: 'text/csv', body: 'item,p_ham,p_spam\na,0.5,0.5\nb,2,2\n' }, 200],
  ['an upload of predictions of nothing', 'post', '/projects/{id}/predictions', '', { type: 'text/csv', body: 'item,p_ham,p_spam\na,0.5,0.5\n' }, 400],
  ['a download of votes', 'get', '/projects/{id}/votes.csv', '', {}, 200],
  ['a download with a choice it does not take', 'get', '/projects/{id}/items.ndjson', '?history=true', {}, 400],
  ['a download before there are results', 'get', '/projects/{id}/soft-labels.csv', '', {}, 409],
  ['a download without a key', 'get', '/projects/{id}/votes.csv', '', { key: null }, 401],
  ['whether the process answers', 'get', '/livez', '', { key: null }, 200],
  ['whether it is ready', 'get', '/readyz', '', { key: null }, 200],
  ['its counts', 'get', '/metrics', '', { key: null }, 200],
  ['a query', 'post', '/graphql', '', { type: 'application/json', body: '{"query":"{ projects { nodes { id } } }"}' }, 200],
  ['a query by its address', 'get', '/graphql', '?query={__typename}', { headers: { 'content-type': 'application/json' } }, 200],
  ['a query in the newer form', 'post', '/graphql', '', { type: 'application/json', body: '{"query":"{ __typename }"}', headers: { accept: 'application/graphql-response+json' } }, 200],
  ['a query that does not fit the schema', 'post', '/graphql', '', { type: 'application/json', body: '{"query":"{ nothing }"}' }, 400],
  ['a query for what is not there', 'post', '/graphql', '', { type: 'application/json', body: '{"query":"{ project(id: \\"x\\") { id } }"}' }, 200],
  ['a query without a key', 'post', '/graphql', '', { type: 'application/json', body: '{"query":"{ __typename }"}', key: null }, 401],
  ['a query from another page', 'get', '/graphql', '?query={__typename}', {}, 400],
];

describe('an answer is as /openapi.json says', () => {
  it.each(calls)('%s', async (_, method, path, query, { type, body, key, headers = {} }, status) => {
    const request = service.http()[method](path.replace('{id}', project) + query).set(headers);
    if (type) void request.set('content-type', type);
    if (key !== null) void request.set('authorization', `Bearer ${service.key}`);
    const answer = await request.send(body);
    expect(answer.status).toBe(status);
    const contentType = String(answer.headers['content-type']);
    expect(faultsOf(method, path, status, contentType, /^application\/(graphql-response\+)?json/.test(contentType) ? JSON.parse(answer.text) : answer.text)).toBeNull();
    const headersTold = document.paths[path]![method]!.responses[status]?.headers ?? {};
    expect(Object.keys(answer.headers).filter((name) => /^x-assay|^etag|^content-disposition/.test(name) && !(name in headersTold))).toEqual([]);
  });
});
