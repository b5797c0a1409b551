import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const post = (body: string, headers: Record<string, string> = {}) =>
  service.http().post('/graphql').set({ 'content-type': 'application/json', authorization: `Bearer ${service.key}`, ...headers }).send(body);

describe('GraphQL over HTTP', () => {
  it('passes the public audit suite without an error or a warning', async () => {
    const audits = serverAudits({
      url: `${service.url}/graphql`,
      fetchFn: (url: string, init: RequestInit = {}) => fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${service.key}` } }),
    });
    const failed: string[] = [];
    for (const audit of audits) {
      const result = await audit.fn();
      // A notice tells of something optional, such as queries by GET, which are refused without a preflight header.
      if (result.status !== 'ok' && result.status !== 'notice') failed.push(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
    }
    expect(audits.length).toBeGreaterThan(50);
    expect(failed).toEqual([]);
  });

  it('answers 405 to a mutation by GET and writes nothing', async () => {
    const query = encodeURIComponent('mutation { createProject(input: { name: "by get", classes: ["a", "b"] }) { project { id } } }');
    const answer = await service.http().get(`/graphql?query=${query}`).set('authorization', `Bearer ${service.key}`).set('apollo-require-preflight', 'yes').set('accept', 'application/json');
    expect(answer.status).toBe(405);
    const { projects } = await service.data(`{ projects { nodes { name } } }`);
    expect(projects.nodes).toEqual([]);
  });
});

describe('what is too much', () => {
  const nested = (depth: number) => `{ projects { ${'nodes { items { '.repeat(depth)} nodes { id } ${'} }'.repeat(depth)} } }`;

  it.each([
    ['a document of 2,000 levels', () => `{${'a{'.repeat(2000)}a${'}'.repeat(2000)}}`],
    ['deeply nested pages', () => nested(20)],
    ['10,000 aliases', () => `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}: projects { pageInfo { hasNextPage } }`).join(' ')} }`],
    ['31 aliases', () => `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: projects { pageInfo { hasNextPage } }`).join(' ')} }`],
    ['200 directives', () => `{ projects ${'@include(if: true) '.repeat(200)} { pageInfo { hasNextPage } } }`],
    ['pages of pages', () => `{ projects(first: 1000) { nodes { items(first: 1000) { nodes { votes(first: 1000) { nodes { id } } } } } } }`],
    ['a page of 1,001', () => `{ projects(first: 1001) { nodes { id } } }`],
    ['a page of -1', () => `{ projects(first: -1) { nodes { id } } }`],
    ['a circle of fragments', () => `{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }`],
    ['a million characters of nothing', () => `{ ${' '.repeat(1_000_000)} ${'__typename '.repeat(5000)} }`],
  ])('%s is refused with 4xx, or as an error of the field, never as a fault', async (_, query) => {
    const answer = await post(JSON.stringify({ query: query() }));
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.errors.length).toBeGreaterThan(0);
    for (const error of answer.body.errors) expect(['INVALID_INPUT', 'LIMIT_EXCEEDED']).toContain(error.extensions.code);
    expect(JSON.stringify(answer.body)).not.toMatch(/call stack|stacktrace|node_modules|Did you mean/);
  });

  it('a body of 100 MB is refused with 413 before it is read, which its caller hears though it still sends', async () => {
    const large = Buffer.alloc(100 * 2 ** 20, 0x20);
    const refused = async (authorization: string, megabytes: number) => {
      const answer = await fetch(`${service.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body: large.subarray(0, megabytes * 2 ** 20) });
      return [answer.status, ((await answer.json()) as { error?: { code: string }; errors?: { extensions: { code: string } }[] })];
    };
    // By chance a third of the answers used to be lost; of smaller bodies, too, as long as they are too much.
    for (const megabytes of [100, ...Array<number>(9).fill(20)]) {
      expect(await refused(`Bearer ${service.key}`, megabytes)).toMatchObject([413, { error: { code: 'LIMIT_EXCEEDED' } }]);
      expect(await refused('', megabytes)).toMatchObject([401, { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
    }
    expect((await service.http().get('/livez')).status).toBe(200);
  });

  it('batches are refused', async () => {
    const answer = await post('[{"query":"{ __typename }"},{"query":"{ __typename }"}]');
    expect(answer.status).toBe(400);
  });
});

describe('garbage', () => {
  it.each(['', '{', 'null', '[]', '"text"', '{"query":7}', '{"query":""}', '{"query":"{ projects"}', '{"query":"{ nothing }"}', '{"query":"{ __typename }","variables":[]}', '\u0000\u0001',
    '{"query":"query A { __typename } query B { __typename }"}', '{"query":"query A { __typename }","operationName":"B"}', '{"query":"fragment F on Query { __typename }"}'])(
    '%j is answered with 4xx and a reason',
    async (body) => {
      const answer = await post(body);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      const message = answer.body.errors?.[0]?.message ?? answer.body.error?.message;
      expect(message).toBeTruthy();
      expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|stacktrace/);
    },
  );

  it('a misspelt field is refused without telling what there is', async () => {
    const answer = await post(JSON.stringify({ query: '{ project(id: "x") { nam } }' }));
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toContain('Did you mean');
  });

  it('introspection is refused without a key and answered with one', async () => {
    const query = '{ __schema { types { name } } }';
    expect((await service.graphql(query, {}, { key: null })).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    expect((await service.data(query)).__schema.types.length).toBeGreaterThan(10);
  });

  it('no answer may be kept on its way', async () => {
    expect((await service.graphql('{ projects(first: 1) { nodes { name } } }')).headers['cache-control']).toBe('no-store');
    expect((await post('no JSON')).headers['cache-control']).toBe('no-store');
  });

  it('every error tells the request it belongs to, which the caller may name', async () => {
    const answer = await post('{"query":"{ project(id: \\"x\\") { name } }"}', { 'x-request-id': 'mine-1' });
    expect(answer.headers['x-request-id']).toBe('mine-1');
    expect(answer.body.errors[0].extensions).toMatchObject({ code: 'NOT_FOUND', requestId: 'mine-1' });
    const stranger = await service.graphql('{ projects { nodes { name } } }', {}, { key: 'nonsense', headers: { 'x-request-id': 'mine-2' } });
    expect(stranger.errors![0]!.extensions).toMatchObject({ code: 'UNAUTHENTICATED', requestId: 'mine-2' });
    const junk = await post('{"query":"{ project(id: \\"x\\") { name } }"}', { 'x-request-id': 'a b\tc' });
    expect(junk.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('operation', () => {
  it('tells that it lives and is ready, and counts what it does', async () => {
    expect((await service.http().get('/livez')).body).toEqual({ status: 'ok' });
    expect((await service.http().get('/readyz')).body).toEqual({ status: 'ok', database: 'ok', migrations: 'ok', queue: 'ok' });
    const metrics = await service.http().get('/metrics');
    expect(metrics.text).toContain('assay_http_request_seconds_count');
    expect(metrics.text).toContain('process_cpu_seconds_total');
  });

  it('is not ready without its schema, and says what is missing', async () => {
    await service.source.query(`delete from migrations where name like 'Runs%'`);
    const ready = async () => {
      const { status, body } = await service.http().get('/readyz');
      return [status, body.error?.message];
    };
    await expect.poll(ready).toEqual([503, expect.stringContaining('Runs1764000000004 not applied')]);
  });

  it('answers 404 in its own form to a route that is not there', async () => {
    const answer = await service.http().get('/nothing');
    expect([answer.status, answer.body.error.code]).toEqual([404, 'NOT_FOUND']);
  });
});
