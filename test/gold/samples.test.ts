import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entropy, inclusionProbabilities } from '../../src/aggregation/index.js';
import { readGlobalId } from '../../src/platform/graphql/global-id.js';
import { newCrowd, runToEnd } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';
import { removeGold, setGold } from './gold-calls.js';

let service: Service;
let projectId: string;
beforeAll(async () => {
  service = await startService();
  ({ projectId } = await newCrowd(service, { items: 80, annotators: 10, classes: 3, votesPerItem: 3, skill: 0.5 }));
  await runToEnd(service, projectId, { method: 'dawid-skene' });
  await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "new 1" }, { externalId: "new 2" }] }) { results { status } } }`, { id: projectId });
});
afterAll(() => service.stop());

const DRAW = `mutation ($input: DrawGoldSampleInput!) { drawGoldSample(input: $input) { replayed sample { id design size frameItems seed runId answered
  items(first: 1000) { nodes { item { externalId } probability answered gold { class } } } } } }`;

interface SampleItem {
  item: { externalId: string };
  probability: number;
  answered: boolean;
  gold: { class: string } | null;
}
const draw = async (input: object) => (await service.data(DRAW, { input: { projectId, ...input } })).drawGoldSample;
const idsOf = (sample: { items: { nodes: SampleItem[] } }) => sample.items.nodes.map((node) => node.item.externalId);

describe('a gold sample', () => {
  it('draws by the entropy of the soft labels under UNCERTAINTY, a tenth of ln K added, and takes items without a label for unknown', async () => {
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { currentRun { id } items(first: 1000) { nodes { externalId softLabel { probabilities } } } } }`, { id: projectId });
    const items: { externalId: string; softLabel: { probabilities: number[] } | null }[] = project.items.nodes;
    const sizes = items.map(({ softLabel }) => (softLabel ? entropy(Float64Array.from(softLabel.probabilities), 0, 3) : Math.log(3)) + 0.1 * Math.log(3));
    const chances = inclusionProbabilities(sizes, 30);
    const { sample } = await draw({ size: 30, design: 'UNCERTAINTY' });
    expect(sample).toMatchObject({ frameItems: 82, runId: project.currentRun.id });
    expect(sample.items.nodes).toHaveLength(30);
    for (const { item, probability } of sample.items.nodes as SampleItem[]) expect(probability).toBeCloseTo(chances[items.findIndex((one) => one.externalId === item.externalId)]!, 9);
    expect(new Set(chances).size).toBeGreaterThan(10);
  });

  it('is drawn from the items without gold, with the same chance for each under UNIFORM', async () => {
    await setGold(service, projectId, [{ item: 'i3', class: 'class 0' }, { item: 'i4', class: 'class 0' }]);
    const { sample, replayed } = await draw({ size: 20, design: 'UNIFORM', seed: 5 });
    expect(sample).toMatchObject({ design: 'UNIFORM', size: 20, frameItems: 80, seed: 5, runId: null, answered: 0 });
    expect(replayed).toBe(false);
    expect(new Set(idsOf(sample)).size).toBe(20);
    expect(idsOf(sample)).not.toContain('i3');
    for (const { probability, answered, gold } of sample.items.nodes as SampleItem[]) expect({ probability, answered, gold }).toEqual({ probability: 0.25, answered: false, gold: null });
    expect(idsOf((await draw({ size: 20, design: 'UNIFORM', seed: 5 })).sample)).toEqual(idsOf(sample));
    expect(idsOf((await draw({ size: 20, design: 'UNIFORM', seed: 6 })).sample)).not.toEqual(idsOf(sample));
    await removeGold(service, projectId, ['i3', 'i4']);
  });

  it('draws with equal chances under UNCERTAINTY while there is no run', async () => {
    const other = await service.newProject();
    await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "a" }, { externalId: "b" }, { externalId: "c" }, { externalId: "d" }] }) { results { status } } }`, { id: other });
    const { sample } = await draw({ projectId: other, size: 2, design: 'UNCERTAINTY' });
    expect(sample).toMatchObject({ frameItems: 4, runId: null });
    expect(sample.items.nodes.map((node: SampleItem) => node.probability)).toEqual([0.5, 0.5]);
  });

  it('tells which of its items are answered, by pages and by node, and keeps its chances', async () => {
    const { sample } = await draw({ size: 10, design: 'UNIFORM', seed: 1 });
    const ids = idsOf(sample);
    await setGold(service, projectId, ids.slice(0, 4).map((item) => ({ item, class: 'class 1' })));
    const read = async (args: string, by = 'goldSample') => (await service.data(
      `query ($id: ID!) { ${by}(id: $id) { ... on GoldSample { answered frameItems items(${args}) { nodes { item { externalId } probability answered gold { class } } pageInfo { endCursor hasNextPage } } } } }`, { id: sample.id },
    ))[by];
    const whole = await read('first: 100');
    expect(whole).toMatchObject({ answered: 4, frameItems: 82 });
    expect(whole.items.nodes.map((node: SampleItem) => node.gold?.class ?? null)).toEqual(ids.map((_, i) => (i < 4 ? 'class 1' : null)));
    expect(idsOf(await read('answered: false'))).toEqual(ids.slice(4));
    expect(idsOf(await read('answered: true'))).toEqual(ids.slice(0, 4));
    const first = await read('first: 3, answered: false', 'node');
    expect(idsOf(first)).toEqual(ids.slice(4, 7));
    expect(idsOf(await read(`first: 3, answered: false, after: "${first.items.pageInfo.endCursor}"`))).toEqual(ids.slice(7));
    for (const node of whole.items.nodes as SampleItem[]) expect(node.probability).toBeCloseTo(10 / 82, 15);
    await removeGold(service, projectId, ids.slice(0, 4));
  });

  it('is listed with its project, the newest first', async () => {
    const other = await service.newProject();
    await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "a" }, { externalId: "b" }] }) { results { status } } }`, { id: other });
    const [first, second] = [await draw({ projectId: other, size: 1, design: 'UNIFORM' }), await draw({ projectId: other, size: 2, design: 'UNIFORM' })];
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { goldSamples(first: 10) { nodes { id size } } } }`, { id: other });
    expect(project.goldSamples.nodes).toEqual([{ id: second.sample.id, size: 2 }, { id: first.sample.id, size: 1 }]);
  });

  it('is drawn once for an idempotency key, also when two ask at once', async () => {
    const input = { size: 5, design: 'UNIFORM', seed: 77, idempotencyKey: 'draw-1' };
    const both = await Promise.all([draw(input), draw(input)]);
    expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
    expect(both[0].sample.id).toBe(both[1].sample.id);
    const other = await service.graphql(DRAW, { input: { projectId, ...input, size: 6 } });
    expect(other.errors?.[0]?.extensions.code).toBe('CONFLICT');
  });

  it.each([
    [{ size: 0, design: 'UNIFORM' }, 'INVALID_INPUT', 'input.size is 0'],
    [{ size: -1, design: 'UNIFORM' }, 'INVALID_INPUT', 'input.size is -1'],
    [{ size: 100_001, design: 'UNIFORM' }, 'INVALID_INPUT', 'input.size is 100001'],
    [{ size: 83, design: 'UNIFORM' }, 'INVALID_INPUT', 'input.size is 83; the project has 82 items without a gold answer'],
    [{ size: 83, design: 'UNCERTAINTY' }, 'INVALID_INPUT', 'the project has 82 items'],
    [{ size: 1, design: 'UNIFORM', seed: -1 }, 'INVALID_INPUT', 'input.seed is -1'],
    [{ size: 1, design: 'BEST' }, 'INVALID_INPUT', 'BEST'],
    [{ size: 1.5, design: 'UNIFORM' }, 'INVALID_INPUT', '1.5'],
  ])('is refused for %j', async (input, code, message) => {
    const { errors } = await service.graphql(DRAW, { input: { projectId, ...input } });
    expect(errors?.[0]?.extensions.code).toBe(code);
    expect(errors?.[0]?.message).toContain(message);
  });

  it('may be the whole project', async () => {
    const { sample } = await draw({ size: 82, design: 'UNCERTAINTY' });
    expect(sample.items.nodes.map((node: SampleItem) => node.probability)).toEqual(new Array(82).fill(1));
  });

  it('is drawn by administrators of the project, and seen by nobody from elsewhere', async () => {
    const { sample } = await draw({ size: 1, design: 'UNIFORM' });
    const { auditLog } = await service.data(`{ auditLog(first: 1) { nodes { action detail } } }`);
    expect(auditLog.nodes).toMatchObject([{ action: 'drawGoldSample', detail: { sample: readGlobalId('GoldSample', sample.id)[1], size: 1, frameItems: 82 } }]);
    const drawAs = async (key: string) => (await service.graphql(DRAW, { input: { projectId, size: 1, design: 'UNIFORM' } }, { key })).errors?.[0]?.extensions.code ?? 'done';
    const readAs = async (key: string) => (await service.graphql(`query ($id: ID!) { goldSample(id: $id) { size } }`, { id: sample.id }, { key })).errors?.[0]?.extensions.code ?? 'done';
    const stranger = await service.newKey({ workspaceId: await service.newWorkspace() });
    expect([await drawAs(stranger), await readAs(stranger)]).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    const reader = await service.newKey({ scopes: ['results:read'] });
    expect([await drawAs(reader), await readAs(reader)]).toEqual(['FORBIDDEN', 'done']);
    expect(await readAs(await service.newKey({ scopes: ['assignment', 'votes:write'] }))).toBe('FORBIDDEN');
  });
});
