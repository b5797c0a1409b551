import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { QueryFailedError } from 'typeorm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeError } from '../src/platform/logged-error.js';
import { createLogger, NestLogger } from '../src/platform/logger.js';
import { Collector } from './setup/collector.js';
import { freshDatabase, type FreshDatabase } from './setup/database.js';
import { Gate } from './setup/gate.js';
import { Server } from './setup/process.js';
import { until } from './setup/until.js';

/** In whatever form a log might hold it. */
const SECRET = 'pl4nted-s3cret';
const forms = [SECRET, Buffer.from(SECRET).toString('hex'), Buffer.from(SECRET).toString('base64'), [...Buffer.from(SECRET)].join(','), encodeURIComponent(SECRET)];
const found = (text: string) => forms.filter((form) => text.includes(form));

/** What a logger writes of one line. */
function written(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  write(createLogger({ LOG_LEVEL: 'debug' }, { write: (line: string) => { text += line; } }));
  return text;
}

describe('the log of an error', () => {
  const refused = Object.assign(new pg.DatabaseError(`invalid input syntax for type integer: "${SECRET}"`, 0, 'error'), {
    code: '22P02', detail: `Key (item)=(${SECRET}) is there`, where: `COPY votes, line 1: "${SECRET}"`, hint: SECRET, internalQuery: SECRET, routine: 'pg_strtoint32_safe', table: 'votes', constraint: 'votes_pk',
  });
  const errors: [string, Error][] = [
    ['the server', refused],
    ['the mapper', new QueryFailedError(`select '${SECRET}'`, [SECRET, Buffer.from(SECRET), [SECRET]], refused)],
    ['a parser', (() => { try { return JSON.parse(`${SECRET}`) as Error; } catch (error) { return error as Error; } })()],
    ['our own check', new Error(`class ${JSON.stringify(`"${SECRET}"`)} is not among "a"`)],
    ['a message with lines like those of a stack', new Error(`"x"\n    at ${SECRET} (file.js:1:1) "y"`)],
    ['an error with all kinds of things on it', Object.assign(new Error('x', { cause: new Error(SECRET) }), { payload: SECRET, errors: [new Error(SECRET)] })],
  ];
  test.each(errors)('of %s holds no value, whichever way it is logged', (_of, error) => {
    const text = [
      written((logger) => logger.error({ err: error }, 'a fault')),
      written((logger) => logger.error(error)),
      written((logger) => logger.error({ err: error }, error.message)),
      written((logger) => new NestLogger(logger).error(error, 'there')),
      written((logger) => new NestLogger(logger).error(error.message, error.stack, 'there')),
      written((logger) => new NestLogger(logger).error({ err: error }, 'a fault', 'there')),
    ].join('');
    expect(text.split('\n').length).toBe(7);
    expect(found(text)).toEqual([]);
    expect(text).not.toMatch(/"(parameters|query|detail|where|hint|driverError|payload|cause)":/);
  });

  test('keeps what its reader needs: type, code, places in the source and in the schema', () => {
    expect(describeError(new QueryFailedError('select', [], refused))).toEqual({
      type: 'QueryFailedError', message: 'the database refused a statement, in pg_strtoint32_safe, table votes, constraint votes_pk', code: '22P02',
      stack: expect.stringMatching(/^at .*logs\.test\.ts/),
    });
    expect(describeError(new TypeError('items.map is not a function'))).toMatchObject({ type: 'TypeError', message: 'items.map is not a function' });
    expect(describeError(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }))).toMatchObject({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' });
  });
});

describe('a service that is given secrets in every kind of input, amid failures of every kind', () => {
  let database: FreshDatabase;
  let gate: Gate;
  let collector: Collector;
  let server: Server;
  let key: string;
  let project: string;
  beforeAll(async () => {
    database = await freshDatabase();
    gate = await Gate.before(database.url);
    collector = await Collector.open();
    server = await Server.make({ DATABASE_URL: gate.through(database.url), LOG_LEVEL: 'debug', EXECUTION_TIMEOUT_MS: '1000', ...collector.settings });
    await server.start(['--empty']);
    key = await server.key();
    project = (await server.data(`mutation { createProject(input: { name: "${SECRET}", classes: ["${SECRET}", "b"] }) { project { id } } }`)).createProject.project.id;
  }, 180_000);
  afterAll(async () => {
    gate.open();
    await server.remove();
    await gate.close();
    await collector.close();
    await database.drop();
  });

  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) => fetch(`${server.url}${path}`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'idempotency-key': SECRET, 'user-agent': SECRET, ...headers }, body: body as never,
  }).then((answer) => answer.text(), () => 'broken off');
  const graphql = (query: string, variables: object = {}) => post('/graphql', JSON.stringify({ query, variables }), { 'content-type': 'application/json' });

  /** Each operation with texts of the caller, by each door. */
  async function callAll(): Promise<string[]> {
    const vote = { item: SECRET, annotator: SECRET, class: SECRET, comment: SECRET, voteId: SECRET };
    const votes = `${JSON.stringify(vote)}\n`;
    const csv = `item,annotator,class,${SECRET}\n${SECRET},${SECRET},${SECRET},x\n`;
    return Promise.all([
      graphql(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`, { input: { projectId: project, votes: [vote] } }),
      graphql(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId: project, items: [{ externalId: SECRET, payload: { [SECRET]: SECRET } }] } }),
      graphql(`mutation { createApiKey(input: { name: "${SECRET}", scopes: [VOTES_WRITE] }) { secret } }`),
      graphql(`mutation ($m: String!, $p: ID!) { removePredictionModel(input: { projectId: $p, model: $m }) { predictionModel { model } } }`, { p: project, m: `${SECRET}\u0000` }),
      graphql(`{ project(id: "${SECRET}") { name ${SECRET.replace('-', '_')} } }`), graphql(`{ "${SECRET}`), graphql(`query ($x: Int) { projects(first: $x) { nodes { id } } }`, { x: SECRET }),
      graphql(`mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }`, { input: { projectId: project, annotator: SECRET } }),
      post('/graphql', `{"query":"${SECRET}`, { 'content-type': 'application/json' }), post('/graphql', SECRET, { 'content-type': 'text/plain' }),
      post(`/projects/${project}/votes`, votes, { 'content-type': 'application/x-ndjson' }), post(`/projects/${project}/votes`, csv, { 'content-type': 'text/csv' }),
      post(`/projects/${project}/votes?format=csv`, csv), post(`/projects/${project}/votes?format=${SECRET}`, csv), post(`/projects/${project}/gold`, `{"item":"${SECRET}\\u0000"`, { 'content-type': 'application/x-ndjson' }),
      post(`/projects/${project}/votes`, gzipSync(csv).subarray(0, 40), { 'content-type': 'text/csv' }), post(`/projects/${project}/items`, `{"externalId":"${SECRET}","payload":${'['.repeat(5000)}`, { 'content-type': 'application/x-ndjson' }),
      post(`/${SECRET}/%E0%A4%A?x=${SECRET}`, ''), post(`/projects/${SECRET}/votes`, votes, { 'content-type': 'application/x-ndjson' }), post(`/projects/${SECRET.repeat(50)}/votes`, votes),
      fetch(`${server.url}/projects/${project}/votes.csv?run=${SECRET}&history=${SECRET}`, { headers: { authorization: `Bearer ${SECRET}`, 'x-request-id': `${SECRET} x`, cookie: SECRET } }).then((answer) => answer.text()),
    ]);
  }

  test('logs and traces none of them: in order, with a database that refuses, that freezes, that is gone, and at the end', async () => {
    const admin = new pg.Client({ connectionString: database.url });
    admin.on('error', () => undefined);
    await admin.connect();
    // Where the machine is busy, a call may come to its time limit.
    await until(async () => {
      const answers = await callAll();
      expect(answers.filter((answer) => answer.includes('INTERNAL'))).toEqual([]);
      return /"status":"(CREATED|UNCHANGED)"/.test(answers.join());
    }, 'an item that is taken');
    // A table that is not there is a fault of ours: its statements are logged as errors.
    await admin.query('alter table items rename to items_away');
    await until(async () => (await callAll()).some((answer) => answer.includes('INTERNAL')), 'a fault of ours');
    await admin.query('alter table items_away rename to items');
    gate.cut();
    await callAll();
    gate.open();
    await until(async () => (await fetch(`${server.url}/readyz`)).status === 200, 'a service that is ready');
    gate.freeze();
    await callAll();
    gate.open();
    await until(async () => (await fetch(`${server.url}/readyz`)).status === 200, 'a service that is ready');
    await admin.end();
    await server.stop();
    const log = server.output();
    expect(log).toContain('the database fails');
    expect(log).toContain('"code":"42P01"');
    expect(found(log)).toEqual([]);
    expect(log).not.toContain(key);
    expect(log).not.toContain(key.slice(-43));
    const names = new Set(collector.spans().map(({ name }) => name));
    expect([...names]).toEqual(expect.arrayContaining(['mutation submitVotes', 'POST /projects/:id/votes', 'insert items', 'transaction']));
    expect(found(collector.text())).toEqual([]);
    expect(collector.text()).not.toContain(key.slice(-43));
    expect(Math.max(...log.split('\n').map((line) => line.length))).toBeLessThan(6000);
  }, 300_000);
});
