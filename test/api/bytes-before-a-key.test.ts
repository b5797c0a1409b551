import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { newCrowd, endless, manyVotes, startRun } from '../runs/crowd.js';
import { startBeside, startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

let home: Service;
let service: Service;
let project: string;
beforeAll(async () => {
  home = await startService();
  service = await startBeside(home, { BODY_TIMEOUT_SECONDS: '1', MAX_SOCKETS_PER_KEY: '2', MAX_SUBSCRIPTIONS_PER_SOCKET: '3' });
  project = await service.newProject();
});
afterAll(async () => {
  await service.stop();
  await home.stop();
});

/** What a caller hears that sends a head and then, at its own pace, some of the body. The connection has ended by then. */
async function say(head: string[], parts: AsyncIterable<string> | Iterable<string> = []): Promise<{ status: number; body: any; headers: string }> { // eslint-disable-line @typescript-eslint/no-explicit-any
  const socket: Socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => { heard += text; }).on('error', () => undefined);
  const ended = once(socket, 'close');
  socket.write(`${[...head, 'Host: assay'].join('\r\n')}\r\n\r\n`);
  for await (const part of parts) {
    if (socket.destroyed || heard.length > 0) break;
    socket.write(part);
  }
  await ended;
  const [headers, body] = heard.split('\r\n\r\n');
  return { status: Number(headers!.split(' ')[1]), body: JSON.parse(body!), headers: headers!.toLowerCase() };
}

describe('a body', () => {
  const large = 'Content-Length: 15000000';

  it.each([['no key', []], ['a key that is not in force', [`Authorization: Bearer assay_zzzzzzzz_${'0'.repeat(43)}`]], ['what is no key', ['Authorization: Basic eDp5']]] as const)('of a caller with %s is not waited for', async (_, authorization) => {
    // Each connection lingers for a moment, so that the answer arrives: all of them at once.
    const graphql = async () => {
      const answer = await say(['POST /graphql HTTP/1.1', 'Content-Type: application/json', large, ...authorization]);
      expect(answer).toMatchObject({ status: 401, body: { errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED', requestId: expect.any(String) } }] } });
      expect(answer.headers).toContain('connection: close');
    };
    const upload = async () => {
      const answer = await say([`POST /projects/${project}/votes HTTP/1.1`, 'Content-Type: text/csv', large, ...authorization]);
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED', requestId: expect.any(String) } } });
    };
    // Nor where no route is, by whatever method, in pieces of a length that nobody tells.
    const strays = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(async (method) => {
      expect((await say([`${method} /nowhere HTTP/1.1`, 'Content-Type: application/json', 'Transfer-Encoding: chunked', ...authorization])).status).toBe(401);
      expect((await say([`${method} /graphql HTTP/1.1`, 'Content-Type: application/json', large, ...authorization])).status).toBe(401);
    });
    await Promise.all([graphql(), upload(), ...strays]);
  });

  it('of a call must come within its time; one of an upload may take as long as it likes', async () => {
    const slow = async function* (parts: string[]) {
      for (const part of parts) {
        yield part;
        await sleep(400);
      }
    };
    const key = `Authorization: Bearer ${service.key}`;
    const query = '{"query":"{ projects { nodes { id } } }"}';
    expect(await say(['POST /graphql HTTP/1.1', 'Content-Type: application/json', key, 'Connection: close', `Content-Length: ${query.length}`], slow([query.slice(0, 9), query.slice(9)]))).toMatchObject({ status: 200 });
    const late = await say(['POST /graphql HTTP/1.1', 'Content-Type: application/json', key, large], slow(Array<string>(5).fill('{')));
    expect(late).toMatchObject({ status: 408, body: { errors: [{ message: expect.stringContaining('did not come within 1 s (BODY_TIMEOUT_SECONDS)'), extensions: { code: 'LIMIT_EXCEEDED' } }] } });
    const rows = ['item,annotator,class\n', 'a,ann,ham\n', 'b,ann,ham\n', 'c,ann,spam\n', 'd,ann,spam\n'];
    const upload = await say([`POST /projects/${project}/votes HTTP/1.1`, 'Content-Type: text/csv', key, 'Connection: close', `Content-Length: ${rows.join('').length}`], slow(rows));
    expect(upload).toMatchObject({ status: 200, body: { created: 4 } });
  });
});

const open = (to = service) => new WebSocket(`${to.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
async function ready(key: string, to = service): Promise<WebSocket> {
  const socket = open(to);
  await once(socket, 'open');
  const acknowledged = once(socket, 'message');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
  await Promise.race([acknowledged, once(socket, 'close')]);
  return socket;
}
const closing = async (socket: WebSocket) => (await once(socket, 'close') as [number, Buffer])[0];

describe('a socket', () => {
  it('takes messages of 64 KiB and no more, of anybody', async () => {
    const socket = open();
    await once(socket, 'open');
    const closed = closing(socket);
    socket.send('x'.repeat(64 * 1024 + 1));
    expect(await closed).toBe(1009);
  });

  it('is one of as many as a key may have; who closes one may open another', async () => {
    const key = await service.newKey();
    const [first] = [await ready(key), await ready(key)];
    const third = open();
    await once(third, 'open');
    const refused = closing(third);
    third.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
    expect(await refused).toBe(4429);
    first.close();
    await closing(first);
    await until(async () => (await ready(key)).readyState === WebSocket.OPEN, 'a socket in place of the one that was closed');
    // Another key's are its own.
    expect((await ready(await service.newKey())).readyState).toBe(WebSocket.OPEN);
  });

  it('has as many subscriptions as it may, and is told of one too many', async () => {
    const { projectId } = await newCrowd(home, manyVotes);
    const run = await startRun(home, projectId, endless);
    const socket = await ready(await service.newKey());
    const errors: { id: string; payload: { message: string; extensions: { code: string } }[] }[] = [];
    socket.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString());
      if (message.type === 'error') errors.push(message);
    });
    for (const id of ['1', '2', '3', '4']) socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query: `subscription { runProgress(run: "${run}") { status } }` } }));
    await until(() => errors.length > 0, 'a refusal');
    expect(errors.map(({ id, payload }) => [id, payload[0]!.extensions.code])).toEqual([['4', 'LIMIT_EXCEEDED']]);
    socket.close();
    await home.data(`mutation ($id: ID!) { cancelRun(input: { id: $id }) { run { id } } }`, { id: run });
  });
});

/** Within 5 s, as the fault suite measures (F20); here the machine may be busy with much else. */
describe('a key that is revoked, in another process,', () => {
  async function revocable() {
    const { createApiKey } = await home.data(`mutation { createApiKey(input: { name: "short", scopes: [RESULTS_READ, VOTES_WRITE] }) { secret apiKey { id } } }`);
    return { key: createApiKey.secret as string, revoke: () => home.data(`mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }`, { id: createApiKey.apiKey.id }) };
  }

  it('ends its sockets', async () => {
    const { key, revoke } = await revocable();
    const socket = await ready(key);
    const other = await ready(await service.newKey());
    const closed = closing(socket);
    await revoke();
    expect(await closed).toBe(4403);
    expect(other.readyState).toBe(WebSocket.OPEN);
  });

  it('or rotated ends the sockets of its old secret when the overlap ends, and not before', async () => {
    const { createApiKey: { secret, apiKey: { id } } } = await home.data(`mutation { createApiKey(input: { name: "short", scopes: [RESULTS_READ] }) { secret apiKey { id } } }`);
    const begun = await ready(secret);
    const rotate = `mutation ($id: ID!, $overlap: Int) { rotateApiKey(input: { id: $id, overlapSeconds: $overlap }) { secret } }`;
    const { rotateApiKey } = await home.data(rotate, { id, overlap: 600 });
    const renewed = await ready(rotateApiKey.secret);
    // Longer than between two looks.
    await sleep(5000);
    expect([begun.readyState, renewed.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    const closed = closing(begun);
    await home.source.query(`update api_keys set previous_ends_at = now() where prefix = $1`, [rotateApiKey.secret.split('_')[1]]);
    expect(await closed).toBe(4403);
    expect(renewed.readyState).toBe(WebSocket.OPEN);
    renewed.close();
  });

  it('ends its downloads without an end mark', async () => {
    const { key, revoke } = await revocable();
    const holder = home.source.createQueryRunner();
    await holder.startTransaction();
    await holder.query('lock table votes in access exclusive mode');
    const answer = fetch(`${service.url}/projects/${project}/votes.csv?history=true`, { headers: { authorization: `Bearer ${key}` } }).then((one) => one.text()).then(() => 'whole', () => 'broken off');
    await until(async () => (await home.source.query(`select 1 from pg_locks where relation = 'votes'::regclass and not granted`)).length, 'a download that reads');
    await revoke();
    expect(await answer).toBe('broken off');
    await holder.rollbackTransaction();
    await holder.release();
  });

  it('ends its uploads, telling whoever goes on sending', async () => {
    const { key, revoke } = await revocable();
    const rows = async function* () {
      yield 'item,annotator,class\nr1,ann,ham\n';
      // The door has let it in: it notes the key's use after it looked at the key.
      await until(async () => (await home.source.query(`select 1 from api_keys where prefix = $1 and last_used_at is not null`, [key.split('_')[1]])).length, 'an upload under way');
      await revoke();
      for (let row = 0; ; row++) {
        await sleep(400);
        yield `s${row},ann,ham\n`;
      }
    };
    const upload = await say([`POST /projects/${project}/votes HTTP/1.1`, 'Content-Type: text/csv', `Authorization: Bearer ${key}`, 'Connection: close', 'Content-Length: 100000'], rows());
    expect(upload).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED', message: 'this API key is not in force any more' } } });
  });
});
