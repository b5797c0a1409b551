import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../setup/until.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
let projectId: string;
beforeAll(async () => {
  service = await startService();
  projectId = await service.newProject({ rules: { createUnknownItems: true, createUnknownAnnotators: true } });
  const votes = Array.from({ length: 1000 }, (_, i) => ({ item: 'hot', annotator: `a${i}`, class: 'ham' }));
  await service.data('mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }', { input: { projectId, votes } });
});
afterAll(() => service.stop());

/** `levels` times as many votes again each: a thousand, a million, a thousand million. */
const spiral = (levels: number, open: string, close: string) =>
  `query ($p: ID!, $n: Int = 1000) { project(id: $p) { items(first: 1) { nodes { ${`votes(first: $n) { ${open} nodes { item { `.repeat(levels)} id ${`} } ${close} } `.repeat(levels)} } } } }`;

describe('hostile documents', () => {
  it.each([
    ['defaults of variables and pages in inline fragments', spiral(2, '... {', '}')],
    ['the same in fragments with a type', spiral(2, '... on VoteConnection {', '}')],
    ['the same in named fragments', 'query ($p: ID!, $n: Int = 1000) { project(id: $p) { ...P } } fragment P on Project { items(first: $n) { ...I } } fragment I on ItemConnection { edges { node { votes(first: $n) { ...V } } } } fragment V on VoteConnection { nodes { id } }'],
    ['timelines of many annotators', 'query ($p: ID!) { project(id: $p) { annotators(first: 500) { nodes { reliabilityTimeline(first: 1) { nodes { votes } } } } } }'],
    ['pages of nothing but their page info', 'query ($p: ID!) { project(id: $p) { items(first: 1000) { nodes { votes(first: 1000) { pageInfo { hasNextPage } } } } } }'],
    ['thirty dry runs', `query ($p: ID!) { ${Array.from({ length: 30 }, (_, i) => `d${i}: rulesDryRun(input: { projectId: $p, rules: {} }) { changed }`).join(' ')} }`],
    ['2^60 fields by fragments', `query { ...F0 } ${Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ... { ...F${i + 1} } }`).join(' ')} fragment F60 on Query { workspace { id } }`],
    ['the schema twenty times', `{ ${Array.from({ length: 20 }, (_, i) => `s${i}: __schema { ...S }`).join(' ')} } fragment S on __Schema { types { fields { args { type { ...T } } type { ...T } } } } fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`],
    ['1,300 aliases of __typename', `{ ${Array.from({ length: 1300 }, (_, i) => `a${i}: __typename`).join(' ')} }`],
    ['31 fields called __typename', `{ ${Array.from({ length: 31 }, () => '__typename: projects { pageInfo { hasNextPage } }').join(' ')} }`],
    ['a field repeated 490 times', `{ ${'projects { nodes { id } } '.repeat(490)} }`],
  ])('%s: refused at once, with the limit and a remedy, and others are served', async (_, query) => {
    const before = process.memoryUsage().rss;
    const [answer, live] = await Promise.all([service.graphql(query, { p: projectId }), service.http().get('/livez')]);
    expect(answer.status).toBe(400);
    // What is refused for its form keeps the code of a document at fault.
    expect(['LIMIT_EXCEEDED', 'INVALID_INPUT']).toContain(answer.errors![0]!.extensions.code);
    expect(answer.errors![0]!.message).toMatch(/more than \d+.*; ask |depth limit of 12|ask for each field once/);
    expect(live.status).toBe(200);
    // In a process that other tests share, whose heap grows in steps of its own. Answered, these documents take hundreds of megabytes to all there is.
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
  });

  it('tells the estimate, the limit and the remedy', async () => {
    const { errors } = await service.graphql('{ projects(first: 1000) { nodes { items(first: 1000) { nodes { id } } } } }');
    expect(errors![0]!.message).toBe('the operation costs 2003002 by estimate, more than 100000; ask for smaller pages (first: 20, say), fewer fields, or in several operations');
  });

  it('introspection by the usual query is no hostile document', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    expect((await service.data(getIntrospectionQuery({ inputValueDeprecation: true }))).__schema.types.length).toBeGreaterThan(100);
  });
});

describe('callers without a key', () => {
  it('get the same answer whatever is right or wrong with a document', async () => {
    const answers = await Promise.all([
      '{ projects { nodes { id } } }', '{ nothing }', '{ project { id } }', '{ project(id: 7) { nam } }', '{', '{ __schema { types { name } } }', '{ __typename }', `{ ${'a{'.repeat(50)}`,
      'mutation { createProject(input: {}) { project { id } } }', 'query A { __typename } query B { __typename }',
    ].map((query) => service.graphql(query, {}, { key: null, headers: { 'x-request-id': 'a-stranger' } })));
    for (const { status, errors, data } of answers) expect({ status, errors, data }).toEqual({ ...answers[0]!, headers: undefined });
    expect(answers[0]).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED', requestId: 'a-stranger' } }] });
  });

  it('keep no persisted queries; a wrong hash is the fault of whoever sends it', async () => {
    const query = '{ __typename }';
    const send = (sha256Hash: string, key: string | null) => service.http().post('/graphql').set(key ? { authorization: `Bearer ${key}` } : {})
      .send({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } });
    expect((await send(createHash('sha256').update(query).digest('hex'), null)).status).toBe(401);
    const wrong = await send('0'.repeat(64), service.key);
    expect([wrong.status, wrong.body.errors[0].extensions.code]).toEqual([400, 'INVALID_INPUT']);
    const otherVersion = await service.http().post('/graphql').set('authorization', `Bearer ${service.key}`).send({ query, extensions: { persistedQuery: { version: 2, sha256Hash: 'x' } } });
    expect([otherVersion.status, otherVersion.body.errors[0].extensions.code]).toEqual([400, 'INVALID_INPUT']);
  });
});

describe('a socket', () => {
  /** The errors that a subscription is answered with. */
  function subscribe(payload: object): Promise<{ message: string; extensions: { code: string; requestId?: string } }[]> {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${service.key}` } })));
    return new Promise((resolve, reject) => {
      socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
      socket.on('message', (data: Buffer) => {
        const { type, payload: told } = JSON.parse(data.toString());
        if (type === 'connection_ack') socket.send(JSON.stringify({ type: 'subscribe', id: 'mine', payload }));
        if (type === 'error' || told?.errors) {
          resolve(told.errors ?? told);
          socket.terminate();
        }
      });
    });
  }

  it.each([
    ['two operations and no name', { query: 'subscription A { runProgress(run: "x") { id } } subscription B { runProgress(run: "x") { id } }' }, 'INVALID_INPUT'],
    ['a name that no operation has', { query: 'subscription A { runProgress(run: "x") { id } }', operationName: 'B' }, 'INVALID_INPUT'],
    ['a syntax error', { query: 'subscription {' }, 'INVALID_INPUT'],
    ['a field that is not there', { query: 'subscription { nothing }' }, 'INVALID_INPUT'],
    ['a query', { query: '{ projects { nodes { id } } }' }, 'INVALID_INPUT'],
    ['a run that is not there', { query: 'subscription { runProgress(run: "x") { id } }' }, 'NOT_FOUND'],
  ])('refuses %s in its own words, with the request it belongs to', async (_, payload, code) => {
    const errors = await subscribe(payload);
    for (const error of errors) expect(error.extensions).toMatchObject({ code, requestId: expect.stringMatching(/^ws-[0-9a-f-]{36}:mine$/) });
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('limits while executing', () => {
  let small: Service;
  let project: string;
  beforeAll(async () => {
    small = await startService({ MAX_QUERY_COST: '400', MAX_ANSWER_BYTES: '20000', EXECUTION_TIMEOUT_MS: '4000' });
    project = await small.newProject({ rules: { createUnknownItems: true, createUnknownAnnotators: true } });
    const items = Array.from({ length: 10 }, (_, i) => ({ externalId: `i${i}`, payload: { text: 'x'.repeat(5000) } }));
    await small.data('mutation ($input: ItemsInput!) { addItems(input: $input) { results { index } } }', { input: { projectId: project, items } });
  });
  afterAll(() => small.stop());

  it('an answer of too many bytes is refused whole, with what to do', async () => {
    const answer = await small.graphql('query ($p: ID!) { project(id: $p) { items(first: 10) { nodes { payload } } } }', { p: project });
    expect([answer.status, answer.data, answer.errors!.length]).toEqual([400, undefined, 1]);
    expect(answer.errors![0]).toMatchObject({ message: expect.stringMatching(/more than 20000 bytes; ask for smaller pages/), extensions: { code: 'LIMIT_EXCEEDED', requestId: expect.any(String) } });
    expect((await small.data('query ($p: ID!) { project(id: $p) { items(first: 2) { nodes { payload } } } }', { p: project })).project.items.nodes).toHaveLength(2);
  });

  it('a list that data make longer than it declares is counted as it is', async () => {
    await small.data('mutation ($input: ItemsInput!) { addItems(input: $input) { results { index } } }', {
      input: { projectId: project, items: Array.from({ length: 100 }, (_, i) => ({ externalId: `m${i}` })) },
    });
    // The first call has the items put in order, which may take longer than this small deadline.
    for (let leases: unknown[] = []; leases.length === 0;) {
      const given = await small.graphql('mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }', { input: { projectId: project, annotator: 'a', count: 100 } });
      leases = given.data?.nextItems?.leases ?? [];
    }
    const answer = await small.graphql('query ($p: ID!) { project(id: $p) { annotators(first: 1) { nodes { leases { id item votes score strategy kind } } } } }', { p: project });
    expect(answer.errors).toMatchObject([{ message: expect.stringContaining('costs more than 400 while it is worked out'), extensions: { code: 'LIMIT_EXCEEDED' } }]);
  });

  /** Holds a table from everybody, until the function it gives is called. */
  async function hold(source: DataSource, table: string): Promise<() => Promise<void>> {
    const runner = source.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`lock table ${table} in access exclusive mode`);
    return async () => {
      await runner.rollbackTransaction();
      await runner.release();
    };
  }

  it('the deadline ends the execution and cancels the statement under way, however late that began', async () => {
    const releaseProjects = await hold(small.source, 'projects');
    const releaseVotes = await hold(small.source, 'annotators');
    const started = performance.now();
    const asked = small.graphql('query ($p: ID!) { project(id: $p) { annotators(first: 1) { nodes { id } } } }', { p: project });
    // The second statement begins at 3 s; its own limit would be 7 s.
    await sleep(3000);
    await releaseProjects();
    const answer = await asked;
    const took = performance.now() - started;
    // The answer does not wait for the cancelling to reach the server; left alone, the statement would wait until 7 s.
    const waits = async () => (await small.source.query<object[]>(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike 'select "annotator"%'`)).length > 0;
    await until(async () => !await waits(), 'the end of the statement');
    const gone = performance.now() - started;
    await releaseVotes();
    expect([answer.status, answer.errors!.length, answer.errors![0]!.extensions.code]).toEqual([503, 1, 'LIMIT_EXCEEDED']);
    expect(answer.errors![0]!.message).toMatch(/longer than 4000 ms, the most this server allows, and was ended/);
    expect(took).toBeGreaterThan(3900);
    expect(gone).toBeLessThan(6900);
    expect((await small.data('query ($p: ID!) { project(id: $p) { annotators(first: 1) { nodes { id } } } }', { p: project })).project).toBeTruthy();
  });

  it('a mutation that is cut leaves nothing behind', async () => {
    const release = await hold(small.source, 'item_counts');
    const answer = await small.graphql('mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }', { input: { projectId: project, items: [{ externalId: 'cut' }] } });
    await release();
    expect([answer.status, answer.errors![0]!.extensions.code]).toEqual([503, 'LIMIT_EXCEEDED']);
    expect(await small.source.query(`select external_id from items where external_id = 'cut'`)).toEqual([]);
  });
});
