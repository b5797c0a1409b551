import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../src/aggregation/index.js';
import { ended, newCrowd, runToEnd, startRun, untilRun } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { removeGold, setGold } from './gold-calls.js';

interface Label {
  item: string;
  probabilities: number[];
  votes: number;
}

let service: Service;
let projectId: string;
let classes: string[];
beforeAll(async () => {
  service = await startService();
  ({ projectId, classes } = await newCrowd(service, { items: 60, annotators: 8, classes: 3, votesPerItem: 3, skill: 0.55 }));
});
afterAll(() => service.stop());

async function labels(run: string): Promise<Map<string, Label>> {
  const { project } = await service.data(
    `query ($id: ID!, $run: ID) { project(id: $id) { softLabels(run: $run, first: 1000) { nodes { item { externalId } probabilities votes } } } }`, { id: projectId, run },
  );
  return new Map(project.softLabels.nodes.map((node: { item: { externalId: string }; probabilities: number[]; votes: number }) =>
    [node.item.externalId, { item: node.item.externalId, probabilities: node.probabilities, votes: node.votes }]));
}

const run = async (input: object): Promise<{ id: string; watermark: string; diagnostics: { warnings: string[] } }> => runToEnd(service, projectId, input);
const goldCount = async (id: string) => (await service.data(`query ($id: ID!) { run(id: $id) { goldCount } }`, { id })).run.goldCount;
const certain = (k: number) => classes.map((_, c) => Number(c === k));
/** Of each item the class that the votes make least likely. */
const leastLikely = (label: Label) => label.probabilities.indexOf(Math.min(...label.probabilities));

describe.each(methods.filter((method) => method.reads.includes('votes') && !method.reads.includes('predictions') && (method.maxClasses ?? 3) >= 3).map(({ id, reads }) => ({ id, readsGold: reads.includes('gold') })))(
  'a run of $id', ({ id, readsGold }) => {
    it(readsGold ? 'is certain of items with gold, voted on or not' : 'keeps to the votes, and warns that there is gold', async () => {
      const before = await run({ method: id });
      const plain = await labels(before.id);
      const answers = [...plain.values()].slice(0, 5).map((label) => ({ item: label.item, class: classes[leastLikely(label)]! }));
      await setGold(service, projectId, [...answers, { item: 'nobody voted on it', class: classes[2]! }]);
      const after = await run({ method: id });
      const known = await labels(after.id);
      if (readsGold) {
        for (const { item, class: name } of answers) expect(known.get(item)!.probabilities).toEqual(certain(classes.indexOf(name)));
        expect(known.get('nobody voted on it')).toEqual({ item: 'nobody voted on it', probabilities: certain(2), votes: 0 });
        expect(after.diagnostics.warnings.join()).not.toContain('gold');
      } else {
        expect(known).toEqual(plain);
        expect(after.diagnostics.warnings).toContain(`${id} does not read gold: the classes of 6 items are known, and the soft labels follow from votes alone`);
      }
      expect(await goldCount(after.id)).toBe(readsGold ? 6 : null);
      await removeGold(service, projectId, [...answers.map(({ item }) => item), 'nobody voted on it']);
      expect(await labels((await run({ method: id })).id)).toEqual(plain);
    });
  },
);

describe('a run of an older watermark', () => {
  it('reads the gold of then, to the bit, whatever became of it', async () => {
    await setGold(service, projectId, [{ item: 'i1', class: classes[0]! }, { item: 'i2', class: classes[0]! }, { item: 'i3', class: classes[0]! }]);
    const first = await run({ method: 'dawid-skene', seed: 3 });
    const then = await labels(first.id);
    await setGold(service, projectId, [{ item: 'i1', class: classes[1]! }, { item: 'i4', class: classes[1]! }]);
    await removeGold(service, projectId, ['i2']);
    const again = await run({ method: 'dawid-skene', seed: 3, watermark: first.watermark });
    expect(await labels(again.id)).toEqual(then);
    expect(await goldCount(again.id)).toBe(3);
    const now = await run({ method: 'dawid-skene', seed: 3 });
    expect(Number(now.watermark)).toBeGreaterThan(Number(first.watermark));
    expect((await labels(now.id)).get('i1')!.probabilities).toEqual(certain(1));
    expect((await labels(now.id)).get('i2')!.probabilities).not.toEqual(certain(0));
    expect(await goldCount(now.id)).toBe(3);
  });

  it('may be one that no run has read, between two answers', async () => {
    const number = Number(Buffer.from(projectId, 'base64url').toString().split(':')[1]);
    const ticketOf = async (item: string) => (await service.source.query<{ seq: number }[]>(
      `select gold.seq from gold_answers gold join items on items.project_id = gold.project_id and items.code = gold.item_code
       where gold.project_id = $1 and items.external_id = $2 and gold.ended_seq is null`, [number, item]))[0]!.seq;
    await setGold(service, projectId, [{ item: 'late 1', class: classes[0]! }]);
    await setGold(service, projectId, [{ item: 'late 2', class: classes[0]! }]);
    await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "one more" }] }) { results { status } } }`, { id: projectId });
    const between = await labels((await run({ method: 'majority-vote', watermark: String(await ticketOf('late 1')) })).id);
    expect([between.has('late 1'), between.has('late 2')]).toEqual([true, false]);
    const newest = await service.graphql(`mutation ($input: StartRunInput!) { startRun(input: $input) { replayed } }`, { input: { projectId, watermark: String(await ticketOf('late 2') + 1) } });
    expect(newest.errors?.[0]?.extensions.code).toBe('INVALID_INPUT');
  });
});

describe('a project with items and gold, and no votes', () => {
  let empty: string;
  beforeAll(async () => {
    empty = await service.newProject({ classes });
    await service.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, { input: { projectId: empty, items: ['x', 'y', 'z'].map((externalId) => ({ externalId })) } });
    await setGold(service, empty, [{ item: 'x', class: classes[2]! }, { item: 'z', class: classes[0]! }]);
  });

  it.each(methods.filter((method) => method.reads.includes('votes') && !method.reads.includes('predictions') && (method.maxClasses ?? 3) >= 3).map(({ id, reads }) => ({ id, readsGold: reads.includes('gold') })))(
    'is answered by $id as gold.md says', async ({ id, readsGold }) => {
      if (!readsGold) {
        const failed = await untilRun(service, await startRun(service, empty, { method: id }), ended);
        expect(failed).toMatchObject({ status: 'FAILED', failure: `${id} needs at least one vote; there are none` });
        return;
      }
      const done = await runToEnd(service, empty, { method: id });
      expect(await goldCount(done.id)).toBe(2);
      const { project } = await service.data(
        `query ($id: ID!, $run: ID) { project(id: $id) { softLabels(run: $run, first: 10) { nodes { item { externalId } probabilities votes } } } }`, { id: empty, run: done.id },
      );
      const found = new Map(project.softLabels.nodes.map((node: { item: { externalId: string } }) => [node.item.externalId, node]));
      expect(found.get('x')).toMatchObject({ probabilities: certain(2), votes: 0 });
      expect(found.get('z')).toMatchObject({ probabilities: certain(0), votes: 0 });
    },
  );
});
