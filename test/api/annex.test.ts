import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KnownDocuments } from '../../src/platform/http/known-documents.js';
import { freshDatabase, type FreshDatabase } from '../setup/database.js';
import { command } from '../setup/command.js';
import { Server } from '../setup/process.js';
import { until } from '../setup/until.js';

const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }`;
const NEXT = `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { item } empty { reason } } }`;
const NAMES = '{ projects { nodes { name } } }';

let database: FreshDatabase;
let pool: pg.Pool;
let server: Server;
let key: string;
let project: string;
beforeAll(async () => {
  database = await freshDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  server = await Server.make({ DATABASE_URL: database.url, ASSAY_ANNEX: 'always', ASSAY_WORK: 'true', MAX_DOWNLOADS_PER_KEY: '3' });
  await server.start(['--empty']);
  key = await server.key();
  project = (await server.data(`mutation { createProject(input: { name: "p", classes: ["a", "b"] }) { project { id } } }`)).createProject.project.id;
  await annexOf(server);
});
afterAll(async () => {
  await server.remove();
  await pool.end();
  await database.drop();
});

const started = (of: Server): number[] => of.output().split('\n').filter((line) => line.includes('"the annex works"')).map((line) => (JSON.parse(line) as { pid: number }).pid);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** @returns its process, once it works, the `n`th that was started */
async function annexOf(of: Server, n = 1): Promise<number> {
  await until(() => started(of).length >= n, 'the annex');
  return started(of)[n - 1]!;
}

interface Asked { method?: string; path: string; body?: string | AsyncIterable<Uint8Array>; type?: string; headers?: Record<string, string> }

const ask = (of: Server, { method = 'GET', path, body, type, headers }: Asked, signal?: AbortSignal) => fetch(`${of.url}${path}`, {
  method, body: body as string, signal, ...(typeof body === 'object' && { duplex: 'half' }), headers: { authorization: `Bearer ${key}`, ...(type && { 'content-type': type }), ...headers },
});
const call = (query: string, variables: object = {}): Asked => ({ method: 'POST', path: '/graphql', type: 'application/json', body: JSON.stringify({ query, variables }) });
const vote = (item: string) => call(SUBMIT, { input: { projectId: project, votes: [{ item, annotator: 'ann', class: 'a' }] } });
const next = () => call(NEXT, { input: { projectId: project, annotator: 'ben' } });

let beside: Server | null = null;
afterEach(async () => {
  await beside?.remove();
  beside = null;
});

/** On the same database, until the test is over. */
async function another(settings: Record<string, string>): Promise<Server> {
  beside = await Server.make({ DATABASE_URL: database.url, ASSAY_WORK: 'false', ...settings }, server.folder);
  await beside.start(['--empty']);
  return beside;
}

/** The table is read by nobody until `open`. Who waits are callers: what goes on in the background may want it as well. */
async function hold(table: string): Promise<{ waiting(): Promise<number>; open(): Promise<void> }> {
  const client = await pool.connect();
  await client.query(`begin; lock table ${table} in access exclusive mode`);
  return {
    waiting: async () => (await pool.query<{ n: number }>(`select count(*)::int as n from pg_locks join pg_stat_activity using (pid) where relation = '${table}'::regclass and not granted and application_name <> 'assay rescore'`)).rows[0]!.n,
    open: async () => {
      await client.query('rollback');
      client.release();
    },
  };
}

describe('the annex', () => {
  // The first of each tells that the document asks for labelling alone.
  it('has nothing to do with votes and next items: they go on while it stands still, and only the rest waits for it', async () => {
    const annex = await annexOf(server);
    for (const asked of [vote('1'), next()]) expect((await ask(server, asked)).status).toBe(200);
    process.kill(annex, 'SIGSTOP');
    try {
      const reading = [ask(server, call(NAMES)), ask(server, { path: `/projects/${project}/votes.csv` }), ask(server, { method: 'POST', path: `/projects/${project}/votes`, type: 'text/csv', body: 'item,annotator,class\n9,ann,b\n' })];
      let answered = 0;
      for (const one of reading) void one.then(() => answered++);
      for (let n = 0; n < 10; n++) {
        for (const asked of [vote(`while ${n}`), next()]) expect((await (await ask(server, asked)).json() as { errors?: unknown }).errors).toBeUndefined();
      }
      expect((await fetch(`${server.url}/livez`)).status).toBe(200);
      expect((await fetch(`${server.url}/metrics`)).status).toBe(200);
      expect(answered).toBe(0);
      process.kill(annex, 'SIGCONT');
      expect((await Promise.all(reading)).map(({ status }) => status)).toEqual([200, 200, 200]);
    } finally {
      process.kill(annex, 'SIGCONT');
    }
  });

  it('answers as the service would without it: status, headers and body, by every door', async () => {
    const alone = await another({ ASSAY_ANNEX: 'never' });
    const questions: Asked[] = [
      call(NAMES), call('{ nothing }'), call('{'), call(''), call(`query a { projects { nodes { id } } } query b { projects { nodes { name } } }`),
      { ...call(NAMES), body: 'no JSON' }, { ...call(NAMES), body: `[${JSON.stringify({ query: NAMES })}]` }, { ...call(NAMES), type: 'text/plain' }, { ...call(NAMES), headers: { authorization: 'Bearer nothing' } },
      { ...call(NAMES), headers: { 'idempotency-key': 'no blanks' } }, { ...call(NAMES), body: JSON.stringify({ query: NAMES, variables: { x: 'y'.repeat(100_000) } }) },
      { ...call(NAMES), headers: { accept: 'application/graphql-response+json' } },
      { path: '/graphql' }, { path: `/projects/${project}/votes.csv?columns=item` }, { path: `/projects/${project}/votes.ndjson?nothing=1` }, { path: `/projects/${project}/votes.xlsx` },
      { path: '/projects/nothing/votes.csv' }, { method: 'HEAD', path: `/projects/${project}/votes.csv` }, { method: 'PUT', path: `/projects/${project}/votes`, body: 'x' }, { path: '/nothing' }, { path: '/%E0%A4%A' },
      { method: 'POST', path: `/projects/${project}/votes`, type: 'text/csv', body: 'item,annotator,class\n1,ann,c\n' }, { method: 'POST', path: `/projects/${project}/votes`, type: 'image/png', body: 'x' },
      { method: 'POST', path: `/projects/${project}/votes`, type: 'application/json', body: '[{"item":"1","annotator":"ann","class":"z"}]', headers: { 'content-encoding': 'br' } },
    ];
    const told = async (of: Server, asked: Asked) => {
      const answer = await ask(of, { ...asked, headers: { 'x-request-id': 'mine', ...asked.headers } });
      const headers = Object.fromEntries([...answer.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)));
      return { status: answer.status, headers, body: await answer.text() };
    };
    for (const asked of questions) expect(await told(server, asked), JSON.stringify(asked)).toEqual(await told(alone, asked));
  });

  it('hears of a caller that has gone: what it did for it is ended, and counts against no limit', async () => {
    for (let n = 0; n < 20; n++) {
      const held = await hold('votes');
      try {
        const gone = new AbortController();
        const reading = Array.from({ length: 3 }, () => ask(server, { path: `/projects/${project}/votes.csv` }, gone.signal).then(async (answer) => answer.text()).catch(() => 'gone'));
        await until(async () => await held.waiting() > 0, 'a statement that waits');
        gone.abort();
        await Promise.all(reading);
        await until(async () => await held.waiting() === 0, 'the end of its statements');
      } finally {
        await held.open();
      }
    }
    // Three at once is the most.
    await until(async () => (await ask(server, { path: `/projects/${project}/votes.csv` })).status === 200, 'a download that is let in');
  });

  it('that refuses a body while it is being sent is heard by who sends it', async () => {
    for (let n = 0; n < 20; n++) {
      const large = await ask(server, { ...call(NAMES), body: ' '.repeat(40_000_000) });
      expect([large.status, await large.json()]).toMatchObject([413, { error: { code: 'LIMIT_EXCEEDED' } }]);
    }
  });

  it('counts with the process that it belongs to', async () => {
    const votes = async () => Number(/^assay_votes_total\{status="CREATED"\} (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1] ?? 0);
    const before = await votes();
    await ask(server, vote('counted here'));
    await ask(server, { method: 'POST', path: `/projects/${project}/votes`, type: 'text/csv', body: 'item,annotator,class\ncounted there,ann,a\n' });
    expect(await votes()).toBe(before + 2);
  });

  it('that is killed is told to those who wait for it, has its work done by the other process meanwhile, and is started again', async () => {
    const held = await hold('votes');
    const waiting = ask(server, { path: `/projects/${project}/votes.csv` });
    await until(async () => await held.waiting() > 0, 'a statement that waits');
    process.kill(await annexOf(server), 'SIGKILL');
    const answer = await waiting;
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toMatchObject([503, '1', { error: { code: 'UNAVAILABLE', message: expect.stringContaining('send it again') } }]);
    await held.open();
    // Its end may be heard of a moment after its connections broke: until then the answer is the same.
    await until(async () => (await ask(server, call(NAMES))).status === 200, 'the other process');
    await until(async () => (await ask(server, { path: `/projects/${project}/votes.csv` })).status === 200, 'the other process');
    expect(isAlive(await annexOf(server, 2))).toBe(true);
    expect((await ask(server, call(NAMES))).status).toBe(200);
  });
});

describe('a process with an annex', () => {
  it('lets what it works on end before both stop, and leaves none behind when it is killed', async () => {
    const other = await another({ ASSAY_ANNEX: 'always' });
    const annex = await annexOf(other);
    let stopped: Promise<number | string> | undefined;
    async function* body() {
      yield Buffer.from('item,annotator,class\n');
      for (let row = 0; row < 5; row++) {
        yield Buffer.from(`stopped ${row},ann,a\n`);
        if (row === 1) stopped = other.stop();
        await sleep(200);
      }
    }
    const answer = await ask(other, { method: 'POST', path: `/projects/${project}/votes`, type: 'text/csv', body: body() });
    expect([answer.status, await answer.json()]).toMatchObject([200, { created: 5 }]);
    expect(await stopped).toBe(0);
    expect(isAlive(annex)).toBe(false);

    await other.start(['--empty']);
    const second = await annexOf(other);
    await other.kill();
    await until(() => !isAlive(second), 'the end of the annex of a process that was killed');
  });

  it('has none under auto while one workspace calls, and one as soon as another does', async () => {
    const other = await another({ ASSAY_ANNEX: 'auto' });
    for (let n = 0; n < 5; n++) await ask(other, call(NAMES));
    const { code, out, err } = await command(['keys', 'create', '--name', 'k', '--workspace', 'a second', '--scope', 'results:read'], { environment: other.settings });
    expect(code, err).toBe(0);
    expect(started(other)).toEqual([]);
    await ask(other, { ...call(NAMES), headers: { authorization: `Bearer ${/assay_\w{8}_\w{43}/.exec(out)![0]}` } });
    await annexOf(other);
  });
});

describe('documents that are known', () => {
  it('are those of one workspace alone, by their text and the operation that is meant; the longest unused goes first', () => {
    const known = new KnownDocuments();
    const of = (query: unknown, operationName?: unknown) => KnownDocuments.of(Buffer.from(JSON.stringify({ query, operationName })));
    known.learn(1, of('mutation { a }')!);
    expect(known.has(1, of('mutation { a }')!)).toBe(true);
    expect(known.has(2, of('mutation { a }')!)).toBe(false);
    expect(known.has(1, of('mutation { a }', 'b')!)).toBe(false);
    for (let n = 0; n < 199; n++) {
      known.learn(1, of(`${n}`)!);
      known.learn(2, of(`${n}`)!);
    }
    expect(known.has(1, of('mutation { a }')!)).toBe(true);
    known.learn(1, of('one more')!);
    expect(known.has(1, of('0')!)).toBe(false);
    expect(known.has(1, of('mutation { a }')!)).toBe(true);
    expect(known.has(2, of('0')!)).toBe(true);
  });

  it('are no lists of calls, no texts beyond a length and nothing else', () => {
    for (const body of ['', '[]', '[{"query":"{a}"}]', 'null', '7', '{"query":7}', `{"query":"${'x'.repeat(10_001)}"}`]) expect(KnownDocuments.of(Buffer.from(body)), body.slice(0, 40)).toBeNull();
  });
});
