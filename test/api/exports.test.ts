import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunsService } from '../../src/runs/running/runs.service.js';
import { setGold, vote } from '../gold/gold-calls.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

async function download(project: string, file: string): Promise<{ status: number; text: string; headers: Record<string, string> }> {
  const { status, body, headers } = await service.http().get(`/projects/${project}/${file}`).set('authorization', `Bearer ${service.key}`).buffer(true).parse((response, done) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks).toString()));
  });
  return { status, text: String(body), headers };
}

// Rows are looked into by the tests that asked for them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const rowsOf = (text: string): any[] => text.trim().split('\n').map((line) => JSON.parse(line) as unknown);

async function upload(project: string, what: string, body: string, query = ''): Promise<unknown> {
  const type = body.startsWith('{') ? 'application/x-ndjson' : 'text/csv';
  return (await service.http().post(`/projects/${project}/${what}${query}`).set('authorization', `Bearer ${service.key}`).set('content-type', type).send(body)).body;
}

async function finishedRun(project: string, method: string): Promise<string> {
  const { startRun } = await service.data(`mutation ($id: ID!, $method: String!) { startRun(input: { projectId: $id, method: $method }) { run { id } } }`, { id: project, method });
  const [projectNumber, runNumber] = Buffer.from(startRun.run.id, 'base64url').toString().split(':').slice(1).map(Number);
  await service.app.get(RunsService).ended(projectNumber!, runNumber!);
  return startRun.run.id;
}

describe('a download', () => {
  it.each(['csv', 'ndjson'])('of items, gold or predictions can be imported as %s, and is then the same', async (format) => {
    const from = await service.newProject();
    const to = await service.newProject();
    await upload(from, 'items', '{"item":"=1","payload":{"url":"a \\"b\\",\\nc","n":[1,2.5]}}\n{"item":"two"}\n{"item":"three","payload":-1}\n');
    await setGold(service, from, [{ item: '=1', class: 'spam', reason: '-told' }, { item: 'two', class: 'ham' }]);
    await setGold(service, from, [{ item: 'two', class: 'spam' }]);
    await upload(from, 'predictions', '{"item":"two","p_ham":0.25,"p_spam":0.75}\n{"item":"=1","p_ham":1,"p_spam":0}\n', '?model=m&version=1');
    for (const [what, query, own] of [['items', '', ['item', 'payload', 'votes']], ['gold', '', ['item', 'class', 'reason']], ['predictions', '?model=m&version=1', ['item', 'model', 'version', 'p_ham', 'p_spam']]] as const) {
      const file = await download(from, `${what}.${format}`);
      expect(file.status).toBe(200);
      expect(await upload(to, what, file.text, query)).toMatchObject({ rejected: 0 });
      const shown = async (project: string) => rowsOf((await download(project, `${what}.ndjson`)).text).map((row) => own.map((name) => row[name]));
      expect(await shown(to)).toEqual(await shown(from));
    }
    expect(rowsOf((await download(from, 'items.ndjson')).text)[0]).toMatchObject({ item: '=1', payload: { url: 'a "b",\nc', n: [1, 2.5] }, flagged: false, votes: 0, leases: 0 });
    expect(rowsOf((await download(from, 'gold.ndjson?history=true')).text).map((row) => [row.item, row.class, row.state])).toEqual([['=1', 'spam', 'STANDING'], ['two', 'ham', 'ENDED'], ['two', 'spam', 'STANDING']]);
  });

  it('of confusion matrices has the rows that the API shows, and one of runs what they are and did', async () => {
    const id = await service.newProject();
    await vote(service, id, [['a', 'ann', 'ham'], ['a', 'bob', 'ham'], ['b', 'ann', 'spam'], ['b', 'bob', 'ham'], ['b', 'cid', 'spam'], ['c', 'cid', 'spam']]);
    const run = await finishedRun(id, 'dawid-skene');
    const file = await download(id, 'confusion-matrices.ndjson');
    expect(file.headers['x-assay-run']).toBe(run);
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { annotators { nodes { externalId confusionMatrix { implied rows { vote probabilities } } } } } }`, { id });
    const shown = project.annotators.nodes.flatMap((one: { externalId: string; confusionMatrix: { implied: boolean; rows: { vote: string; probabilities: number[] }[] } }) =>
      one.confusionMatrix.rows.map((row) => ({ annotator: one.externalId, vote: row.vote, implied: one.confusionMatrix.implied, p_ham: row.probabilities[0], p_spam: row.probabilities[1] })));
    expect(shown.length).toBeGreaterThan(3);
    expect(rowsOf(file.text)).toEqual(shown);
    const older = await finishedRun(id, 'majority-vote');
    const runs = rowsOf((await download(id, 'runs.ndjson')).text);
    expect(runs.map((row) => [row.run, row.method, row.status, row.votes, row.items])).toEqual([[older, 'majority-vote', 'SUCCEEDED', 6, 3], [run, 'dawid-skene', 'SUCCEEDED', 6, 3]]);
    expect(runs[1]).toMatchObject({ converged: true, options: expect.objectContaining({ maxIterations: expect.any(Number) }), trace: expect.any(Array), failure: null });
    expect((await download(id, 'runs.csv')).text.split('\n')).toHaveLength(4);
  });

  it('of confusion matrices has the intervals that the API shows, where the method tells them', async () => {
    const id = await service.newProject();
    await vote(service, id, [['a', 'ann', 'ham'], ['a', 'bob', 'ham'], ['b', 'ann', 'spam'], ['b', 'bob', 'ham'], ['b', 'cid', 'spam'], ['c', 'cid', 'spam']]);
    await finishedRun(id, 'hierarchical-dawid-skene');
    interface Row { vote: string; probabilities: number[]; low: number[]; high: number[] }
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { annotators { nodes { externalId confusionMatrix { rows { vote probabilities low high } } } } } }`, { id });
    const shown = project.annotators.nodes.flatMap((one: { externalId: string; confusionMatrix: { rows: Row[] } }) => one.confusionMatrix.rows.map(({ vote: label, probabilities: [ham, spam], low, high }) =>
      ({ annotator: one.externalId, vote: label, implied: false, p_ham: ham, p_spam: spam, low_ham: low[0], low_spam: low[1], high_ham: high[0], high_spam: high[1] })));
    expect(shown.length).toBeGreaterThan(3);
    expect(rowsOf((await download(id, 'confusion-matrices.ndjson')).text)).toEqual(shown);
    expect((await download(id, 'confusion-matrices.csv')).text.split('\n')[0]).toBe('annotator,vote,implied,p_ham,p_spam,low_ham,low_spam,high_ham,high_spam');
  });

  it.each(['plain', 'with\u0001a control character'])('names thousands of items, some given after the first download: %s', async (odd) => {
    const id = await service.newProject();
    const name = (n: number) => (n === 777 ? odd : `item ${n}`);
    const votesOf = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => JSON.stringify({ item: name(from + i), annotator: 'ann', class: (from + i) % 3 ? 'ham' : 'spam' })).join('\n');
    for (const [from, to] of [[0, 1500], [1500, 2600]] as const) {
      await upload(id, 'votes', votesOf(from, to));
      await finishedRun(id, 'majority-vote');
      const wanted = Array.from({ length: to }, (_, n) => [name(n), n % 3 ? 'ham' : 'spam']);
      expect(rowsOf((await download(id, 'soft-labels.ndjson')).text).map((row) => [row.item, row.label])).toEqual(wanted);
      expect(rowsOf((await download(id, 'votes.ndjson')).text).map((row) => [row.item, row.class])).toEqual(wanted);
    }
  });

  it('without rows has its header, and refuses a choice that it does not heed', async () => {
    const id = await service.newProject();
    expect((await download(id, 'predictions.csv')).text).toBe('item,model,version,p_ham,p_spam\n');
    expect((await download(id, 'items.ndjson')).text).toBe('');
    expect(await download(id, 'confusion-matrices.csv')).toMatchObject({ status: 409 });
    expect(JSON.parse((await download(id, 'items.csv?run=x')).text).error).toMatchObject({ code: 'INVALID_INPUT', message: 'items take no run' });
    expect(JSON.parse((await download(id, 'predictions.csv?model=nobody')).text).error.code).toBe('NOT_FOUND');
    expect((await download(id, 'predictions.csv?model=a%00b')).status).toBe(404);
  });
});

describe('a download that was cut', () => {
  const fetched = async (project: string, file: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${service.url}/projects/${project}/${file}`, { headers: { authorization: `Bearer ${service.key}`, ...headers } });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  };

  it.each(['csv', 'ndjson'])('goes on where it was, to the byte, whatever was written since: %s', async (format) => {
    const project = await service.newProject();
    await vote(service, project, Array.from({ length: 200 }, (_, n) => [`i${n % 50}`, `é${n % 7}`, n % 3 ? 'ham' : 'spam'] as [string, string, string]));
    await setGold(service, project, [{ item: 'i1', class: 'spam' }]);
    const run = await finishedRun(project, 'majority-vote');
    const files = await Promise.all([`votes.${format}?history=true`, `gold.${format}`, `soft-labels.${format}`].map(async (file) => ({ file, whole: await fetched(project, file) })));
    await vote(service, project, [['i1', 'é1', 'spam'], ['new', 'new', 'ham']]);
    await setGold(service, project, [{ item: 'i1', class: 'ham' }]);
    await finishedRun(project, 'majority-vote');
    for (const { file, whole } of files) {
      const watermark = whole.headers.get('x-assay-watermark');
      const same = `${file}${file.includes('?') ? '&' : '?'}${watermark ? `watermark=${watermark}` : `run=${run}`}`;
      for (let cut = 0; cut <= 10; cut++) {
        const skipped = Math.floor(whole.bytes.length * cut / 10);
        const rest = await fetched(project, `${same}&skipBytes=${skipped}`, { 'if-match': whole.headers.get('etag')! });
        expect(rest.status).toBe(200);
        expect(Buffer.concat([whole.bytes.subarray(0, skipped), rest.bytes]).equals(whole.bytes)).toBe(true);
      }
      // As it is now, it is another file.
      const other = await fetched(project, `${file}${file.includes('?') ? '&' : '?'}skipBytes=9`, { 'if-match': whole.headers.get('etag')! });
      expect([other.status, other.bytes.toString()]).toEqual([409, expect.stringContaining('x-assay-watermark')]);
    }
  });

  it('is refused where two halves might not fit together', async () => {
    const project = await service.newProject();
    await vote(service, project, [['i', 'a', 'ham']]);
    const etag = (await fetched(project, 'votes.csv')).headers.get('etag')!;
    const told = async (file: string, headers?: Record<string, string>) => {
      const { status, bytes } = await fetched(project, file, headers);
      return `${status} ${bytes.toString()}`;
    };
    expect(await told('votes.csv?skipBytes=3')).toMatch(/^400 .*needs the header If-Match/);
    expect(await told('votes.csv?skipBytes=-3', { 'if-match': etag })).toMatch(/^400 .*it must be a whole number of bytes/);
    expect(await told('votes.csv?skipBytes=3&skipBytes=4', { 'if-match': etag })).toMatch(/^400 .*skipBytes is given 2 times; keep one/);
    expect(await told('votes.ndjson?skipBytes=3', { 'if-match': etag })).toMatch(/^409 /);
    expect(await told('items.csv?skipBytes=3', { 'if-match': etag })).toMatch(/^400 .*download them anew/);
    expect(await told('votes.csv?watermark=99999999')).toMatch(/^400 .*the project's log ends at/);
    expect(await told('votes.csv?watermark=x')).toMatch(/^400 .*it must be a number/);
    expect(await told('soft-labels.csv?watermark=1')).toMatch(/^400 .*take no watermark/);
  });
});
