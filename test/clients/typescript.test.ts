import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Assay, AssayError, type AssayOptions, type Document, Project, Run, type Schema } from '../../clients/typescript/src/index.js';
import { file, save } from '../../clients/typescript/src/node.js';
import { until } from '../setup/until.js';
import { startService, type Service } from '../setup/service.js';
import { type Plan, waits, Wire } from './typescript/weather.js';

let service: Service;
let assay: Assay;
let folder: string;
beforeAll(async () => {
  service = await startService();
  assay = new Assay(service.url, service.key, { webSocket: WebSocket });
  folder = await mkdtemp(join(tmpdir(), 'assay-typescript-'));
});
afterAll(async () => {
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => { vi.restoreAllMocks(); });

const classes = ['ham', 'spam'];
const failure = (call: Promise<unknown>) => call.then(() => { throw new Error('it did not fail'); }, (error: unknown) => error as AssayError);
const stored = async ({ id }: Project) => (await service.data('query ($id: ID!) { project(id: $id) { voteCounts { votes } } }', { id })).project.voteCounts.votes as string;

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

/** The project by a wire that is torn as planned. */
async function torn({ facts }: Project, plans: Plan[], options: AssayOptions = {}): Promise<{ wire: Wire; project: Project }> {
  const wire = await Wire.to(service.url, ...plans);
  onTestFinished(() => wire.close());
  return { wire, project: new Project(new Assay(wire.url, service.key, options), facts) };
}

function* votesOf(count: number, annotator = 'ann') {
  for (let index = 0; index < count; index++) yield { item: `item ${index}`, annotator, class: classes[index % 2]! };
}

describe('votes', () => {
  it('go from rows to soft labels, and tell their way', async () => {
    const project = await assay.createProject({ name: 'the whole way', classes, rules: { minVotes: 2 } });
    expect((await assay.project('the whole way')).id).toBe(project.id);
    expect(await project.currentRun()).toBeNull();
    expect(await project.addItems([{ item: 'item 0', payload: { text: 'é' } }])).toMatchObject({ rows: 1, created: 1 });
    expect(await project.submitVotes([...votesOf(20), ...votesOf(20, 'bob')])).toMatchObject({ rows: 40, created: 40, rejected: [] });
    expect(await project.setGold([{ item: 'item 1', class: 'spam' }])).toMatchObject({ created: 1 });
    expect(await project.submitPredictions([{ item: 'item 2', probabilities: [0.75, 0.25] }], { model: 'm', version: '1' })).toMatchObject({ created: 1 });
    const told: string[] = [];
    const done = await (await project.startRun({ method: 'majority-vote' })).wait({ onProgress: ({ status }) => told.push(status) });
    expect([told.at(-1), done.facts.voteCount, (await project.currentRun())!.id]).toEqual(['SUCCEEDED', 40, done.id]);
    const labels = await all(project.softLabels({ pageSize: 7, orderBy: { field: 'CONFIDENCE', direction: 'DESC' }, filter: { class: 'spam' } }));
    expect(labels).toHaveLength(10);
    expect(labels[0]).toMatchObject({ consensus: 'spam', votes: 2, probabilities: { ham: 0, spam: 1 } });
    expect((await all(project.annotators())).map(({ annotator, votes }) => [annotator, votes])).toEqual([['ann', 20], ['bob', 20]]);
    expect((await all(project.items({ pageSize: 9 })))[0]).toMatchObject({ item: 'item 0', payload: { text: 'é' }, voteCount: 2 });
    expect(await all(project.votes({ pageSize: 30 }))).toHaveLength(40);
    expect(await project.withdrawVotes([{ item: 'item 0', annotator: 'ann' }, { item: 'none', annotator: 'ann' }])).toMatchObject([{ status: 'WITHDRAWN' }, { index: 1, status: expect.not.stringMatching('^WITHDRAWN$') }]);
    expect(await project.removeGold(['item 1'])).toMatchObject([{ status: 'UPDATED' }]);
  });

  it('are counted once where an answer is lost after they were written', async () => {
    waits(50);
    const made = await assay.createProject({ name: 'once', classes, rules: { repeatPolicy: 'KEEP_ALL' } });
    // The first two connections bring the call, and nothing of its answer.
    const { wire, project } = await torn(made, [{ down: 0 }, { down: 0 }]);
    const result = await project.submitVotes(votesOf(12_000));
    expect(wire.torn).toBe(2);
    expect(result).toMatchObject({ rows: 12_000, created: 12_000, duplicate: 0 });
    expect(result.replayed).toBeGreaterThan(0);
    expect(await stored(made)).toBe('12000');
  });

  it('stream up as they are read, call by call, and each is answered in its place', async () => {
    const project = await assay.createProject({ name: 'streamed', classes });
    let read = 0;
    let mostAhead = 0;
    async function* counted() {
      for (const vote of votesOf(20_000)) {
        read++;
        yield vote;
      }
    }
    let told = 0;
    for await (const { index, row, status } of project.streamVotes(counted(), { rowsPerCall: 2000 })) {
      mostAhead = Math.max(mostAhead, read - told);
      expect([index, row.item, status]).toEqual([told, `item ${told}`, 'CREATED']);
      told++;
    }
    expect([told, mostAhead]).toEqual([20_000, 2000]);
    expect(await stored(project)).toBe('20000');
  });

  it('that are garbage are refused with row and value, and keep no other from being stored', async () => {
    const project = await assay.createProject({ name: 'garbage', classes });
    const rows = [
      { item: 'a', annotator: 'ann', class: 'ham' }, { item: 'b', annotator: 'ann', class: 'spamm' }, { item: 7, annotator: 'ann', class: 'ham' }, { annotator: 'ann', class: 'ham' }, null,
      { item: 'c', annotator: 'ann', class: 'ham', time: '2026-02-30T00:00:00Z' }, { item: 'd', annotator: 'ann', class: 'ham', durationMs: 1.5 }, { item: 'e', annotator: 'ann', outcome: 'PERHAPS' },
      { item: 'f', annotator: 'ann', label: 'ham' }, { item: 'g', annotator: 'ann', class: 'ham', comment: 10n }, { item: 'h\0', annotator: 'ann', class: 'ham' }, { item: '\ud800', annotator: 'ann', class: 'ham' },
      { item: 'i', annotator: 'ann', class: 'ham', time: new Date(NaN) }, { item: 'z', annotator: 'ann', class: 'spam', time: new Date() },
    ] as never[];
    const result = await project.submitVotes(rows, { onRejected: 'collect', rowsPerCall: 5 });
    expect(result).toMatchObject({ rows: 14, created: 2, rejectedCount: 12 });
    expect(result.rejected.map(({ index, code }) => `${index} ${code}`)).toEqual([
      '1 UNKNOWN_CLASS', '2 WRONG_TYPE', '3 MISSING', '4 MALFORMED', '5 WRONG_TYPE', '6 WRONG_TYPE', '7 OUT_OF_RANGE', '8 MALFORMED', '9 WRONG_TYPE', '10 INVALID_ID', '11 INVALID_ID', '12 WRONG_TYPE',
    ]);
    expect(result.rejected[0]).toMatchObject({ row: rows[1], message: expect.stringContaining('"spamm"') });
    expect(result.rejected.slice(1, 8).map(({ message }) => message)).toEqual([
      expect.stringContaining('item is 7'), 'item is missing', expect.stringContaining('not null'), expect.stringContaining('"2026-02-30'), expect.stringContaining('1.5'), expect.stringContaining('"PERHAPS"'), expect.stringContaining('"label"'),
    ]);
    expect((await all(project.streamVotes(rows))).map(({ status }) => status)).toEqual(['DUPLICATE', ...Array<string>(12).fill('REJECTED'), 'DUPLICATE']);
    expect(await failure(project.submitVotes(rows.slice(0, 2)))).toMatchObject({ code: 'ROWS_REJECTED', message: expect.stringContaining('row 1: class "spamm"'), result: { created: 0, duplicate: 1 } });
  });

  it('that cannot all be sent tell which were, and the key under which the same go on', async () => {
    const made = await assay.createProject({ name: 'half', classes, rules: { repeatPolicy: 'KEEP_ALL' } });
    const stop = await failure(torn(made, [{ up: 100_000 }], { retries: 0 }).then(({ project }) => project.submitVotes(votesOf(4000), { rowsPerCall: 1000 })));
    expect(stop).toMatchObject({ code: 'UNAVAILABLE', attempts: 1, result: { rows: expect.any(Number) } });
    expect(stop.result!.created).toBeLessThan(4000);
    await made.submitVotes(votesOf(4000), { rowsPerCall: 1000, idempotencyKey: stop.idempotencyKey });
    expect(await stored(made)).toBe('4000');
  });
});

describe('a file', () => {
  it('of any source is stored, in our form and in those of others', async () => {
    const project = await assay.createProject({ name: 'files', classes });
    await writeFile(join(folder, 'some.csv'), 'item,annotator,class,colour\na,ann,ham,red\nb,ann,spamm,blue\n');
    const result = await project.uploadVotes(file(join(folder, 'some.csv')), { onRejected: 'collect' });
    expect(result).toMatchObject({ rows: 2, created: 1, rejectedCount: 1, unreadColumns: ['colour'], rejected: [{ line: 3, code: 'UNKNOWN_CLASS' }] });
    expect(await failure(project.uploadVotes(file(join(folder, 'some.csv'))))).toMatchObject({ code: 'ROWS_REJECTED', message: expect.stringContaining('line 3') });
    expect((await project.uploadVotes(Buffer.from('x,ann,bob\nc,ham,spam\n'), { wide: true })).created).toBe(2);
    expect((await project.uploadItems(Buffer.from('{"item":"d","payload":{"n":1}}\n'))).created).toBe(1);
    expect((await project.uploadGold(new Blob(['item,class\nd,ham\n']))).created).toBe(1);
    expect((await project.uploadPredictions(Buffer.from('item,p_ham,p_spam\nd,0.5,0.5\n'), { model: 'm', version: '1' })).created).toBe(1);
    const tasks = [{ id: 1, data: { text: 'e' }, annotations: [{ id: 11, completed_by: 3, result: [{ from_name: 'kind', to_name: 'text', type: 'choices', value: { choices: ['ham'] } }] }] }];
    expect((await project.uploadVotes(Buffer.from(JSON.stringify(tasks)), { from: 'label-studio' })).created).toBe(1);
    await expect(project.uploadVotes(file(join(folder, 'none.csv')))).rejects.toThrow('ENOENT');
  });

  it('whose upload is torn goes on behind what is stored', async () => {
    waits(100);
    const made = await assay.createProject({ name: 'torn up', classes, rules: { repeatPolicy: 'KEEP_ALL' } });
    const rows = Buffer.from(`item,annotator,class\n${Array.from({ length: 22_000 }, (_, index) => `item number ${index},annotator,ham\n`).join('')}`);
    await writeFile(join(folder, 'large.csv'), rows);
    const { wire, project } = await torn(made, [{ up: 400_000 }, { up: 500_000 }, { down: 0 }], { retries: 60 });
    const result = await project.uploadVotes(file(join(folder, 'large.csv')));
    expect([wire.torn, result.rows, result.created]).toEqual([3, 22_000, 22_000]);
    expect(result.answer!.resumedAfterRows).toBeGreaterThan(0);
    expect(await stored(made)).toBe('22000');
  });

  it('that is refused at the door says so however long it is, and is read no further', async () => {
    const { facts } = await assay.createProject({ name: 'no entry', classes });
    let isClosed = false;
    async function* endless() {
      try {
        yield Buffer.from('item,annotator,class\n');
        for (;;) yield Buffer.alloc(65_536, 'an item,ann,ham\n');
      } finally {
        isClosed = true;
      }
    }
    const stranger = new Project(new Assay(service.url, 'assay_unknown', { retries: 0 }), facts);
    expect(await failure(stranger.uploadVotes(endless(), { format: 'csv' }))).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    await vi.waitFor(() => expect(isClosed).toBe(true));
    expect(await failure(stranger.nextItems('ann'))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('results', () => {
  it('of a download that is cut twice in the middle are those of one that is not', async () => {
    waits();
    const made = await assay.createProject({ name: 'torn down', classes });
    await made.submitVotes(votesOf(20_000));
    const whole = Buffer.concat(await all(made.download('votes')));
    const { wire, project } = await torn(made, [{ down: 300_000 }, { down: 200_000 }]);
    const download = project.download('votes');
    expect(Buffer.concat(await all(download)).equals(whole)).toBe(true);
    expect([wire.torn, download.watermark]).toEqual([2, expect.stringMatching(/^\d+$/)]);
    const again = await torn(made, [{ down: 300_000 }, { down: 200_000 }]);
    expect(await save(again.project.download('votes'), join(folder, 'votes-out.csv'))).toBe(whole.length);
    expect((await readFile(join(folder, 'votes-out.csv'))).equals(whole)).toBe(true);
    expect((await all((await torn(made, [{ down: 500_000 }])).project.rows('votes'))).map(({ item }) => item)).toEqual(Array.from({ length: 20_000 }, (_, index) => `item ${index}`));
    // Not begun anew where it cannot go on, and no half of a file left.
    expect(await failure(save(made.download('soft-labels'), join(folder, 'labels.csv')))).toMatchObject({ code: 'CONFLICT' });
    expect((await readdir(folder)).filter((name) => name.includes('labels'))).toEqual([]);
  });

  it('of any connection are read page by page, by its nodes or edges, as far as they are used', async () => {
    const project = await assay.createProject({ name: 'pages', classes });
    await project.submitVotes(votesOf(25));
    const nodes = 'query ($id: ID!, $first: Int, $after: String) { project(id: $id) { items(first: $first, after: $after) { nodes { externalId } pageInfo { hasNextPage endCursor } } } }';
    const asked = vi.spyOn(globalThis, 'fetch');
    const counting = new Assay(service.url, service.key, { fetch: (...call) => fetch(...call) });
    const found: string[] = [];
    for await (const { externalId } of counting.paginate<{ externalId: string }>(nodes, { id: project.id, first: 10 }, 'project.items')) if (found.push(externalId) === 15) break;
    expect([found.at(-1), asked.mock.calls.length]).toEqual(['item 14', 2]);
    type Data = { project: { items: { edges: { node: Pick<Schema.Item, 'externalId'> }[]; pageInfo: Schema.PageInfo } } };
    const edges: Document<Data, { id: string; after?: string }> = 'query ($id: ID!, $after: String) { project(id: $id) { items(first: 20, after: $after) { edges { node { externalId } } pageInfo { hasNextPage endCursor } } } }';
    expect(await all(assay.paginate(edges, { id: project.id }, ({ project: { items } }) => items))).toHaveLength(25);
    const stuck = nodes.replace(', after: $after', '').replace(', $after: String', '');
    expect(await failure(all(assay.paginate(stuck, { id: project.id, first: 10 }, 'project.items')))).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('$after') });
    expect(await failure(all(assay.paginate(nodes, { id: project.id }, 'project.labels')))).toMatchObject({ message: expect.stringContaining('project.labels') });
  });
});

describe('a run', () => {
  it('is followed by a subscription, whose socket is made anew where it breaks', async () => {
    waits();
    const made = await assay.createProject({ name: 'followed', classes });
    await made.submitVotes(votesOf(100));
    const { wire, project } = await torn(made, [{ down: 400 }, { down: 0 }], { webSocket: WebSocket });
    const started = await made.startRun();
    const states = await all(new Run(project.assay, started.facts).progress());
    expect(wire.torn).toBe(2);
    expect(states.at(-1)).toMatchObject({ id: started.id, status: 'SUCCEEDED' });
    expect(await failure(all(assay.subscribe('subscription { runProgress(run: "UnVuOjk5") { id } }')))).toMatchObject({ code: expect.stringMatching(/NOT_FOUND|INVALID_INPUT/) });
    const stranger = new Assay(service.url, 'assay_unknown', { webSocket: WebSocket });
    expect(await failure(all(stranger.subscribe('subscription { runProgress(run: "x") { id } }')))).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.not.stringContaining('assay_unknown') });
  });

  it('that fails, is not done in time or is waited for no longer says so', async () => {
    const project = await assay.createProject({ name: 'failing', classes });
    const failed = await failure(project.startRun({ method: 'majority-vote' }).then((started) => started.wait()));
    expect(failed).toMatchObject({ code: 'RUN_FAILED', run: { facts: { status: 'FAILED' } } });
    await project.submitVotes(votesOf(10));
    const started = await project.startRun();
    const frozen = vi.spyOn(started, 'refresh').mockResolvedValue(started);
    expect(await failure(started.wait({ timeoutMs: 20, pollMs: 5 }))).toMatchObject({ code: 'TIMEOUT', run: started });
    expect(await failure(started.wait({ signal: AbortSignal.timeout(20) }))).toMatchObject({ name: 'TimeoutError' });
    frozen.mockRestore();
    await started.wait();
  });
});

describe('items', () => {
  it('are leased, kept, answered, given back and skipped', async () => {
    const project = await assay.createProject({ name: 'leases', classes });
    await project.addItems(['a', 'b', 'c'].map((item) => ({ item, payload: { item } })));
    // Items that have just come are put in order first: a busy machine has the caller come again.
    const { leases, empty } = await until(async () => {
      try {
        const given = await project.nextItems('ann', { count: 5, leaseSeconds: 60 });
        return given.leases.length > 0 && given;
      } catch (error) {
        if ((error as AssayError).code === 'UNAVAILABLE') return null;
        throw error;
      }
    }, 'items in order');
    expect([leases.length, leases[0]!.payload, empty!.reason]).toEqual([3, { item: leases[0]!.item }, expect.any(String)]);
    expect(await project.heartbeat('ann', leases, { leaseSeconds: 600 })).toMatchObject(leases.map((_, index) => ({ index, status: 'LIVE' })));
    expect(await project.release('ann', [leases[0]!.id])).toMatchObject([{ status: 'RELEASED' }]);
    expect(await project.skip('ann', leases.slice(1, 2))).toMatchObject([{ index: 0, code: null }]);
    expect(await project.release('ann', [])).toEqual([]);
    expect((await all(project.votes())).map(({ item, outcome }) => [item, outcome])).toEqual([[leases[1]!.item, 'SKIP']]);
  });
});
