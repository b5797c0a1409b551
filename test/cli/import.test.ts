import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), 'assay-import-'));
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

async function load(id: string, text: string, ...words: string[]) {
  const file = join(folder, 'rows');
  await writeFile(file, text);
  const { code, out, err } = await command(['import', file, '--project', id, ...words], { environment: { DATABASE_URL: service.databaseUrl } });
  return { exit: code, output: out + err };
}

const votes = async (id: string) => {
  const { project } = await service.data(`query ($id: ID!) { project(id: $id) { votes(first: 50) { nodes { item { externalId } annotator { externalId } class } } } }`, { id });
  return project.votes.nodes.map((vote: { item: { externalId: string }; annotator: { externalId: string }; class: string }) => [vote.item.externalId, vote.annotator.externalId, vote.class].join(' '));
};

describe('assay import', () => {
  it('reads columns by the names that --map has for them, of every kind of rows', async () => {
    const id = await service.newProject();
    expect(await load(id, 'HITId,WorkerId,Answer.kind\nh1,w1,ham\n', '--map', 'item=HITId,annotator=WorkerId,class=Answer.kind')).toMatchObject({ exit: 0, output: expect.stringContaining('1 rows: 1 created') as string });
    expect(await votes(id)).toEqual(['h1 w1 ham']);
    expect(await load(id, 'HITId,truth\nh1,ham\n', '--rows', 'gold', '--map', 'item=HITId,class=truth')).toMatchObject({ exit: 0 });
    const refused = await load(id, 'HITId,p_ham,p_spam\nh1,1,0\n', '--rows', 'predictions', '--model', 'm', '--model-version', '1');
    expect(refused).toMatchObject({ exit: 1, output: expect.stringContaining('and needs item or task, p_ham, p_spam; tell by --map item=NAME') as string });
    expect(await load(id, 'HITId,p_ham,p_spam\nh1,1,0\n', '--rows', 'predictions', '--model', 'm', '--model-version', '1', '--map', 'item=HITId')).toMatchObject({ exit: 0 });
    const wrong = await load(id, 'a,b\n', '--map', 'task=a');
    expect(wrong).toMatchObject({ exit: 2, output: expect.stringContaining('--map: there is no column "task" to map; a vote has: item, annotator,') as string });
  });

  it('reads a wide table of votes, told once by its key, and tells whose votes are refused', async () => {
    const id = await service.newProject();
    const key = ['--idempotency-key', 'wide-1'];
    expect((await load(id, 'id,ann,bob\n1,ham,\n2,spam,ham\n3,,\n', '--wide', ...key)).output).toContain('3 rows: 3 created, 0 superseded, 0 duplicate, 0 rejected');
    expect(await votes(id)).toEqual(['1 ann ham', '2 ann spam', '2 bob ham']);
    expect((await load(id, 'id,ann,bob\n1,ham,\n2,spam,ham\n3,,\n', '--wide', ...key)).exit).toBe(0);
    const refused = await load(id, 'id,cid,dan\n4,ham,lard\n', '--wide');
    expect(refused).toMatchObject({ exit: 1, output: expect.stringContaining('line 2: annotator "dan": class "lard" is not among "ham", "spam"') as string });
    expect(await load(id, 'item,class\n4,ham\n', '--wide', '--rows', 'gold')).toMatchObject({ exit: 2, output: expect.stringContaining('--wide goes with --rows votes, and these are gold') as string });
  });
});
