import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Collector, type SentSpan } from './setup/collector.js';
import { freshDatabase, type FreshDatabase } from './setup/database.js';
import { command } from './setup/command.js';
import { Server, start } from './setup/process.js';
import { until } from './setup/until.js';

const VOTES = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } replayed } }`;
const votes = ['a', 'b', 'c'].flatMap((annotator) => ['1', '2'].map((item) => ({ item, annotator, class: 'ham' })));

const CLOCK_NS = 2_000_000n;

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** The spans beneath a span, in the order they began. */
const beneath = (all: readonly SentSpan[], above: SentSpan) => all.filter(({ parentSpanId }) => parentSpanId === above.spanId).sort((a, b) => Number(a.from - b.from));

/** The one span that lies beneath `above` under this name. */
function child(all: readonly SentSpan[], above: SentSpan, name: string): SentSpan {
  const found = beneath(all, above).filter((span) => span.name === name);
  expect(found.map((span) => span.name), `beneath ${above.name}: ${beneath(all, above).map((span) => span.name).join(', ')}`).toEqual([name]);
  return found[0]!;
}

describe('an API process and a worker whose collector is named', () => {
  const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  let collector: Collector;
  let all: SentSpan[];
  const of = (requestId: string) => {
    const root = all.find((span) => span.name === 'POST /graphql' && span.attributes['assay.request_id'] === requestId)!;
    expect(root, requestId).toBeDefined();
    return { root, trace: all.filter(({ traceId }) => traceId === root.traceId) };
  };

  beforeAll(async () => {
    collector = await Collector.open();
    // Sent by the stop alone.
    const unsent = { OTEL_BSP_SCHEDULE_DELAY: '3600000', OTEL_BSP_MAX_QUEUE_SIZE: '100000', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '100000' };
    const settings = { ...collector.settings, ...unsent, DATABASE_URL: database.url, OTEL_SERVICE_NAME: 'labels', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=trial' };
    const server = await Server.make({ ...settings, ASSAY_WORK: 'false' });
    await server.start(['--empty']);
    const worker = start('worker.js', [], { ...settings, ASSAY_DATA_DIR: server.folder });
    const asked = (query: string, variables: object, requestId: string, headers: Record<string, string> = {}) => server.data(query, variables, { 'x-request-id': requestId, ...headers });
    const { createProject } = await asked(`mutation MyOwnName { createProject(input: { name: "traced", classes: ["ham", "spam"] }) { project { id } } }`, {}, 'the-project');
    const projectId: string = createProject.project.id;
    const input = { projectId, votes };
    await asked(VOTES, { input }, 'the-votes', { 'idempotency-key': 'once', traceparent: `00-${parent.traceId}-${parent.spanId}-01` });
    await asked(VOTES, { input }, 'the-votes-again', { 'idempotency-key': 'once', traceparent: `00-${parent.traceId}-${parent.spanId}-00` });
    await fetch(`${server.url}/projects/${projectId}/votes`, {
      method: 'POST', headers: { authorization: `Bearer ${await server.key()}`, 'content-type': 'text/csv', 'x-request-id': 'the-file', traceparent: 'nonsense' }, body: 'item,annotator,class\n3,a,spam\n',
    });
    await fetch(`${server.url}/graphql`, { method: 'POST', headers: { authorization: 'Bearer assay_nobody', 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' });
    const { startRun } = await asked(`mutation ($id: ID!) { startRun(input: { projectId: $id, method: "dawid-skene" }) { run { id } } }`, { id: projectId }, 'the-run');
    await until(async () => (await server.data(`query ($id: ID!) { run(id: $id) { status } }`, { id: startRun.run.id })).run.status === 'SUCCEEDED', 'the end of the run');
    await until(() => worker.output().includes('a run succeeded'), 'the log of its end');
    await server.data(`query ($id: ID!) { run(id: $id) { status } }`, { id: `${startRun.run.id as string}x` }, { 'x-request-id': 'the-fault' }).catch(() => undefined);
    expect(collector.bodies.length).toBe(0);
    worker.child.kill('SIGTERM');
    expect([await worker.exit, await server.stop()]).toEqual([0, 0]);
    expect(worker.output()).toMatch(/"requestId":"the-run".*a run succeeded/);
    all = collector.spans();
    await server.remove();
  }, 240_000);
  afterAll(() => collector.close());

  it('tells the way of votes: the request, its operation, the transaction, the idempotency key, each statement', () => {
    const { root, trace } = of('the-votes');
    expect(root).toMatchObject({ traceId: parent.traceId, parentSpanId: parent.spanId, attributes: { 'http.request.method': 'POST', 'http.route': '/graphql', 'http.response.status_code': 200 } });
    expect(root.process).toMatchObject({ 'service.name': 'labels', 'assay.process': 'api', 'deployment.environment.name': 'trial' });
    child(trace, root, 'key');
    const operation = child(trace, root, 'mutation submitVotes');
    expect(operation.attributes).toMatchObject({ 'assay.lane': 'votes' });
    child(trace, operation, 'turn');
    // New items and annotators have transactions of their own.
    const transactions = beneath(trace, operation).filter(({ name }) => name === 'transaction');
    const transaction = transactions.find((one) => beneath(trace, one).some(({ name }) => name === 'insert votes'))!;
    expect(beneath(trace, transaction).map(({ name }) => name)).toEqual(expect.arrayContaining(['begin', 'select projects', 'idempotency key', 'insert votes', 'update idempotency_keys', 'commit']));
    const key = child(trace, transaction, 'idempotency key');
    expect(key.attributes).toMatchObject({ 'assay.known': false });
    expect(beneath(trace, key).map(({ name }) => name)).toEqual(['set', 'delete idempotency_keys', 'insert idempotency_keys', 'set']);
    for (const span of trace) {
      const above = trace.find(({ spanId }) => spanId === span.parentSpanId);
      // Each span reads the clock in whole milliseconds when it begins.
      if (above) expect(above.from <= span.from + CLOCK_NS && span.to <= above.to + CLOCK_NS, `${span.name} within ${above.name}`).toBe(true);
    }
  });

  it('follows its caller: what they do not look at is not sent', () => {
    expect(all.some((span) => span.attributes['assay.request_id'] === 'the-votes-again')).toBe(false);
  });

  it('tells the way of a file, and leaves strangers and what is nobody\'s out', () => {
    const file = all.find((span) => span.attributes['assay.request_id'] === 'the-file')!;
    expect(file).toMatchObject({ name: 'POST /projects/:id/votes', parentSpanId: '' });
    const written = all.filter(({ name, traceId }) => name === 'insert votes' && traceId === file.traceId);
    expect(written.map(({ parentSpanId }) => all.find(({ spanId }) => spanId === parentSpanId)!.name)).toEqual(['transaction']);
    const roots = new Set(all.filter(({ parentSpanId }) => parentSpanId === '' || parentSpanId === parent.spanId).map(({ name }) => name));
    expect([...roots].sort()).toEqual(['POST /graphql', 'POST /projects/:id/votes']);
  });

  it('tells the way of a run through both processes as one trace, with the request\'s id', () => {
    const { root, trace } = of('the-run');
    const transaction = child(trace, child(trace, root, 'mutation startRun'), 'transaction');
    child(trace, transaction, 'insert runs');
    const [queued, run] = [child(trace, transaction, 'queued'), child(trace, transaction, 'run')];
    for (const span of [queued, run]) {
      expect(span.process).toMatchObject({ 'service.name': 'labels', 'assay.process': 'worker' });
      expect(span.attributes).toMatchObject({ 'assay.request_id': 'the-run', 'assay.method': 'dawid-skene', 'assay.attempt': 1 });
    }
    expect(run.status).toBe(0);
    expect(run.process['process.pid']).not.toBe(root.process['process.pid']);
    const phases = ['snapshot', 'sort', 'aggregate', 'store', 'publish'];
    const times = phases.map((phase) => child(trace, run, phase));
    times.forEach(({ from, to }, i) => expect(from <= to && (i === 0 || times[i - 1]!.to <= from + CLOCK_NS), phases[i]).toBe(true));
    expect(run.from <= times[0]!.from + CLOCK_NS && times.at(-1)!.to <= run.to + CLOCK_NS).toBe(true);
    child(trace, child(trace, run, 'transaction'), 'update runs');
  });

  it('names operations as the schema does, and faults by their code', () => {
    expect(beneath(all, of('the-project').root).map(({ name }) => name)).toContain('mutation createProject');
    expect(child(all, of('the-fault').root, 'query run')).toMatchObject({ status: 0, attributes: { 'error.type': 'NOT_FOUND' } });
    expect(JSON.stringify(all.map(({ name, attributes }) => ({ name, attributes })))).not.toMatch(/MyOwnName|traced|once|ham/);
  });
});

describe('a collector that does not take spans', () => {
  it('keeps nobody waiting, and is told once, and once when it takes them again', async () => {
    const collector = await Collector.open();
    collector.status = 400;
    const server = await Server.make({ DATABASE_URL: database.url, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50' });
    await server.start(['--empty']);
    // The first key is another's; that of a stranger leaves no spans.
    const { code, key } = await newKey();
    expect(code).toBe(0);
    const call = () => fetch(`${server.url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: '{"query":"{ projects { nodes { id } } }"}' });
    for (let refused = 0; refused < 3; refused++) {
      expect((await call()).status).toBe(200);
      await until(() => collector.refused > refused, 'spans that are refused');
    }
    collector.status = 200;
    expect((await call()).status).toBe(200);
    await until(() => server.output().includes('spans are taken again'), 'the end of it');
    expect(server.output().match(/spans cannot be sent/g)).toHaveLength(1);
    expect(server.output()).toMatch(/"lost":\d+,"msg":"spans are taken again"/);
    expect([...collector.types]).toEqual(['application/x-protobuf']);
    expect(collector.text()).toContain('POST /graphql');
    // Gone for good: a stop does not wait for it longer than for the rest.
    await collector.close();
    expect((await call()).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toContain('did not end in time');
    await server.remove();
  });

  async function newKey() {
    const { code, out } = await command(['keys', 'create', '--name', 'reader', '--scope', 'results:read'], { environment: { DATABASE_URL: database.url } });
    return { code, key: /assay_\w+/.exec(out)?.[0] };
  }
});

describe('without a collector', () => {
  /** Which packages of OpenTelemetry a process has loaded, once all its modules are. */
  function loaded(environment: Record<string, string>): string[] {
    const at = (file: string) => JSON.stringify(new URL(`../dist/src/${file}`, import.meta.url).href);
    const program = `
      import { createRequire } from 'node:module';
      await import(${at('application.js')});
      const { Config } = await import(${at('platform/config.js')});
      const { startTracing } = await import(${at('platform/trace-export.js')});
      await startTracing(Config.read(process.env).settings, 'api', console);
      const files = Object.keys(createRequire(${at('application.js')}).cache);
      console.log(JSON.stringify([...new Set(files.map((file) => /@opentelemetry.([\\w-]+)/.exec(file)?.[1]).filter(Boolean))]));
      process.exit(0);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: fileURLToPath(new URL('../', import.meta.url)), env: { PATH: process.env.PATH, ...environment }, encoding: 'utf8' });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as string[];
  }

  it('nothing of the SDK is loaded', () => {
    expect(loaded({})).toEqual(['api']);
    const named = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    expect(loaded({ ...named, OTEL_SDK_DISABLED: 'TRUE' })).toEqual(['api']);
    expect(loaded({ ...named, OTEL_TRACES_EXPORTER: 'none' })).toEqual(['api']);
    expect(loaded(named)).toEqual(expect.arrayContaining(['api', 'sdk-trace', 'exporter-trace-otlp-proto']));
  });
});
