import { once } from 'node:events';
import { deflateSync, gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBeside, startService, type Service } from '../setup/service.js';

let service: Service;
let project: string;
beforeAll(async () => {
  service = await startService({ MAX_UNPACKED_BYTES: '100000' });
  project = await service.newProject();
});
afterAll(() => service.stop());

describe('an upload', () => {
  const csv = (name: string) => `item,annotator,class\n${name},ann,ham\n`;
  async function upload(body: string | Buffer, query: string, headers: Record<string, string>) {
    const answer = await fetch(`${service.url}/projects/${project}/votes${query}`, { method: 'POST', headers: { authorization: `Bearer ${service.key}`, ...headers }, body: body as never });
    return { status: answer.status, body: await answer.json() as { created?: number; error?: { code: string; message: string } } };
  }

  test.each(['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/x-ndjson', 'image/png'])('with ?format= is read by it, though it is said to be %s', async (type) => {
    expect(await upload(csv(type), '?format=csv', { 'content-type': type })).toMatchObject({ status: 200, body: { created: 1 } });
  });

  test('without ?format= and of a type that tells none is refused with the remedy', async () => {
    const answer = await upload(csv('x'), '', { 'content-type': 'text/plain' });
    expect(answer).toMatchObject({ status: 415, body: { error: { code: 'INVALID_INPUT', message: expect.stringMatching(/"text\/plain" tells no format; those that do: text\/csv, text\/tab-separated-values, application\/x-ndjson, .*; or send \?format=csv\|ndjson\|parquet/) } } });
  });

  test('under content-encoding gzip is unpacked; under one that is not undone it is refused by name', async () => {
    const type = { 'content-type': 'text/csv' };
    expect(await upload(gzipSync(csv('g1')), '', { ...type, 'content-encoding': 'gzip' })).toMatchObject({ status: 200, body: { created: 1 } });
    expect(await upload(csv('g2'), '', { ...type, 'content-encoding': 'gzip' })).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('not gzip') } } });
    expect(await upload(csv('g3'), '', { ...type, 'content-encoding': 'identity' })).toMatchObject({ status: 200 });
    for (const coding of ['deflate', 'br', 'zstd', 'x', 'gzip, br']) {
      expect(await upload(deflateSync(csv('d')), '', { ...type, 'content-encoding': coding })).toMatchObject({ status: 415, body: { error: { message: expect.stringContaining(`content-encoding ${JSON.stringify(coding)} is not read`) } } });
    }
  });

  test('of gzip is bounded by what it unpacks to', async () => {
    const bomb = gzipSync('item,annotator,class\n'.padEnd(10_000_000, '\n'));
    for (const headers of [{}, { 'content-encoding': 'gzip' }] as Record<string, string>[]) {
      expect(await upload(bomb, '', { 'content-type': 'text/csv', ...headers })).toMatchObject({ status: 400, body: { error: { message: 'the gzip data unpacks to more than 100000 bytes; send it in parts' } } });
    }
  });
});

describe('a payload', () => {
  const add = async (payload: string) => {
    const answer = await service.http().post('/graphql').set('authorization', `Bearer ${service.key}`).set('content-type', 'application/json').send(
      `{"query":"mutation ($input: ItemsInput!) { addItems(input: $input) { results { index status code message } } }","variables":{"input":{"projectId":"${project}","items":[{"externalId":"good ${Math.random()}","payload":{"n":1.5}},{"externalId":"other ${Math.random()}","payload":${payload}}]}}}`,
    );
    return answer.body.data.addItems.results as { status: string; code: string | null; message: string | null }[];
  };
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  test.each([
    ['nested too deeply', nested(65), /nested more than 64 deep/], ['nested for a stack to overflow', nested(20_000), /nested more than 64 deep/],
    ['with a number that no double holds', '{"a":[1e309]}', /beyond 1.8e308/], ['with a whole number that doubles do not tell apart', '[123456789012345678901234567890]', /beyond 2\^53/],
    ['with -0', '{"a":-0}', /-0, which would come back as 0/], ['with NUL', '{"a":"\\u0000"}', /NUL/], ['with NUL in a name', '{"\\u0000":1}', /NUL/], ['with half a pair', '["\\ud800"]', /surrogate/],
  ])('%s is refused, and the other rows of the call are written', async (_what, payload, message) => {
    expect(await add(payload)).toMatchObject([{ status: 'CREATED' }, { status: 'REJECTED', code: 'INVALID_PAYLOAD', message: expect.stringMatching(message) }]);
  });

  test.each([nested(64), '[9007199254740991,-9007199254740991,0.1,1e-300,1.5e15,0]', '{"":"","a":{"b":[null,true]}}'])('%s comes back as it came', async (payload) => {
    expect((await add(payload))[1]).toMatchObject({ status: 'CREATED' });
    const { project: { items } } = await service.data(`query ($p: ID!) { project(id: $p) { items(first: 1000) { nodes { payload } } } }`, { p: project });
    expect(items.nodes.map((node: { payload: unknown }) => node.payload)).toContainEqual(JSON.parse(payload));
  });
});

test('names with NUL name no model and no version of one', async () => {
  for (const call of ['removePredictionModel(input: { projectId: $p, model: $n }) { predictionModel { model } }', 'setPredictionVersion(input: { projectId: $p, model: $n, version: $n }) { predictionModel { model } }']) {
    const { errors } = await service.graphql(`mutation ($p: ID!, $n: String!) { ${call} }`, { p: project, n: 'a\u0000b' });
    expect(errors![0]!.extensions.code).toBe('NOT_FOUND');
  }
});

test.each(['/%E0%A4%A', '/projects/%zz/votes.csv', `/projects/${'x'.repeat(5000)}/votes.csv`, '/nothing'])('the router refuses %.40s in the form of all refusals', async (path) => {
  const { port } = new URL(service.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\nconnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const body = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  expect(Object.keys(body)).toEqual(['error']);
  expect(body.error).toMatchObject({ code: expect.stringMatching(/^(INVALID_INPUT|NOT_FOUND|UNAUTHENTICATED)$/), message: expect.any(String), requestId: 'mine' });
});

test('an address that is no route is told where those are that there are', async () => {
  const answer = await service.http().get('/nowhere').set('authorization', `Bearer ${service.key}`);
  expect([answer.status, answer.body.error.message]).toEqual([404, 'there is no route GET /nowhere; GET /openapi.json lists those there are, and docs/api.md tells of them']);
});

describe('a stop', () => {
  test('does not wait for a connection that nothing has come by, as browsers open them in advance', async () => {
    const beside = await startBeside(service);
    const socket = connect(Number(new URL(beside.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.resume();
    // Node would give the caller a minute to send its headers.
    await beside.stop();
    await closed;
  }, 30_000);

  // A client reads errors in the form of the door it asked at: what is not there it would take for a success.
  test.each([
    ['/graphql', (body: { errors: object[] }) => body.errors[0]],
    ['/readyz', (body: { error: object }) => body.error],
  ] as const)('tells %s on a connection that is still busy to ask again elsewhere, in the form of that door', async (path, errorIn) => {
    const beside = await startBeside(service);
    const port = Number(new URL(beside.url).port);
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (chunk) => { text += String(chunk); });
    const rows = `item,annotator,class\n${path},ann,ham\n`;
    socket.write(`POST /projects/${project}/votes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${service.key}\r\ncontent-type: text/csv\r\nexpect: 100-continue\r\ncontent-length: ${rows.length}\r\n\r\n`);
    await expect.poll(() => text).toContain('100 Continue');
    const stopped = beside.stop();
    const isListening = () => new Promise<boolean>((resolve) => {
      const further = connect(port, '127.0.0.1', () => { further.destroy(); resolve(true); }).on('error', () => resolve(false));
    });
    await expect.poll(isListening).toBe(false);
    const ended = once(socket, 'close');
    socket.write(`${rows}${path === '/graphql' ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await Promise.all([ended, stopped]);
    const [, upload, refused] = text.split('HTTP/1.1 ').slice(1);
    expect(upload).toMatch(/^200 [^]*"created":1/);
    expect(refused).toMatch(/^503 [^]*\r\nretry-after: 1\r\n/i);
    const error = errorIn(JSON.parse(refused!.slice(refused!.indexOf('{'))) as never);
    expect({ ...error, ...(error as { extensions?: object }).extensions }).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('send it again, with its idempotency key') });
  }, 30_000);
});
