import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), 'assay-foreign-'));
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

const file = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

async function load(id: string, paths: string[], ...words: string[]) {
  const { code, out, err } = await command(['import', ...paths, '--project', id, ...words], { environment: { DATABASE_URL: service.databaseUrl } });
  return { exit: code, out, err };
}

const counted = async (id: string, paths: string[], ...words: string[]) => JSON.parse((await load(id, paths, '--json', ...words)).out) as Record<string, Record<string, number> & unknown[]>;

const standing = async (id: string) => {
  const { project } = await service.data(`query ($id: ID!) { project(id: $id) { votes(first: 50) { nodes { item { externalId payload } annotator { externalId } class outcome voteId state } } } }`, { id });
  return (project.votes.nodes as (Standing & { state: string })[]).filter(({ state }) => state === 'STANDING') as Standing[];
};
interface Standing { item: { externalId: string; payload: unknown }; annotator: { externalId: string }; class: string | null; outcome: string; voteId: string }
const inWords = async (id: string) => (await standing(id)).map((vote) => [vote.item.externalId, vote.annotator.externalId, vote.class ?? vote.outcome, vote.voteId].join(' ')).sort();

const choice = (...choices: string[]) => [{ from_name: 'kind', type: 'choices', value: { choices } }];
const at = (time: string) => ({ created_at: `2025-05-01T${time}Z`, updated_at: `2025-05-01T${time}Z` });
/** The newest answer first, as the platform has them. */
const tasks: { annotations: Record<string, unknown>[]; [name: string]: unknown }[] = [
  { id: 1, project: 9, data: { text: 'one' }, annotations: [{ id: 12, completed_by: 5, result: choice('spam'), ...at('11:00:00') }, { id: 11, completed_by: 5, result: choice('ham'), ...at('10:00:00') }] },
  { id: 2, data: {}, annotations: [{ id: 13, completed_by: 6, result: choice('ham', 'spam') }, { id: 14, completed_by: 6, ground_truth: true, result: choice('ham') }], predictions: [{ model_version: 'v1', score: 0.75, result: choice('ham') }] },
];

describe('assay import --from', () => {
  it('loads items with their data, votes in the order of time, gold answers and predictions, and nothing twice', async () => {
    const id = await service.newProject();
    const path = await file('export.json', JSON.stringify(tasks));
    const told = await load(id, [path], '--from', 'auto', '--predictions', 'spread', '--dry-run');
    expect(told).toMatchObject({ exit: 1, out: 'label-studio, nothing written\nvotes: 2 would be loaded, of 1 annotators\n  spam 1, ham 1\nitems: 2 would be loaded\ngold answers: 1 would be loaded\npredictions: 1 would be loaded\n' });
    expect(told.err).toContain(`${path}, /1/annotations/0: "kind" has 2 answers, "ham" and "spam"; a vote has one class`);
    expect(await inWords(id)).toEqual([]);
    const rejects = join(folder, 'rejects.csv');
    const loaded = await load(id, [path], '--from', 'label-studio', '--predictions', 'spread', '--rejects', rejects);
    expect(loaded).toMatchObject({ exit: 1, out: expect.stringContaining('votes: 2 found, of 1 annotators: 1 created, 1 superseded, 0 duplicate') as string });
    expect(loaded.err).toContain(`1 record was refused; they are in ${rejects}`);
    expect(await readFile(rejects, 'utf8')).toMatch(/^file,at,code,message\n[^\n]*export\.json,\/1\/annotations\/0,SEVERAL_CLASSES,"""kind"" has 2 answers[^\n]*\n$/);
    // The later answer stands, though it comes first in the file.
    expect(await inWords(id)).toEqual(['1 5 spam ls:12']);
    expect((await standing(id))[0]!.item.payload).toEqual({ text: 'one', labelStudio: { task: 1, project: 9 } });
    const again = await counted(id, [path, path], '--from', 'label-studio', '--predictions', 'spread');
    expect(again).toMatchObject({ votes: { created: 0, superseded: 0, duplicate: 4 }, items: { created: 0 }, gold: { found: 1, created: 0, updated: 0 }, predictions: { created: 0 } });
    expect(await inWords(id)).toEqual(['1 5 spam ls:12']);
  });

  it('takes an edited answer for a new one', async () => {
    const id = await service.newProject();
    const edited = structuredClone(tasks.slice(0, 1));
    edited[0]!.annotations[0]!.updated_at = '2025-05-01T12:00:00Z';
    edited[0]!.annotations[0]!.result = choice('ham');
    await load(id, [await file('a.json', JSON.stringify(tasks.slice(0, 1)))], '--from', 'label-studio');
    expect(await counted(id, [await file('b.json', JSON.stringify(edited))], '--from', 'label-studio')).toMatchObject({ votes: { created: 0, superseded: 1, duplicate: 1 }, refused: {} });
    expect(await inWords(id)).toEqual(['1 5 ham ls:12@2025-05-01T12:00:00Z']);
  });

  it('counts answers without ids once, in the same file and in one that overlaps', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    const first = await file('first.csv', 'task,worker,label\nt1,w1,ham\nt1,w1,ham\nt2,w1,spam\n');
    const second = await file('second.csv', 'task,worker,label\nt2,w1,spam\nt3,w1,ham\n');
    expect(await counted(id, [first], '--from', 'crowd-kit')).toMatchObject({ votes: { created: 3, duplicate: 0 } });
    expect(await counted(id, [first], '--from', 'crowd-kit')).toMatchObject({ votes: { created: 0, duplicate: 3 } });
    expect(await counted(id, [second], '--from', 'crowd-kit')).toMatchObject({ votes: { created: 1, duplicate: 1 } });
    expect(await inWords(id)).toHaveLength(4);
  });

  it('writes the classes that the project lacks to a map, and reads it', async () => {
    const id = await service.newProject();
    const path = await file('classes.csv', 'task,worker,label\nt1,w1,Ham\nt2,w1,junk\nt3,w1,ham\n');
    const map = join(folder, 'map.csv');
    expect(await load(id, [path], '--from', 'crowd-kit', '--class-map', map)).toMatchObject({ exit: 1, err: expect.stringContaining('the project lacks 2 classes of the file; they are in') as string });
    expect(await readFile(map, 'utf8')).toBe('class,to,answers,nearest\nHam,,1,ham\njunk,,1,\n');
    expect(await inWords(id)).toEqual([]);
    await writeFile(map, 'class,to,answers,nearest\nHam,ham,1,ham\njunk,spam,1,\n');
    expect(await load(id, [path], '--from', 'crowd-kit', '--class-map', map)).toMatchObject({ exit: 0 });
    expect((await inWords(id)).map((vote) => vote.split(' ').slice(0, 3).join(' '))).toEqual(['t1 w1 ham', 't2 w1 spam', 't3 w1 ham']);
  });

  it('leaves the project as it was where a file is cut, and says what goes with what', async () => {
    const id = await service.newProject();
    const cut = await file('cut.json', JSON.stringify(tasks).slice(0, -3));
    expect(await load(id, [cut], '--from', 'label-studio')).toMatchObject({ exit: 1, err: expect.stringContaining('cut.json, line 1: the file ends inside a record') as string });
    expect(await inWords(id)).toEqual([]);
    expect(await load(id, [cut], '--from', 'label-studio', '--wide')).toMatchObject({ exit: 2 });
    expect(await load(id, [cut], '--question', 'kind')).toMatchObject({ exit: 2, err: expect.stringContaining('--question goes with --from') as string });
    expect(await load(id, [cut], '--dry-run')).toMatchObject({ exit: 2, err: expect.stringContaining('--dry-run goes with --from') as string });
    expect(await load(id, [cut, cut])).toMatchObject({ exit: 2, err: expect.stringContaining('several files are loaded with --from') as string });
  });
});

describe('POST /projects/:id/votes?from=', () => {
  const post = (id: string, query: string, body: string | Uint8Array, key?: string) => fetch(`${service.url}/projects/${id}/votes?${query}`, {
    method: 'POST', body: Buffer.from(body as string), headers: { authorization: `Bearer ${key ?? service.key}`, 'content-type': 'application/octet-stream' },
  }).then(async (response) => ({ status: response.status, body: await response.json() as Record<string, unknown> & { error?: { code: string; message: string } } }));

  it('loads a file, and tells what became of each record', async () => {
    const id = await service.newProject();
    const dry = await post(id, 'from=auto&dryRun=true', JSON.stringify(tasks));
    expect(dry).toMatchObject({ status: 200, body: { platform: 'label-studio', dryRun: true, votes: { found: 2, created: 0 }, classes: { ham: 1, spam: 1 }, passed: { PREDICTION: 1 } } });
    const { status, body } = await post(id, 'from=label-studio&question=kind', JSON.stringify(tasks));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      votes: { found: 2, created: 1, superseded: 1, duplicate: 0 }, items: { found: 2, created: 2 }, gold: { found: 1, created: 1 }, refused: { SEVERAL_CLASSES: 1 },
      refusals: [{ file: 'the file', at: '/1/annotations/0', code: 'SEVERAL_CLASSES' }],
    });
    expect(await inWords(id)).toEqual(['1 5 spam ls:12']);
  });

  it('names the parameters that help as parameters', async () => {
    const id = await service.newProject({ classes: ['ham', 'spam'] });
    const { body } = await post(id, 'from=crowd-kit&dryRun=true', 'task,worker,label\nt2,w,eggs\n');
    expect(body.refusals).toMatchObject([
      { at: '2', code: 'UNKNOWN_CLASS', message: 'class "eggs" is not among "ham", "spam"; give it another name by ?classMap=, or an outcome by ?unsure=, ?skip= or ?cannot=' },
    ]);
  });

  it('leaves gold answers out where the key may not set them, and says so', async () => {
    const id = await service.newProject();
    const key = await service.newKey({ scopes: ['votes:write'] });
    const { body } = await post(id, 'from=label-studio', JSON.stringify(tasks), key);
    expect(body).toMatchObject({ votes: { created: 1, superseded: 1 }, gold: { found: 1, created: 0 }, notes: ['1 gold answers are left out: the key has no scope project:admin; load the file again with one that has'] });
  });

  it('refuses with words, and stores nothing of what it refuses', async () => {
    const id = await service.newProject();
    for (const [query, body, message] of [
      ['from=label-studio', JSON.stringify(tasks).slice(0, -3), 'line 1: the file ends inside a record'],
      ['from=toloka', JSON.stringify(tasks), 'it looks like one of Label Studio: ?from=label-studio (OTHER_PLATFORM); nothing of it is stored'],
      ['from=nowhere', '', 'there is no platform "nowhere"'],
      ['from=label-studio&question=what', JSON.stringify(tasks), 'there is no question "what"; there are "kind" (NO_SUCH_QUESTION)'],
      ['from=label-studio&gold=maybe', '', 'gold is "maybe"; it is read or ignore or only'],
      ['from=label-studio&wide=true', '', 'wide is for files without from'],
      ['from=doccano&file=all.jsonl', '{"id":1,"text":"a","label":["x"],"Comments":[]}\n', 'turn off "Share annotations across all users"'],
    ] as const) {
      const refused = await post(id, query, body);
      expect([refused.status, refused.body.error?.code, refused.body.error?.message]).toEqual([400, 'INVALID_INPUT', expect.stringContaining(message)]);
    }
    expect(await inWords(id)).toEqual([]);
  });
});
