import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { beforeAll, expect } from 'vitest';
import WebSocket from 'ws';
import type { Server } from '../../setup/process.js';
import { readSchema, rootFields } from '../../setup/operations.js';
import { call, dose, each, metric, newKey, newProject, promised, quantile, strangerKey, SUBMIT, useFleet } from './promised.js';

// Slow bodies are hung up on after this; the usual 30 s would make the test wait.
const fleet = useFleet({ BODY_TIMEOUT_SECONDS: '5' });
let server: Server;
let key: string;
let theirs: string;
let otherKey: string;
beforeAll(async () => {
  [server] = fleet().servers as [Server];
  key = await server.key();
  otherKey = await strangerKey(server, 'the others', ['workspace:admin']);
  theirs = (await call(server, otherKey, `mutation { createProject(input: { name: "theirs", classes: ["a", "b"] }) { project { id } } }`)).data.createProject.project.id;
});

/** Votes of another workspace, one after another, until it is told to end. @returns how long each took, ms. */
function besides(): { end(): Promise<number[]> } {
  let isOver = false;
  const times: number[] = [];
  const voting = (async () => {
    for (let n = 0; !isOver; n++) {
      const from = performance.now();
      const { code } = await call(server, otherKey, SUBMIT, { input: { projectId: theirs, votes: [{ item: `i${n % 500}`, annotator: `a${n}`, class: 'a' }] } });
      expect(code).toBe('OK');
      times.push(performance.now() - from);
      await sleep(20);
    }
  })();
  return { async end() { isOver = true; await voting; return times; } };
}

const MB = 2 ** 20;
const rss = () => metric(server, 'process_resident_memory_bytes');

/** How far the process's memory and the age of its oldest transaction go while `work` is done. */
async function watched(work: () => Promise<void>): Promise<{ grown: number; oldest: number; p99: number; p99Before: number }> {
  const quiet = besides();
  await sleep(2000);
  const before = await quiet.end();
  const start = await rss();
  let most = start;
  let oldest = 0;
  let isOver = false;
  const others = besides();
  const watch = (async () => {
    while (!isOver) {
      most = Math.max(most, await rss());
      const [row] = await fleet().query<{ seconds: number | null }>(`select max(extract(epoch from clock_timestamp() - xact_start))::float8 as seconds from pg_stat_activity where datname = current_database() and application_name like 'assay%' and xact_start is not null`);
      oldest = Math.max(oldest, row!.seconds ?? 0);
      await sleep(100);
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await watch;
  }
  return { grown: (most - start) / MB, oldest, p99: quantile(await others.end(), 0.99), p99Before: quantile(before, 0.99) };
}

const schema = readSchema();
/** The same sequence each time. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Documents as one would write them to do harm. */
function hostileDocument(n: number, projectId: string): { query: string; variables: object } {
  const pick = random(n * 7919 + 1);
  const fields = rootFields(schema, 'query');
  const pages = (first: string, depth: number): string => (depth === 0 ? 'id' : `items(first: ${first}) { nodes { id votes(first: ${first}) { nodes { id item { project: id ${depth > 1 ? `votes(first: ${first}) { ...{ nodes { id } } }` : ''} } } } } }`);
  const kinds: (() => string)[] = [
    () => `{ ${Array.from({ length: 31 + pick(5000) }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    () => `query ($p: ID!, $n: Int = 1000) { project(id: $p) { ${pages('$n', 2)} } }`,
    () => `query ($p: ID!) { project(id: $p) { ...F0 } } ${Array.from({ length: 20 }, (_, i) => `fragment F${i} on Project { ...F${(i + 1) % 21} ...F${(i + 1) % 21} }`).join(' ')} fragment F20 on Project { id }`,
    () => `query ($p: ID!) { project(id: $p) { ...A } } fragment A on Project { ...B } fragment B on Project { ...A }`,
    () => `{ projects(first: ${[0, -1, 1001, 2147483648, '1e9', 'null'][pick(6)]}) { nodes { id } } }`,
    () => '{ '.repeat(20 + pick(20_000)),
    () => `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`,
    () => `query { projects ${'@skip(if: false) '.repeat(51 + pick(1000))} { nodes { id } } }`,
    () => `query ($p: ID!) { ${Array.from({ length: 16 }, (_, i) => `t${i}: project(id: $p) { annotators(first: 500) { nodes { reliabilityTimeline(first: 1) { nodes { votes } } } } }`).join(' ')} }`,
    () => `{ ${fields[pick(fields.length)]!.name}(${['id: "\\u0000"', 'first: "x"', 'no: 1', 'id: [[[[[[]]]]]]'][pick(4)]}) { ${'x'.repeat(pick(3000))} } }`,
    () => Array.from({ length: 200 + pick(3000) }, () => String.fromCodePoint(33 + pick(90))).join(''),
    () => `query A { projects { nodes { id } } } query B { projects { nodes { id } } }`,
    () => `query ($p: ID!) { project(id: $p) { ${Array.from({ length: 29 }, (_, i) => `c${i}: agreement { alpha { value } }`).join(' ')} } }`,
    () => `query ($p: ID!) { project(id: $p) { ...{ ...{ ...{ ...{ ${pages('1000', 2)} } } } } } }`,
  ];
  return { query: kinds[n % kinds.length]!(), variables: { p: projectId } };
}

const DOCUMENTS = dose(280, 1000);

promised('F13', 'hostile documents are refused, or answered within their bounds; nothing is INTERNAL, memory stays, others go on', `${DOCUMENTS} documents with a reader's key and without, 8 at once`, async (observe) => {
  const projectId = await newProject(server);
  await server.data(SUBMIT, { input: { projectId, votes: Array.from({ length: 1000 }, (_, n) => ({ item: `i${n % 10}`, annotator: `a${n}`, class: 'a' })) } });
  const reader = await newKey(server, { scopes: ['RESULTS_READ'], projectId });
  // What is compiled and cached at the first of each kind is no growth.
  for (let n = 0; n < 28; n++) await call(server, reader.secret, hostileDocument(n, projectId).query, { p: projectId });
  const statuses = new Map<number, number>();
  let slow = 0;
  const seen = await watched(() => each(DOCUMENTS, 8, async (n) => {
    const { query, variables } = hostileDocument(n, projectId);
    for (const one of [reader.secret, null]) {
      const from = performance.now();
      const { status, code, message } = await call(server, one, query, variables);
      if (performance.now() - from > 100) slow++;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect(code, `${query.slice(0, 200)}: ${message}`).not.toBe('INTERNAL');
      if (one == null) expect(status).toBe(401);
    }
  }));
  observe(`${[...statuses].map(([status, count]) => `${count} x ${status}`).join(', ')}; over 100 ms ${slow}; RSS +${seen.grown.toFixed(0)} MB; others' p99 ${seen.p99.toFixed(0)} ms, before ${seen.p99Before.toFixed(0)}`);
  expect([...statuses.keys()].every((status) => [200, 400, 401, 413, 429, 503].includes(status))).toBe(true);
  expect(seen.grown).toBeLessThan(120);
});

const ROWS = dose(500_000, 10_000_000);
const READERS = 50;

/** Bytes of a request that comes slowly, and what was answered until it was hung up on. */
async function slowBody(headers: string[], length: number, atOnce: Buffer): Promise<string> {
  const socket: Socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let heard = '';
  socket.on('data', (bytes) => { heard += bytes.toString(); }).on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${headers.join('\r\n')}${headers.length > 0 ? '\r\n' : ''}\r\n`);
  socket.write(atOnce);
  const timer = setInterval(() => socket.write('x'), 500);
  const isOver = await Promise.race([once(socket, 'close').then(() => true), sleep(20_000, false)]);
  clearInterval(timer);
  socket.destroy();
  return isOver ? heard.split('\r\n')[0]! : 'x waited';
}

promised('F14', 'what is too large, too slow or a bomb is refused or read in bounded memory, and others go on', `100 MB of JSON, ${ROWS} rows of NDJSON, two gzip bombs, 60 slow bodies, ${READERS} slow readers, 20 frames of 1 MB`, async (observe) => {
  const projectId = await newProject(server);
  const told: string[] = [];
  const post = async (path: string, type: string, body: Buffer | ReadableStream, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': type, ...headers }, body, duplex: 'half' }).catch((error: Error) => error);
    return answer instanceof Error ? { status: 0, text: answer.message } : { status: answer.status, text: await answer.text() };
  };
  const ndjson = () => Readable.toWeb(Readable.from((function* () {
    for (let n = 0; n < ROWS; n += 1000) yield Array.from({ length: 1000 }, (_, i) => `{"item":"i${Math.floor((n + i) / 50)}","annotator":"a${(n + i) % 50}","class":"${(n + i) % 3 ? 'a' : 'b'}"}\n`).join('');
  })()).pipe(createGzip({ level: 1 })));
  // Packed beforehand: the server hangs up on who is silent for long.
  const [bomb, emptyLines] = [gzipSync(Buffer.alloc(300 * MB, 'x')), gzipSync(Buffer.alloc(60 * MB, '\n'))];
  const seen = await watched(async () => {
    told.push(`JSON ${(await post('/graphql', 'application/json', Buffer.alloc(100 * MB, ' '))).status}`);
    const bulk = await post(`/projects/${projectId}/votes`, 'application/x-ndjson', ndjson() as ReadableStream);
    expect(bulk.status, bulk.text).toBe(200);
    expect(JSON.parse(bulk.text)).toMatchObject({ created: ROWS });
    told.push('NDJSON 200');
    told.push(`bomb without lines ${(await post(`/projects/${projectId}/votes`, 'text/csv', bomb)).status}`);
    told.push(`bomb of empty lines ${(await post(`/projects/${projectId}/votes`, 'text/csv', emptyLines)).status}`);
    const bodies = await Promise.all([
      ...Array.from({ length: 30 }, () => slowBody([], 15_900_000, Buffer.alloc(64 * 1024, ' '))),
      ...Array.from({ length: 30 }, () => slowBody([`Authorization: Bearer ${key}`], 900_000, Buffer.alloc(64 * 1024, ' '))),
    ]);
    const words = [...new Set(bodies.map((line) => line.split(' ')[1] ?? 'closed'))].sort();
    told.push(`slow bodies ${words.join(', ')}`);
    expect(words.filter((status) => !['401', '408', '429', 'closed'].includes(status))).toEqual([]);
    // A little of each, and then nothing more is read.
    const readers = await Promise.all(Array.from({ length: READERS }, () => fetch(`${server.url}/projects/${projectId}/votes.csv`, { headers: { authorization: `Bearer ${key}` } })));
    told.push(`slow readers ${readers.filter((one) => one.status === 200).length} x 200, ${readers.filter((one) => one.status === 429).length} x 429`);
    await sleep(6000);
    for (const one of readers) await one.body?.cancel();
    const closes = await Promise.all(Array.from({ length: 20 }, async () => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.on('error', () => undefined);
      const closed = once(socket, 'close').then(([code]) => code as number);
      await once(socket, 'open');
      socket.send('x'.repeat(MB), () => undefined);
      return closed;
    }));
    told.push(`frames ${[...new Set(closes)].join(', ')}`);
  });
  observe(`${told.join('; ')}; RSS +${seen.grown.toFixed(0)} MB; oldest transaction ${seen.oldest.toFixed(1)} s; others' p99 ${seen.p99.toFixed(0)} ms, before ${seen.p99Before.toFixed(0)}`);
  expect(told[0]).toBe('JSON 413');
  // Beside a gigabyte that was sent.
  expect(seen.grown).toBeLessThan(300);
  expect(seen.oldest).toBeLessThan(5);
});
