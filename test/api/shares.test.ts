import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newCrowd, runToEnd, socketClient } from '../runs/crowd.js';
import { startBeside, startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

const LIMITS = {
  MAX_CALLS_PER_KEY: '2', MAX_CALLS_PER_WORKSPACE: '3', MAX_UPLOADS_PER_KEY: '1', MAX_UPLOADS_PER_WORKSPACE: '2', MAX_DOWNLOADS_PER_KEY: '1', MAX_DOWNLOADS_PER_WORKSPACE: '2',
  MAX_HELD_BYTES_PER_KEY: '1000000', MAX_HELD_BYTES_PER_WORKSPACE: '1500000',
};

let home: Service;
let limited: Service;
let project: string;
beforeAll(async () => {
  home = await startService({ ASSAY_WORK: 'false' });
  limited = await startBeside(home, LIMITS);
  project = await home.newProject();
  await vote(home, project, home.key);
});
afterAll(async () => {
  await limited.stop();
  await home.stop();
});

/** Statements that read the table stand until `open`. */
async function hold(table: string): Promise<{ waiting(): Promise<number>; pids(): Promise<number[]>; open(): Promise<void> }> {
  const holder = home.source.createQueryRunner();
  await holder.startTransaction();
  await holder.query(`lock table ${table} in access exclusive mode`);
  let isHeld = true;
  const held = {
    pids: async () => (await home.source.query<{ pid: number }[]>(`select pid from pg_locks where relation = '${table}'::regclass and not granted`)).map((row) => row.pid),
    waiting: async () => (await held.pids()).length,
    open: async () => {
      if (!isHeld) return;
      isHeld = false;
      await holder.rollbackTransaction();
      await holder.release();
    },
  };
  opened.push(held.open);
  return held;
}
const opened: (() => Promise<void>)[] = [];
afterEach(async () => { for (const open of opened.splice(0)) await open(); });

const AUDIT = '{ auditLog(first: 1) { nodes { action } } }';
const ask = (service: Service, query: string, key = service.key, signal?: AbortSignal) => fetch(`${service.url}/graphql`, {
  method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: JSON.stringify({ query }), signal,
});
const vote = (service: Service, projectId: string, key: string) => service.data(
  `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`,
  { input: { projectId, votes: [{ item: 'a', annotator: 'ann', class: 'ham' }, { item: 'b', annotator: 'bob', class: 'spam' }] } }, { key },
);
const refusals = async (service: Service, limit: string) => Number(new RegExp(`assay_refused_calls_total{limit="${limit}"} (\\d+)`).exec((await service.http().get('/metrics')).text)?.[1] ?? 0);

const underWay = async (kind: string) => Number(new RegExp(`assay_requests_under_way{kind="${kind}"} (\\d+)`).exec((await limited.http().get('/metrics')).text)?.[1] ?? 0);

async function expectTooMany(answer: Response, words: string): Promise<void> {
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  const body = await answer.json() as { errors?: { message: string; extensions: object }[]; error?: { message: string } };
  const told = body.errors ? { ...body.errors[0]!.extensions, message: body.errors[0]!.message } : body.error!;
  expect(told).toMatchObject({ code: 'LIMIT_EXCEEDED', message: expect.stringContaining(words), requestId: expect.any(String), retryAfterSeconds: Number(answer.headers.get('retry-after')) });
}

describe('calls under way', () => {
  it('are as many as a key, and a workspace, may have; one more is refused, counted, and taken later', async () => {
    const before = await refusals(limited, 'calls');
    const other = await home.newKey();
    const stranger = await home.newKey({ workspaceId: await home.newWorkspace() });
    const held = await hold('audit_log');
    const calls = [ask(limited, AUDIT), ask(limited, AUDIT)];
    await until(async () => await held.waiting() === 2, 'two calls under way');
    await expectTooMany(await ask(limited, AUDIT), 'this key has 2 calls under way');
    calls.push(ask(limited, AUDIT, other));
    await until(async () => await held.waiting() === 3, 'a third call, of another key');
    await expectTooMany(await ask(limited, '{ workspace { name } }', other), 'this workspace has 3 calls under way');
    // Whoever is of another workspace meets none of it.
    expect(await (await ask(limited, '{ workspace { name } }', stranger)).json()).toEqual({ data: { workspace: { name: 'another' } } });
    await held.open();
    for (const call of calls) expect((await call).status).toBe(200);
    expect((await ask(limited, AUDIT)).status).toBe(200);
    expect(await refusals(limited, 'calls') - before).toBe(2);
  });

  it('hold as many bytes as a key may have in memory; the largest body is let in where it is alone', async () => {
    const socket = connect(Number(new URL(limited.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`POST /graphql HTTP/1.1\r\nHost: assay\r\nContent-Type: application/json\r\nAuthorization: Bearer ${limited.key}\r\nContent-Length: 5000000\r\n\r\n{`);
    await until(async () => await underWay('call') === 1, 'a large body under way');
    await expectTooMany(await ask(limited, '{ workspace { name } }'), 'the calls of this key under way hold 5000000 bytes');
    socket.destroy();
    await until(async () => await underWay('call') === 0, 'the end of it');
    expect((await ask(limited, '{ workspace { name } }')).status).toBe(200);
  });

  it('that change something are answered, however large the answer is: what it tells is done', async () => {
    const id = await home.newProject();
    const votes = Array.from({ length: 9000 }, (_, n) => ({ item: `i${n}`, annotator: 'ann', class: n === 0 ? 'spam' : 'x'.repeat(150) }));
    const answer = await fetch(`${limited.url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${limited.key}` },
      body: JSON.stringify({ query: `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created rejected } results { index status code message } } }`, variables: { input: { projectId: id, votes } } }),
    });
    const text = await answer.text();
    expect(text.length).toBeGreaterThan(2 ** 20);
    expect([answer.status, JSON.parse(text).data.submitVotes.counts]).toEqual([200, { created: 1, rejected: 8999 }]);
  });

  it('of a caller who has gone are ended at the database, and what was in line for it is never asked', async () => {
    const held = await hold('audit_log');
    const gone = new AbortController();
    // More than a lane has connections: some wait for one.
    const calls = Array.from({ length: 12 }, () => ask(home, AUDIT, home.key, gone.signal).catch(() => 'gone'));
    await until(async () => await held.waiting() === 3, 'all connections that one workspace may have for reads waiting');
    gone.abort();
    expect(await Promise.all(calls)).toEqual(Array(12).fill('gone'));
    await until(async () => await held.waiting() === 0, 'their end, while the table is still held');
    await held.open();
  });

  it('of one kind, when they all stand, leave the others their way: votes, next items, files, health', async () => {
    const key = await home.newKey({ workspaceId: await home.newWorkspace() });
    const theirs = await home.newProject({}, key);
    const working = await startBeside(home, { ASSAY_WORK: 'true' });
    const held = await hold('audit_log');
    const calls = Array.from({ length: 40 }, () => ask(home, AUDIT));
    await until(async () => await held.waiting() === 3, 'all connections that one workspace may have for reads waiting');
    expect((await vote(home, theirs, key)).submitVotes.counts.created).toBe(2);
    const { nextItems } = await until(async () => (await home.graphql(`mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { item } } }`, { input: { projectId: theirs, annotator: 'cy' } }, { key })).data, 'items in order');
    expect(nextItems.leases).toHaveLength(1);
    const upload = await home.http().post(`/projects/${theirs}/votes`).set({ 'content-type': 'text/csv', authorization: `Bearer ${key}` }).send('item,annotator,class\nc,ann,ham\n');
    expect(upload.body).toMatchObject({ created: 1 });
    // Reads of others, too: no workspace has all the connections.
    expect((await home.data('{ workspace { name } }', {}, { key })).workspace).toEqual({ name: 'another' });
    const download = await home.http().get(`/projects/${theirs}/votes.csv`).set({ authorization: `Bearer ${key}` });
    expect(download.text.trim().split('\n')).toHaveLength(4);
    expect((await home.http().get('/readyz')).status).toBe(200);
    expect(await held.waiting()).toBe(3);
    const waiting = /assay_lane_waiting{lane="reads"} (\d+)/.exec((await home.http().get('/metrics')).text);
    expect(Number(waiting?.[1])).toBeGreaterThan(0);
    await held.open();
    for (const call of calls) expect((await call).status).toBe(200);
    await working.stop();
  });
});

describe('calls a minute', () => {
  it('are what the key was given, of all doors together; then the answer tells when to come again', async () => {
    const { createApiKey } = await home.data(`mutation { createApiKey(input: { name: "slow", scopes: [RESULTS_READ], callsPerMinute: 3 }) { secret apiKey { callsPerMinute } } }`);
    expect(createApiKey.apiKey.callsPerMinute).toBe(3);
    const key = createApiKey.secret as string;
    expect((await ask(home, '{ workspace { name } }', key)).status).toBe(200);
    expect((await home.http().get(`/projects/${project}/votes.csv`).set('authorization', `Bearer ${key}`)).status).toBe(200);
    expect((await ask(home, '{ workspace { name } }', key)).status).toBe(200);
    const refused = await ask(home, '{ workspace { name } }', key);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    await expectTooMany(refused, 'this key may make 3 calls a minute');
    const download = await fetch(`${home.url}/projects/${project}/votes.csv`, { headers: { authorization: `Bearer ${key}` } });
    await expectTooMany(download, 'this key may make 3 calls a minute');
    expect((await ask(home, '{ workspace { name } }')).status).toBe(200);
  });

  it('must be a number of calls', async () => {
    for (const calls of [0, -1]) {
      const { errors } = await home.graphql(`mutation { createApiKey(input: { name: "none", scopes: [RESULTS_READ], callsPerMinute: ${calls} }) { secret } }`);
      expect(errors![0]!).toMatchObject({ message: expect.stringContaining('callsPerMinute'), extensions: { code: 'INVALID_INPUT' } });
    }
  });
});

describe('files under way', () => {
  const upload = (key: string): Socket => {
    const socket = connect(Number(new URL(limited.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`POST /projects/${project}/votes HTTP/1.1\r\nHost: assay\r\nContent-Type: text/csv\r\nAuthorization: Bearer ${key}\r\nContent-Length: 1000\r\n\r\nitem,annotator,class\n`);
    return socket;
  };
  const send = (key: string) => fetch(`${limited.url}/projects/${project}/votes`, { method: 'POST', headers: { 'content-type': 'text/csv', authorization: `Bearer ${key}` }, body: 'item,annotator,class\nz,ann,ham\n' });
  const read = (key: string, signal?: AbortSignal) => fetch(`${limited.url}/projects/${project}/votes.csv`, { headers: { authorization: `Bearer ${key}` }, signal });

  it('that come in are as many as a key, and a workspace, may send', async () => {
    const [key, second, third] = [await home.newKey(), await home.newKey(), await home.newKey()];
    const first = upload(key);
    await until(async () => await underWay('upload') === 1, 'an upload under way');
    await expectTooMany(await send(key), 'this key has 1 upload under way');
    const other = upload(second);
    await until(async () => await underWay('upload') === 2, 'two uploads under way');
    await expectTooMany(await send(third), 'this workspace has 2 uploads under way');
    first.destroy();
    other.destroy();
    await until(async () => await underWay('upload') === 0, 'room again');
    expect((await send(key)).status).toBe(200);
  });

  it('that go out are as many as a key may read; a reader who has gone is ended at the database', async () => {
    const [key, second] = [await home.newKey(), await home.newKey()];
    const held = await hold('votes');
    const gone = new AbortController();
    const first = read(key, gone.signal).then((answer) => answer.text()).catch(() => 'gone');
    await until(async () => await held.waiting() === 1, 'a download under way');
    await expectTooMany(await read(key), 'this key has 1 download under way');
    const other = read(second).then((answer) => answer.text());
    await until(async () => await underWay('download') === 2, 'another download');
    const [its] = await held.pids();
    gone.abort();
    expect(await first).toBe('gone');
    // The other one waited behind it: a workspace may have one of the two connections.
    await until(async () => (await held.pids()).some((pid) => pid !== its), 'the end of its statement, and the beginning of the next');
    expect(await held.pids()).not.toContain(its);
    await held.open();
    expect(await other).toContain('ann');
    expect((await read(key)).status).toBe(200);
  });
});

describe('connections of one address', () => {
  it('are as many as it may open; others are hung up on, and who closes one may open another', async () => {
    const few = await startBeside(home, { MAX_CONNECTIONS_PER_ADDRESS: '3' });
    const open = async () => {
      const socket = connect(Number(new URL(few.url).port), '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    };
    const sockets = [await open(), await open(), await open()];
    const fourth = await open();
    await once(fourth, 'close');
    sockets[0]!.destroy();
    await until(async () => (await fetch(`${few.url}/livez`).catch(() => null))?.status === 200, 'room for another');
    expect(sockets.slice(1).map((socket) => socket.closed)).toEqual([false, false]);
    for (const socket of sockets) socket.destroy();
    await few.stop();
  });

  it('have heads of 16 KB at most', async () => {
    const answer = await fetch(`${home.url}/livez`, { headers: { 'x-long': 'x'.repeat(17 * 1024) } });
    expect(answer.status).toBe(431);
  });
});

describe('a message of a subscription', () => {
  it('is bounded as an answer is: by its time, with its statements', async () => {
    const working = await startService();
    const hasty = await startBeside(working, { EXECUTION_TIMEOUT_MS: '500' });
    const { projectId } = await newCrowd(working, { items: 20, annotators: 5, classes: 2, votesPerItem: 3 });
    const run = await runToEnd(working, projectId);
    const holder = working.source.createQueryRunner();
    await holder.startTransaction();
    await holder.query('lock table run_certificates in access exclusive mode');
    const client = socketClient(hasty, hasty.key);
    const told: unknown[] = [];
    for await (const { errors } of client.iterate({ query: `subscription ($id: ID!) { runProgress(run: $id) { certificate { verdict } } }`, variables: { id: run.id } })) told.push(errors);
    // Ended by its own time or by its statement's, whichever a busy machine notices first.
    expect(told).toEqual([[expect.objectContaining({ message: expect.stringContaining('took longer than'), extensions: expect.objectContaining({ code: 'LIMIT_EXCEEDED', requestId: expect.stringMatching(/^ws-/) }) })]]);
    const waiting = () => working.source.query<unknown[]>(`select 1 from pg_locks where relation = 'run_certificates'::regclass and not granted`);
    await until(async () => (await waiting()).length === 0, 'the end of its statement');
    await client.dispose();
    await holder.rollbackTransaction();
    await holder.release();
    await hasty.stop();
    await working.stop();
  });
});
