import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunsService } from '../../src/runs/running/runs.service.js';
import { atRest } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService({ MAX_BULK_BYTES: '3000000' }); });
afterAll(() => service.stop());

const NDJSON = 'application/x-ndjson';
async function upload(id: string, body: string | Buffer, headers: Record<string, string> = {}, query = '', rows = 'votes') {
  const { status, body: answer } = await service.http().post(`/projects/${id}/${rows}${query}`)
    .set({ 'content-type': 'text/csv', authorization: `Bearer ${service.key}`, ...headers }).send(body);
  return { status, ...answer };
}
const csv = (count: number, from = 0) => `item,annotator,class\n${Array.from({ length: count }, (_, i) => `item ${i + from},ann,${i % 2 ? 'ham' : 'spam'}\n`).join('')}`;
const votes = async (id: string) => Number((await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes } } }`, { id })).project.voteCounts.votes);

describe('POST /projects/:id/votes', () => {
  it.each([
    ['CSV', 'text/csv', Buffer.from(csv(12_000))],
    ['CSV in gzip', 'text/csv', gzipSync(csv(12_000))],
    ['NDJSON', NDJSON, Buffer.from(Array.from({ length: 12_000 }, (_, i) => `{"item":"item ${i}","annotator":"ann","class":"ham"}\n`).join(''))],
  ])('takes %s of any length', async (_, type, body) => {
    const id = await service.newProject();
    expect(await upload(id, body, { 'content-type': type })).toMatchObject({ status: 200, rows: 12_000, created: 12_000, rejected: 0, rejects: [] });
    expect(await votes(id)).toBe(12_000);
  });

  it('tells the line and the reason of each row that it refuses, and takes the others', async () => {
    const id = await service.newProject();
    const answer = await upload(id, 'item,annotator,class,durationMs\na,w,ham,5\nb,w,spamm,5\nc,w,ham,NaN\nd,w,ham,1e309\n,w,ham,1\n"e\nf",w,spam,\na,w,ham,\n');
    expect(answer).toMatchObject({ status: 200, rows: 7, created: 2, duplicate: 1, rejected: 4 });
    expect(answer.rejects.map((reject: { line: number; code: string }) => reject.line)).toEqual([3, 4, 5, 6]);
    expect(answer.rejects[0]).toEqual({ line: 3, code: 'UNKNOWN_CLASS', message: 'class "spamm" is not among "ham", "spam"' });
    expect(answer.rejects[1].message).toContain('NaN');
  });

  it('refuses ids that cannot come back as they are: NUL, a lone surrogate, bytes that are no UTF-8, 64 KB', async () => {
    const id = await service.newProject();
    const line = (item: string) => `{"item":${item},"annotator":"w","class":"ham"}\n`;
    const answer = await upload(id, Buffer.concat([
      Buffer.from(line('"a\\u0000b"') + line('"\\ud800"')), Buffer.from('{"item":"'), Buffer.from([0xff, 0xfe]), Buffer.from('","annotator":"w","class":"ham"}\n'),
      Buffer.from(line(`"${'x'.repeat(65_536)}"`) + line('"good"')),
    ]), { 'content-type': NDJSON });
    expect(answer).toMatchObject({ status: 200, rows: 5, created: 1, rejected: 4 });
    expect(answer.rejects.map((reject: { line: number }) => reject.line)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['gzip that breaks off', 'text/csv', () => gzipSync(csv(50_000)).subarray(0, 60_000), /gzip/],
    ['gzip with a broken middle', 'text/csv', () => { const whole = gzipSync(csv(50_000)); whole.fill(7, 30_000, 30_100); return whole; }, /gzip/],
    ['NDJSON that breaks off in a row', NDJSON, () => `${'{"item":"i","annotator":"w","class":"ham"}\n'.repeat(3)}{"item":"j","annot`, /./],
    ['no rows', 'text/csv', () => 'item,annotator,class\n', /no rows/],
    ['nothing', 'text/csv', () => '', /./],
    ['a header without a class', 'text/csv', () => 'item,annotator\na,b\n', /class/],
    ['a zip archive', 'text/csv', () => Buffer.from('504b0304140000000800', 'hex'), /./],
  ])('answers 400 to %s, and says what it stored before', async (_, type, body, message) => {
    const id = await service.newProject();
    const answer = await upload(id, body(), { 'content-type': type });
    expect(answer.status).toBe(400);
    expect(answer.error.message).toMatch(message);
    expect(answer.created).toBe(await votes(id));
  });

  it('takes a JSON list, and tabs between cells', async () => {
    const id = await service.newProject();
    const rows = [{ Item: 'i1', annotator: 'a', class: 'ham' }, { Item: 'i1', annotator: 'b', class: 'spam' }];
    expect(await upload(id, JSON.stringify(rows, null, 2), { 'content-type': 'application/json' })).toMatchObject({ status: 200, rows: 2, created: 2 });
    expect(await upload(id, 'Item\tWorker\tLabel\ni2\ta\tham\n\t\t\n', { 'content-type': 'text/tab-separated-values' })).toMatchObject({ status: 200, rows: 1, created: 1, emptyRows: 1 });
  });

  it('reads columns by the names that ?map= has for them', async () => {
    const id = await service.newProject();
    const file = 'HITId,WorkerId,Answer.kind\nh1,w1,ham\n';
    expect(await upload(id, file, undefined, '?map=item=HITId,annotator=WorkerId,class=Answer.kind')).toMatchObject({ status: 200, created: 1, unreadColumns: [] });
    expect(await upload(id, file, undefined, '?map=item=Item,annotator=WorkerId,class=Answer.kind')).toMatchObject({ status: 400, error: { message: expect.stringContaining('and needs Item, WorkerId, Answer.kind') as string } });
    expect(await upload(id, file)).toMatchObject({ status: 400, error: { message: expect.stringContaining('in a request ?map=item=NAME,annotator=NAME,class=NAME') as string } });
    expect(await upload(id, file, undefined, '?map=task=HITId')).toMatchObject({ status: 400, error: { message: 'there is no column "task" to map; a vote has: item, annotator, class, outcome, voteId, time, durationMs, comment, guidelineVersion' } });
  });

  it('reads a wide table where ?wide=true says so', async () => {
    const id = await service.newProject();
    expect(await upload(id, 'id,ann,bob\n1,ham,\n,,\n2,spam,lard\n3,,\n', undefined, '?wide=true')).toMatchObject({
      status: 200, rows: 3, created: 2, emptyRows: 1, unanswered: 1, rejects: [{ line: 4, code: 'UNKNOWN_CLASS', message: expect.stringContaining('annotator "bob": class "lard"') as string }],
    });
    expect(await upload(id, 'ann,unit,bob\nham,u1,spam\n', undefined, '?wide=true&map=item=unit')).toMatchObject({ status: 200, created: 2 });
    const refused = (body: string, query: string, rows?: string) => upload(id, body, undefined, query, rows);
    expect(await refused('item,annotator,class\n1,a,ham\n', '?wide=true')).toMatchObject({ status: 400, error: { message: expect.stringContaining('leave out --wide (?wide=true)') as string } });
    expect(await refused('id,a\n1,ham\n', '?wide=yes')).toMatchObject({ status: 400, error: { message: 'wide is "yes"; it is true or false' } });
    expect(await refused('id,a\n1,ham\n', '?wide=true', 'gold')).toMatchObject({ status: 400, error: { message: 'a gold answer has no annotators, whose columns a wide table has; leave out wide' } });
    expect(await refused('id,a\n1,ham\n', '?wide=true&map=annotator=a')).toMatchObject({ status: 400, error: { message: expect.stringContaining('in a wide table to map') as string } });
  });

  it('tells once, in the order of lines, what is no moment and which class was probably meant', async () => {
    const id = await service.newProject();
    const file = `item,annotator,class,time\n1,a,Ham,\n2,a,ham,last week\n${Array.from({ length: 20_000 }, (_, i) => `${i},b,Ham,\n`).join('')}3,c,ham ,\n`;
    expect(await upload(id, file)).toMatchObject({ status: 200, created: 1, rejected: 20_002, unreadCells: 1, warnings: [
      { line: 2, message: 'votes for "Ham" are refused: it is no class of the project, and "ham" is; write them alike if they are one' },
      { line: 3, message: 'time "last week" is no moment such as 2026-01-31T12:00:00Z; the row is stored without it' },
      { line: 20_004, message: expect.stringContaining('votes for "ham " are refused') as string },
    ] });
  });

  it('answers 415 to a type it does not know and 413 to more bytes than it takes', async () => {
    const id = await service.newProject();
    expect((await upload(id, '{}', { 'content-type': 'text/html' })).status).toBe(415);
    expect((await upload(id, 'x', { 'content-type': 'application/xml' })).status).toBe(415);
    expect((await upload(id, csv(10), { 'content-type': 'application/octet-stream' }, '?format=csv')).status).toBe(200);
    expect((await upload(id, 'x', {}, '?format=xlsx')).status).toBe(400);
    expect((await upload(id, csv(200_000))).status).toBe(413);
  });

  it.each([
    ['whose first line names no columns', Buffer.from('no,columns\n'.padEnd(2_900_000, 'x,y\n')), {}, 400],
    ['that unpacks to too much', gzipSync(Buffer.alloc(200_000_000, 'x')), { 'content-encoding': 'gzip' }, 400],
  ])('what comes on the connection of an upload %s is answered', async (_, body, headers, status) => {
    const id = await service.newProject();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = (method: string, path: string, more: object, what?: Buffer) => new Promise<number>((resolve, reject) => {
      request(new URL(path, service.url), { agent, method, headers: { authorization: `Bearer ${service.key}`, ...more } }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode!));
      }).on('error', reject).end(what);
    });
    try {
      for (let n = 0; n < 3; n++) {
        expect(await send('POST', `/projects/${id}/votes`, { 'content-type': 'text/csv', ...headers }, body)).toBe(status);
        expect(await send('GET', '/readyz', {})).toBe(200);
      }
    } finally {
      agent.destroy();
    }
  });

  it('takes the same file with the same key once, and another file not at all', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    const key = { 'idempotency-key': 'load-1' };
    const first = await upload(id, csv(15_000), key);
    expect(first).toMatchObject({ status: 200, created: 15_000, resumedAfterRows: 0, replayed: false });
    expect(await upload(id, csv(15_000), key)).toMatchObject({ status: 200, created: 15_000, resumedAfterRows: 15_000, replayed: true });
    for (const other of [csv(15_001), csv(9_000), csv(15_000, 1)]) {
      const answer = await upload(id, other, key);
      expect([answer.status, answer.error.code]).toEqual([409, 'CONFLICT']);
    }
    expect(await votes(id)).toBe(15_000);
  });

  it('goes on where an upload broke off, without a vote twice', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    const key = { 'idempotency-key': 'load-2' };
    const whole = csv(45_000);
    const broken = await upload(id, gzipSync(whole).subarray(0, -30_000), key);
    expect(broken.status).toBe(400);
    const before = await votes(id);
    expect([10_000, 20_000, 30_000, 40_000]).toContain(before);
    expect(await upload(id, whole, key)).toMatchObject({ status: 200, rows: 45_000, created: 45_000, resumedAfterRows: before });
    expect(await votes(id)).toBe(45_000);
  });

  it('lets one of two simultaneous uploads with one key go on', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    const answers = await Promise.all([1, 2].map(() => upload(id, csv(30_000), { 'idempotency-key': 'load-3' })));
    const again = await upload(id, csv(30_000), { 'idempotency-key': 'load-3' });
    expect(answers.some((answer) => answer.status === 200)).toBe(true);
    expect(again).toMatchObject({ status: 200, created: 30_000 });
    expect(await votes(id)).toBe(30_000);
  });
});

describe('POST /projects/:id/items', () => {
  const items = (count: number) => Buffer.from(Array.from({ length: count }, (_, i) => `{"item":"item ${i}","payload":{"n":${i}}}\n`).join(''));
  const stored = async (id: string) => (await service.data(`query ($id: ID!) { project(id: $id) { items(first: 2) { nodes { externalId payload } } } }`, { id })).project.items.nodes;

  it('adds items with their payloads, and leaves those that are there as they are', async () => {
    const id = await service.newProject();
    expect(await upload(id, items(12_000), { 'content-type': NDJSON }, '', 'items')).toMatchObject({ status: 200, rows: 12_000, created: 12_000, updated: 0, unchanged: 0, rejected: 0 });
    expect(await stored(id)).toEqual([{ externalId: 'item 0', payload: { n: 0 } }, { externalId: 'item 1', payload: { n: 1 } }]);
    expect(await upload(id, 'id,payload\nitem 0,7\nnew,"{""a"":1}"\nbad,{\n', {}, '', 'items')).toMatchObject({
      status: 200, rows: 3, created: 1, unchanged: 1, rejected: 1, rejects: [{ line: 4, code: 'MALFORMED' }],
    });
    expect((await stored(id))[0]).toEqual({ externalId: 'item 0', payload: { n: 0 } });
  });

  it('tells a row that repeats another of its batch, and a payload too large, by their lines', async () => {
    const answer = await upload(await service.newProject(), `item,payload\na,1\na,2\nb,"""${'x'.repeat(70_000)}"""\n`, {}, '', 'items');
    expect(answer).toMatchObject({ status: 200, created: 1, rejected: 2, rejects: [{ line: 3, code: 'REPEATED_ROW' }, { line: 4, code: 'INVALID_PAYLOAD' }] });
  });

  it('goes on where an upload broke off, and takes no key of an upload of votes', async () => {
    const id = await service.newProject();
    const key = { 'content-type': NDJSON, 'idempotency-key': 'items-1' };
    const whole = items(45_000);
    const broken = await upload(id, gzipSync(whole).subarray(0, -30_000), key, '', 'items');
    expect([broken.status, broken.created > 0, broken.created % 10_000]).toEqual([400, true, 0]);
    expect(await upload(id, whole, key, '', 'items')).toMatchObject({ status: 200, created: 45_000, unchanged: 0, resumedAfterRows: broken.created });
    expect((await upload(id, whole, key)).error.code).toBe('CONFLICT');
  });
});

describe('GET /projects/:id/...', () => {
  const download = (path: string) => service.http().get(path).set('authorization', `Bearer ${service.key}`).buffer(true).parse((response, done) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks).toString()));
  });

  it('gives soft labels, annotators and votes, with formulas made harmless in CSV', async () => {
    const id = await service.newProject();
    await upload(id, 'item,annotator,class,comment\n=1+1,@ann,spam,-x\n=1+1,bob,spam,\n=1+1,cid,ham,\nplain,bob,ham,\n');
    const empty = await download(`/projects/${id}/soft-labels.csv`);
    expect([empty.status, JSON.parse(String(empty.body)).error.code]).toEqual([409, 'CONFLICT']);
    const { startRun } = await service.data(`mutation ($id: ID!) { startRun(input: { projectId: $id, method: "majority-vote" }) { run { id } } }`, { id });
    const [projectNumber, runNumber] = Buffer.from(startRun.run.id, 'base64url').toString().split(':').slice(1).map(Number);
    await service.app.get(RunsService).ended(projectNumber!, runNumber!);

    const labels = await download(`/projects/${id}/soft-labels.csv`);
    expect(labels.headers).toMatchObject({ 'content-type': expect.stringContaining('text/csv'), 'content-disposition': 'attachment; filename="soft-labels.csv"', 'x-assay-run': startRun.run.id });
    const [header, first, second, ...rest] = String(labels.body).split('\n');
    expect(header).toBe('item,label,confidence,entropy,votes,tie,p_ham,p_spam');
    expect(first).toMatch(/^'=1\+1,spam,0\.66666666666666\d*,0\.63651\d*,3,false,0\.3333333333333\d*,0\.6666666666666\d*$/);
    expect(second).toBe('plain,ham,1,0,1,false,1,0');
    expect(rest).toEqual(['']);

    const lines = String((await download(`/projects/${id}/soft-labels.ndjson?run=${startRun.run.id}`)).body).trim().split('\n').map((line) => JSON.parse(line));
    expect(lines.map((line) => [line.item, line.label, line.votes])).toEqual([['=1+1', 'spam', 3], ['plain', 'ham', 1]]);

    const annotators = String((await download(`/projects/${id}/annotators.csv`)).body).split('\n');
    expect(annotators[0]).toBe('annotator,kind,votes,quality,accuracy,accuracy_low,accuracy_high');
    expect(annotators[1]).toMatch(/^'@ann,HUMAN,1,/);

    const exported = String((await download(`/projects/${id}/votes.csv`)).body);
    expect(exported.split('\n')[1]).toMatch(/^'=1\+1,'@ann,spam,CLASS,,,,'-x,,20/);
    // What was exported can be imported, and means the same.
    const copy = await service.newProject();
    expect(await upload(copy, exported)).toMatchObject({ status: 200, created: 4, rejected: 0 });
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { item(externalId: "=1+1") { votes { nodes { comment annotator { externalId } } } } } }`, { id: copy });
    expect(project.item.votes.nodes[0]).toEqual({ comment: '-x', annotator: { externalId: '@ann' } });
  });

  it('gives files that another project reads as the same: guarded classes, items, gold and predictions', async () => {
    const classes = ['+ve', '-', '=x'];
    const [id, copy] = [await service.newProject({ classes }), await service.newProject({ classes })];
    const version = '?model=m&version=1';
    await upload(id, 'item,annotator,class,comment\n=1+1,@ann,+ve,-x\n\'-5,\'@bob,-,\'=y\n@c,@ann,=x,\n');
    await upload(id, 'item,payload\n=1+1,"""=2"""\n-n,\n', {}, '', 'items');
    await upload(id, 'item,class,reason\n\'-5,+ve,=why\n', {}, '', 'gold');
    await upload(id, 'item,p_-,p_+ve,p_=x\n\'-5,0.5,0.25,0.25\n', {}, version, 'predictions');
    const kinds = ['votes', 'items', 'gold', 'predictions'];
    for (const kind of kinds) {
      const file = String((await download(`/projects/${id}/${kind}.csv`)).body);
      expect(file).toContain("'");
      expect(await upload(copy, file, {}, kind === 'predictions' ? version : '', kind)).toMatchObject({ status: 200, rejected: 0 });
    }
    // States of items are worked out behind the votes.
    await atRest(service);
    for (const kind of kinds) {
      const [told, meant] = await Promise.all([copy, id].map(async (project) => String((await download(`/projects/${project}/${kind}.ndjson`)).body).replaceAll(/"(receivedAt|createdAt)":"[^"]*"/g, '')));
      expect(told).toBe(meant);
      expect(told).toContain(`"item":"'-5"`);
    }
  });

  it('gives the history of votes where it is asked for', async () => {
    const id = await service.newProject();
    await upload(id, 'item,annotator,class\ni,a,spam\ni,a,ham\nj,a,ham\n');
    const standing = String((await download(`/projects/${id}/votes.ndjson`)).body).trim().split('\n');
    expect(standing).toHaveLength(2);
    const all = String((await download(`/projects/${id}/votes.ndjson?history=true`)).body).trim().split('\n').map((line) => JSON.parse(line));
    expect(all.map((vote) => [vote.item, vote.class, vote.state])).toEqual([['i', 'spam', 'SUPERSEDED'], ['j', 'ham', 'STANDING'], ['i', 'ham', 'STANDING']]);
  });

  it.each([
    ['soft-labels.xlsx', 404], ['soft-labels.csv?run=junk', 404], ['votes.csv?history=maybe', 400], ['votes.csv?history=true&history=false', 400],
  ])('answers %s with %i', async (path, status) => {
    const id = await service.newProject();
    expect((await download(`/projects/${id}/${path}`)).status).toBe(status);
  });
});
