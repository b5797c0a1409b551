import { inspect } from 'node:util';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Assay, AssayError, type AssayOptions, Project } from '../../clients/typescript/src/index.js';
import { operationOf } from '../../clients/typescript/src/document.js';
import { Script, type Scripted, waits } from './typescript/weather.js';

const KEY = 'assay_thisIsTheSecretOfTheTest';
const QUERY = '{ workspace { name } }';
const STARTS = 'mutation { startRun(input: { projectId: "p" }) { run { id } } }';
const NEXT = 'mutation { nextItems(input: { projectId: "p", annotator: "ann" }) { leases { id } } }';
const DATA = { body: { data: { workspace: { name: 'mine' } } } };

afterEach(() => { vi.restoreAllMocks(); });

async function script(...answers: Scripted[]): Promise<Script> {
  const made = await Script.of(...answers);
  onTestFinished(() => made.close());
  return made;
}

const client = ({ url }: Script, options: AssayOptions = {}) => new Assay(url, KEY, options);
const project = (scripted: Script, options: AssayOptions = {}) => new Project(client(scripted, options), { id: 'UHJvamVjdDox', name: 'mail', classes: ['ham', 'spam'], createdAt: '', archivedAt: null });
const refusal = (status: number, code: string, headers: Record<string, string> = {}, more: object = {}): Scripted => (
  { status, headers, body: { errors: [{ message: 'so it is', path: ['workspace'], extensions: { code, requestId: 'r1', ...more } }] } });
/** What a call that must fail fails with. */
const failure = (call: Promise<unknown>) => call.then(() => { throw new Error('it did not fail'); }, (error: unknown) => error as AssayError);

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

describe('what is sent again', () => {
  it('a query, after a reset and after an answer of a proxy: later each time, and not all at once', async () => {
    const told = waits();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const weather = await script('reset', { status: 502, body: '<html>bad gateway</html>' }, 'reset', DATA);
    expect(await client(weather).query(QUERY)).toEqual({ workspace: { name: 'mine' } });
    expect(weather.asked).toHaveLength(4);
    expect(told).toEqual([125, 250, 500]);
  });

  it('after 429 and 503 no sooner than Retry-After tells, in seconds or as a date', async () => {
    const told = waits();
    const inNine = new Date(Date.now() + 9000).toUTCString();
    await client(await script(
      refusal(429, 'LIMIT_EXCEEDED', { 'retry-after': '7' }), refusal(503, 'UNAVAILABLE', { 'retry-after': '11' }), refusal(503, 'UNAVAILABLE', { 'retry-after': inNine }), DATA,
    )).query(QUERY);
    expect(told.slice(0, 2).map((milliseconds) => Math.floor(milliseconds / 1000))).toEqual([7, 11]);
    // A date has whole seconds.
    expect(told[2]! > 5000 && told[2]! < 9250, String(told[2])).toBe(true);
  });

  it('a query whose answer says UNAVAILABLE within status 200', async () => {
    const told = waits();
    await client(await script(refusal(200, 'UNAVAILABLE', {}, { retryAfterSeconds: 2 }), DATA)).query(QUERY);
    expect(Math.floor(told[0]! / 1000)).toBe(2);
  });

  it('a mutation that heeds a key, under one key, also where it is still under way', async () => {
    waits();
    const weather = await script('reset', refusal(503, 'UNAVAILABLE'), refusal(200, 'CONFLICT', {}, { retryAfterSeconds: 5 }), { body: { data: { startRun: { run: { id: '1' } } } } });
    await client(weather).query(STARTS);
    expect(weather.asked).toHaveLength(4);
    expect(new Set(weather.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(weather.asked[0]!.headers['idempotency-key']).toMatch(/^ts-[0-9a-f]{32}$/);
  });

  it('no mutation that would be done twice, but after 429 and where no connection was made', async () => {
    waits();
    for (const answer of ['reset', refusal(503, 'UNAVAILABLE', { 'retry-after': '1' })] as const) {
      const weather = await script(answer);
      expect(await failure(client(weather).query(NEXT))).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('may have been done'), attempts: 1 });
      expect(weather.asked).toHaveLength(1);
    }
    const weather = await script(refusal(429, 'LIMIT_EXCEEDED', { 'retry-after': '1' }), { body: { data: { nextItems: { leases: [] } } } });
    await client(weather).query(NEXT);
    expect(weather.asked).toHaveLength(2);
    const gone = await Script.of();
    await gone.close();
    expect(await failure(client(gone, { retries: 3 }).query(NEXT))).toMatchObject({ code: 'UNAVAILABLE', attempts: 4, message: expect.stringContaining('cannot be reached') });
  });

  it('no refusal, which tells code, field, path and request', async () => {
    for (const [status, code] of [[400, 'INVALID_INPUT'], [401, 'UNAUTHENTICATED'], [403, 'FORBIDDEN'], [200, 'NOT_FOUND'], [200, 'CONFLICT'], [413, 'LIMIT_EXCEEDED'], [200, 'INTERNAL']] as const) {
      const weather = await script(refusal(status, code, {}, { field: 'input.name' }));
      const error = await failure(client(weather).query(QUERY));
      expect(error).toBeInstanceOf(AssayError);
      expect(error).toMatchObject({ code, status, field: 'input.name', path: ['workspace'], requestId: 'r1', message: `so it is (${code}, request r1)` });
      expect(weather.asked).toHaveLength(1);
    }
  });

  it('nothing for ever: so often, so long, and not where the service asks for more patience than that', async () => {
    const told = waits();
    expect(await failure(client(await script('reset', 'reset', 'reset'), { retries: 2 }).query(QUERY))).toMatchObject({ code: 'UNAVAILABLE', attempts: 3 });
    expect(told).toHaveLength(2);
    expect(await failure(client(await script(refusal(429, 'LIMIT_EXCEEDED', { 'retry-after': '86400' }))).query(QUERY))).toMatchObject({ retryAfter: 86400, attempts: 1 });
    expect(await failure(client(await script('reset'), { retryForMs: 0 }).query(QUERY))).toMatchObject({ code: 'UNAVAILABLE', attempts: 1 });
    expect(told).toHaveLength(2);
  });

  it('what a service leaves unanswered for too long', async () => {
    waits();
    const weather = await script('silent', DATA);
    expect(await client(weather, { timeoutMs: 500 }).query(QUERY)).toEqual(DATA.body.data);
    expect(await failure(client(await script('silent'), { timeoutMs: 50, retries: 0 }).query(QUERY))).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('nothing came for 0.05 s') });
  });

  it('is told by the operation of a document, wherever it stands', () => {
    for (const [document, kind, roots] of [
      ['{ a b: c(d: {e: "}"}) { f } }', 'query', ['a', 'c']],
      ['# mutation\nquery Q($a: A! = {b: 1}) @d(e: 1) { x { y } }', 'query', ['x']],
      ['mutation M { again: submitVotes(input: {}) @skip(if: false) { counts { created } } }', 'mutation', ['submitVotes']],
      ['fragment F on Mutation { startRun { id } } mutation { ...F }', 'mutation', ['...', 'F']],
      ['query A { a } mutation B { submitVotes }', 'several', ['a', 'submitVotes']],
      ['mutation { startRun startRun }', 'mutation', ['startRun', 'startRun']],
      ['mutation A { a } mutation B { b }', 'several', ['a', 'b']],
      ['query ($text: String = """a } " b""") { x }', 'query', ['x']],
    ] as const) expect(operationOf(document), document).toEqual({ kind, roots });
  });
});

describe('a call that is aborted', () => {
  it('ends with the reason of its signal: before it is sent, while an answer is waited for, and between two attempts', async () => {
    const reason = new Error('enough');
    const weather = await script('reset');
    expect(await failure(client(weather).query(QUERY, {}, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(weather.asked).toHaveLength(0);
    const told = waits(100_000);
    const waiting = new AbortController();
    const asked = client(weather).query(QUERY, {}, { signal: waiting.signal });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    waiting.abort(reason);
    expect(await failure(asked)).toBe(reason);
    const silent = await script('silent');
    const reading = new AbortController();
    const half = client(silent).query(QUERY, {}, { signal: reading.signal });
    await vi.waitFor(() => expect(silent.asked).toHaveLength(1));
    reading.abort(reason);
    expect(await failure(half)).toBe(reason);
  });

  it('reads no further of a stream that it was sending', async () => {
    const stop = new AbortController();
    let isClosed = false;
    async function* endless() {
      try {
        for (;;) {
          yield Buffer.from('item,annotator,class\n');
          stop.abort(new Error('enough'));
        }
      } finally {
        isClosed = true;
      }
    }
    expect((await failure(project(await script()).uploadVotes(endless(), { format: 'csv', signal: stop.signal }))).message).toBe('enough');
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });
});

describe('an upload', () => {
  const STORED = { body: { rows: 2, created: 2, rejected: 0, rejects: [] } };
  const CSV = 'item,annotator,class\na,ann,ham\nb,ann,ham\n';

  it('is sent again whole under its key, from bytes, a Blob or what opens a stream', async () => {
    waits();
    for (const file of [Buffer.from(CSV), new Blob([CSV]), () => pieces(CSV.slice(0, 30), CSV.slice(30)), () => new Blob([CSV]).stream()]) {
      const weather = await script('reset', { status: 503, headers: { 'retry-after': '1' } }, STORED);
      expect((await project(weather).uploadVotes(file)).created).toBe(2);
      expect(weather.asked.map(({ body }) => body)).toEqual([CSV, CSV, CSV]);
      expect(new Set(weather.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
      expect(weather.asked[0]).toMatchObject({ target: '/projects/UHJvamVjdDox/votes?format=csv', headers: { 'content-type': 'text/csv' } });
    }
  });

  it('of a stream is sent once, and tells the key to send it again under', async () => {
    const weather = await script('reset');
    const error = await failure(project(weather).uploadVotes(pieces('{"item":"a"}\n')));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('a stream is sent once'), idempotencyKey: weather.asked[0]?.headers['idempotency-key'] ?? expect.any(String) });
    const other = await script(STORED);
    await project(other).uploadVotes(pieces(' {"item"', ':"a"}'));
    expect(other.asked[0]).toMatchObject({ target: '/projects/UHJvamVjdDox/votes?format=ndjson', body: ' {"item":"a"}' });
  });

  it('knows a format by its first bytes, also within gzip', async () => {
    const { gzipSync } = await import('node:zlib');
    for (const [head, format] of [['PAR1....', 'parquet'], ['\uFEFF [{"item":1}]', 'ndjson'], ['item;annotator', 'csv'], ['', 'csv']] as const) {
      for (const body of [Buffer.from(head), gzipSync(head === '' ? '' : head.padEnd(300_000, 'x')).subarray(0, -1)]) {
        const weather = await script(STORED);
        await project(weather).uploadVotes(body);
        expect(weather.asked[0]!.target).toContain(`format=${format}`);
      }
    }
  });

  it('that breaks off tells the line and what is stored', async () => {
    const broken = { status: 400, body: { error: { code: 'INVALID_INPUT', message: 'a quote does not end', line: 12, requestId: 'r2' }, rows: 10, created: 9 } };
    expect(await failure(project(await script(broken)).uploadVotes(Buffer.from('item\n'))))
      .toMatchObject({ code: 'INVALID_INPUT', line: 12, details: { created: 9 }, message: expect.stringContaining('line 12: a quote does not end') });
  });

  it('whose source fails is no fault of the connection', async () => {
    const weather = await script(STORED, STORED);
    const fault = new Error('the disk is gone');
    async function* failing() {
      yield Buffer.from(CSV);
      throw fault;
    }
    expect(await failure(project(weather).uploadVotes(failing))).toBe(fault);
    await expect(project(weather).uploadVotes((async function* () { yield 'text'; })() as never, { format: 'csv' })).rejects.toThrow('bytes (Uint8Array), not string');
    await expect(project(weather).uploadVotes('votes.csv' as never)).rejects.toThrow('a file is bytes');
  });
});

describe('a download', () => {
  const WHOLE = Array.from({ length: 500 }, (_, index) => `{"item":"i${index} é","p_ham":0.1}\n`).join('');
  const FIRST = { etag: '"e1"', 'x-assay-run': 'UnVuOjE', 'x-assay-watermark': '17' };
  const bytes = Buffer.from(WHOLE);
  const half = { headers: FIRST, body: bytes, cut: 7001 };

  it('goes on behind what is there and is then the whole', async () => {
    waits();
    const weather = await script(half, 'reset', { body: bytes.subarray(7001) });
    const download = project(weather).download('soft-labels', { format: 'ndjson' });
    expect(Buffer.concat(await all(download)).equals(bytes)).toBe(true);
    expect(download).toMatchObject({ run: 'UnVuOjE', watermark: '17' });
    expect(weather.asked.at(-1)).toMatchObject({ target: '/projects/UHJvamVjdDox/soft-labels.ndjson?run=UnVuOjE&watermark=17&skipBytes=7001', headers: { 'if-match': '"e1"' } });
    const asStream = project(await script(half, { body: bytes.subarray(7001) })).download('soft-labels').stream();
    expect(await new Response(asStream).text()).toBe(WHOLE);
  });

  it('as rows has each row once, and says so where it cannot go on', async () => {
    waits();
    expect(await all(project(await script(half, { body: bytes.subarray(7001) })).rows('soft-labels'))).toEqual(WHOLE.trim().split('\n').map((line) => JSON.parse(line) as unknown));
    const conflict = { status: 409, body: { error: { code: 'CONFLICT', message: 'another file' } } };
    for (const answers of [[{ ...half, headers: {} }], [half, conflict]]) {
      expect(await failure(all(project(await script(...answers)).rows('items')))).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('ask anew') });
    }
  });

  it('in pieces tells that it begins anew, and ends where it is another file each time', async () => {
    waits();
    const torn = { ...half, headers: {} };
    const told = await all(project(await script(torn, { body: '{}\n' })).download('items').pieces());
    expect(told.slice(told.lastIndexOf(null) + 1).map((piece) => Buffer.from(piece!).toString())).toEqual(['{}\n']);
    expect(await failure(all(project(await script(torn, torn, torn, torn), { retries: 1 }).download('items').pieces()))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is no table and no format that is none', async () => {
    const weather = await script();
    expect(() => project(weather).download('../../secrets')).toThrow(TypeError);
    expect(() => project(weather).download('votes', { format: 'x/y' as never })).toThrow(TypeError);
  });
});

describe('the key', () => {
  it('is in no text: of errors, of what is printed, and of addresses', async () => {
    const echo = { status: 401, body: { errors: [{ message: `Bearer ${KEY} is not known`, extensions: { code: 'UNAUTHENTICATED' } }] } };
    const elsewhere = { status: 302, headers: { location: `https://elsewhere.example/?${KEY}` } };
    for (const answer of [echo, elsewhere, { status: 500, body: KEY }, 'reset'] as const) {
      const weather = await script(answer);
      const assay = client(weather, { retries: 0 });
      const error = await failure(assay.query(QUERY));
      expect(error).toBeInstanceOf(AssayError);
      for (const text of [String(error), error.stack, inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), inspect(assay, { depth: 9, showHidden: true }), JSON.stringify(assay), weather.asked[0]!.target]) expect(text).not.toContain(KEY);
    }
    expect(() => new Assay('http://127.0.0.1', `${KEY}\n`)).toThrow(expect.not.stringContaining(KEY));
  });

  it('goes to no other address', async () => {
    const elsewhere = await script(DATA);
    const weather = await script({ status: 307, headers: { location: elsewhere.url } });
    expect(await failure(client(weather).query(QUERY))).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('redirects are not followed') });
    expect(elsewhere.asked).toEqual([]);
  });

  it('goes unencrypted to this machine alone, unless that is allowed', () => {
    for (const url of ['http://assay.example.org', 'http://127.0.0.1.example.org', 'ftp://localhost', 'https://me:secret@assay.example.org', 'https://assay.example.org/?key=1', 'assay.example.org']) {
      expect(() => new Assay(url, KEY), url).toThrow(TypeError);
    }
    for (const url of ['http://127.0.0.1:3000', 'http://localhost', 'http://[::1]:3000/', 'https://assay.example.org/api/']) expect(new Assay(url, KEY).url).toBe(url.replace(/\/$/, ''));
    expect(new Assay('http://assay.example.org', KEY, { allowPlainHttp: true }).url).toBe('http://assay.example.org');
  });
});
