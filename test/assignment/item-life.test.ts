import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { Campaign } from './campaign.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const setGold = (campaign: Campaign, item: string, answer: string) => service.data(
  `mutation ($input: SetGoldInput!) { setGold(input: $input) { results { status } } }`, { input: { projectId: campaign.id, rows: [{ item, class: answer }] } },
);

/** Three annotators who agree on three items, and a fourth and a fifth item that they are split on. */
async function judged(rules: object): Promise<Campaign> {
  const campaign = await Campaign.start(service, 6, rules);
  await campaign.vote(
    ...[0, 1, 2].flatMap((i) => ['x', 'y', 'z'].map((annotator): [string, string, string] => [`item ${i}`, annotator, 'abc'[i]!])),
    ['item 3', 'x', 'a'], ['item 3', 'y', 'b'], ['item 3', 'z', 'c'],
    ['item 4', 'x', 'a'],
  );
  await campaign.settled();
  return campaign;
}

describe("an item's state", () => {
  it('follows its votes, its confidence and the maximum', async () => {
    const campaign = await judged({ minVotes: 2, maxVotes: 3, confidence: 0.9 });
    await campaign.run('vote-share');
    expect(await campaign.states()).toEqual({ 'item 0': 'DONE', 'item 1': 'DONE', 'item 2': 'DONE', 'item 3': 'CONTESTED', 'item 4': 'OPEN', 'item 5': 'OPEN' });
  });

  it('follows rules that are raised or lowered later', async () => {
    const campaign = await judged({ minVotes: 2, maxVotes: 3, confidence: 0.9 });
    await campaign.run('vote-share');
    await campaign.rules({ maxVotes: 5 });
    expect((await campaign.states())['item 3']).toBe('OPEN');
    expect((await campaign.next('fresh', { count: 9 })).leases.map((lease) => lease.item)).toContain('item 3');
    await campaign.rules({ minVotes: 4 });
    expect((await campaign.states())['item 0']).toBe('OPEN');
    await campaign.rules({ minVotes: 1, maxVotes: 3, confidence: null });
    expect(await campaign.states()).toMatchObject({ 'item 3': 'DONE', 'item 0': 'DONE', 'item 4': 'OPEN' });
  });

  it('is ADJUDICATED with a gold answer, and open again when it is taken back', async () => {
    const campaign = await judged({ maxVotes: 9 });
    await setGold(campaign, 'item 4', 'b');
    await campaign.settled();
    expect((await campaign.states())['item 4']).toBe('ADJUDICATED');
    await service.data(`mutation ($id: ID!) { removeGold(input: { projectId: $id, rows: ["item 4"] }) { results { status } } }`, { id: campaign.id });
    await campaign.settled();
    expect((await campaign.states())['item 4']).toBe('OPEN');
  });

  it('opens again when votes are withdrawn', async () => {
    const campaign = await judged({ maxVotes: 3 });
    expect((await campaign.states())['item 0']).toBe('DONE');
    await service.data(`mutation ($id: ID!) { withdrawVotes(input: { projectId: $id, votes: [{ item: "item 0", annotator: "x" }] }) { replayed } }`, { id: campaign.id });
    await campaign.settled();
    expect((await campaign.states())['item 0']).toBe('OPEN');
  });

  it('follows an expression in place of the plain rule, and flags what a flag rule names', async () => {
    const campaign = await judged({ maxVotes: 9, doneRule: 'votes >= 3 and (confidence >= 0.95 or topTwoGap > 0.6)', flagRule: 'disagreement > 0.5' });
    await campaign.run('vote-share');
    expect(await campaign.states()).toMatchObject({ 'item 0': 'DONE', 'item 3': 'OPEN', 'item 4': 'OPEN' });
    const { itemsByState, progress } = await campaign.project('itemsByState(flagged: true) { nodes { externalId state flagged } } progress { flagged }');
    expect(itemsByState.nodes).toEqual([{ externalId: 'item 3', state: 'OPEN', flagged: true }]);
    expect(progress.flagged).toBe(1);
  });
});

describe('a rule about single classes', () => {
  const DRY_RUN = `query ($input: RulesDryRunInput!) { rulesDryRun(input: $input) { changed } }`;
  const DEER = 'votesFor("deer") >= 3 or votesFor("nothing there") >= 2 or votesFor("human") >= 1';

  it('ends items at the third deer, the second nothing and the first human, before a run and after it, and opens them again with a vote taken back', async () => {
    const campaign = await Campaign.start(service, 8, { maxVotes: 9, doneRule: DEER, flagRule: 'probabilityOf("human") > 0.3 and leading != "human"', priorityRule: 'shareFor("deer")' }, ['deer', 'nothing there', 'human']);
    const states = async () => { await campaign.settled(); return campaign.states(); };
    await campaign.vote(['item 0', 'x', 'deer'], ['item 0', 'y', 'deer'], ['item 1', 'x', 'nothing there'], ['item 1', 'y', 'deer'], ['item 2', 'x', 'deer']);
    expect(new Set(Object.values(await states()))).toEqual(new Set(['OPEN']));
    for (const [item, annotator, answer] of [['item 0', 'z', 'deer'], ['item 1', 'z', 'nothing there'], ['item 2', 'y', 'human']] as const) {
      expect((await campaign.states())[item]).toBe('OPEN');
      await campaign.vote([item, annotator, answer]);
      expect((await states())[item]).toBe('DONE');
    }
    await campaign.run('vote-share');
    expect(await campaign.states()).toMatchObject({ 'item 0': 'DONE', 'item 1': 'DONE', 'item 2': 'DONE', 'item 3': 'OPEN' });
    await campaign.vote(['item 3', 'x', 'nothing there'], ['item 4', 'x', 'deer']);
    await campaign.vote(['item 3', 'y', 'nothing there']);
    expect(await states()).toMatchObject({ 'item 3': 'DONE', 'item 4': 'OPEN' });
    // By share of votes for a deer, the items without votes last.
    expect((await campaign.next('w', { count: 1 })).leases.map(({ item }) => item)).toEqual(['item 4']);
    await service.data(`mutation ($id: ID!) { withdrawVotes(input: { projectId: $id, votes: [{ item: "item 2", annotator: "x" }, { item: "item 0", annotator: "x" }] }) { replayed } }`, { id: campaign.id });
    expect(await states()).toMatchObject({ 'item 0': 'OPEN', 'item 2': 'DONE' });
    const { itemsByState } = await campaign.project('itemsByState(flagged: true) { nodes { externalId } }');
    expect(itemsByState.nodes).toEqual([]);
    await campaign.rules({ flagRule: 'leading == "human"' });
    expect((await campaign.project('itemsByState(flagged: true) { nodes { externalId } }')).itemsByState.nodes).toEqual([{ externalId: 'item 2' }]);
  });

  it('is refused when it is saved, or tried, where a class is misspelt, with its place and the classes there are', async () => {
    const campaign = await Campaign.start(service, 1, {}, ['deer', 'nothing there', 'human']);
    const rules = { doneRule: DEER.replace('"human"', '"Human"') };
    const refused = { code: 'INVALID_INPUT', field: 'input.rules.doneRule' };
    for (const { errors } of [
      await service.graphql(`mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { id } } }`, { input: { id: campaign.id, rules } }),
      await service.graphql(`mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }`, { input: { name: 'another', classes: ['deer', 'nothing there', 'human'], rules } }),
      await service.graphql(DRY_RUN, { input: { projectId: campaign.id, rules } }),
    ]) {
      expect(errors![0]!.extensions).toMatchObject({ code: refused.code });
      expect(errors![0]!.message).toBe(`doneRule, character ${rules.doneRule.indexOf('"Human"') + 1}: class "Human" is not among "deer", "nothing there", "human"; is "human" meant?`);
    }
    const { rulesDryRun } = await service.data(DRY_RUN, { input: { projectId: campaign.id, rules: { doneRule: 'votesFor("deer") == 0' } } });
    expect(rulesDryRun.changed).toBe(1);
  });
});

describe('itemsByState', () => {
  it('pages through the items of one state', async () => {
    const campaign = await judged({ maxVotes: 3 });
    const names: string[] = [];
    for (let after: string | null = null; ;) {
      const { project } = await service.data(`query ($id: ID!, $after: String) { project(id: $id) { itemsByState(state: DONE, first: 2, after: $after) { nodes { externalId } pageInfo { hasNextPage endCursor } } } }`, { id: campaign.id, after });
      names.push(...project.itemsByState.nodes.map((item: { externalId: string }) => item.externalId));
      if (!project.itemsByState.pageInfo.hasNextPage) break;
      after = project.itemsByState.pageInfo.endCursor;
    }
    expect(names).toEqual(['item 0', 'item 1', 'item 2', 'item 3']);
  });
});

describe('rulesDryRun', () => {
  const DRY = `query ($input: RulesDryRunInput!) { rulesDryRun(input: $input) { changed moves { from to items } flaggedNow flaggedThen } }`;

  it('tells how many items would change their state, and changes none', async () => {
    const campaign = await judged({ minVotes: 2, maxVotes: 3, confidence: 0.9 });
    await campaign.run('vote-share');
    const before = await campaign.states();
    const { rulesDryRun } = await service.data(DRY, { input: { projectId: campaign.id, rules: { maxVotes: 8, doneRule: 'votes >= 1', flagRule: 'votes == 1' } } });
    expect(rulesDryRun).toEqual({
      changed: 2, moves: [{ from: 'OPEN', to: 'DONE', items: 1 }, { from: 'CONTESTED', to: 'DONE', items: 1 }], flaggedNow: 0, flaggedThen: 1,
    });
    expect(await campaign.states()).toEqual(before);
    await campaign.rules({ maxVotes: 8, doneRule: 'votes >= 1' });
    expect(await campaign.states()).toMatchObject({ 'item 3': 'DONE', 'item 4': 'DONE', 'item 5': 'OPEN' });
  });

  it('refuses rules that could not be saved, with the place of the fault', async () => {
    const campaign = await Campaign.start(service, 1);
    const { errors } = await service.graphql(DRY, { input: { projectId: campaign.id, rules: { doneRule: 'votes >= three' } } });
    expect(errors![0]!.message).toMatch(/character 10.*three/);
  });
});

describe('progress', () => {
  it('counts items by state, votes, leases and what is still to come', async () => {
    const campaign = await judged({ maxVotes: 3 });
    await campaign.next('fresh', { count: 1 });
    const { progress } = await campaign.project('progress { items open done contested adjudicated votes leases expectedVotes spent }');
    // Item 4 lacks two votes and item 5 three.
    expect(progress).toEqual({ items: 6, open: 2, done: 4, contested: 0, adjudicated: 0, votes: 13, leases: 1, expectedVotes: 5, spent: 13 });
  });
});
