import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { Campaign, NEXT } from './campaign.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const namesOf = (given: { leases: { item: string }[] }) => given.leases.map((lease) => lease.item);

describe('nextItems', () => {
  it('gives items of a new project, each with its payload, its lease and its reason', async () => {
    const campaign = await Campaign.start(service, 5, { leaseSeconds: 60 });
    const before = Date.now();
    const { leases, empty } = await campaign.next('ann', { count: 3 });
    expect(empty).toBeNull();
    expect(new Set(namesOf({ leases })).size).toBe(3);
    expect(leases[0]).toMatchObject({ strategy: 'fewest-votes', score: 0, kind: 'NEW', votes: 0, payload: { page: leases[0]!.item } });
    const leasedAt = new Date(leases[0]!.expiresAt).getTime() - 60_000;
    expect(leasedAt).toBeGreaterThanOrEqual(before);
    expect(leasedAt).toBeLessThanOrEqual(Date.now());
  });

  it('never gives an annotator an item that they hold, answered or passed by', async () => {
    const campaign = await Campaign.start(service, 4, { maxVotes: 5 });
    const first = await campaign.next('ann', { count: 2 });
    await campaign.vote([first.leases[0]!.item, 'ann', 'a']);
    await campaign.leases('skipItems', 'ann', [first.leases[1]!.id]);
    const second = await campaign.next('ann', { count: 1 });
    await campaign.settled();
    const third = await campaign.next('ann', { count: 10 });
    expect(new Set([...namesOf(first), ...namesOf(second), ...namesOf(third)]).size).toBe(4);
    expect(third.empty).toMatchObject({ reason: 'NOTHING_LEFT_FOR_ANNOTATOR', retryAfterSeconds: null });
  });

  it('keeps votes and live leases together at the maximum', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 2 });
    await campaign.vote(['item 0', 'early', 'a']);
    await campaign.settled();
    expect((await campaign.next('ann')).leases).toHaveLength(1);
    const { leases, empty } = await campaign.next('ben');
    expect(leases).toEqual([]);
    expect(empty).toMatchObject({ reason: 'ALL_LEASED' });
    expect(empty!.retryAfterSeconds).toBeGreaterThanOrEqual(1);
  });

  it('holds to a maximum that is lowered while items are out, and to one that is raised', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 3 });
    await campaign.next('ann');
    await campaign.rules({ maxVotes: 1 });
    expect((await campaign.next('ben')).leases).toEqual([]);
    await campaign.rules({ maxVotes: 2 });
    expect((await campaign.next('ben')).leases).toHaveLength(1);
    expect((await campaign.next('cat')).leases).toEqual([]);
  });

  it('tells a project without items, one that is done, a paused and a blocked annotator, a spent budget and a full capacity apart', async () => {
    const reasonFor = async (campaign: Campaign, annotator = 'ann') => (await campaign.next(annotator)).empty!.reason;
    expect(await reasonFor(await Campaign.start(service, 0))).toBe('NO_ITEMS');

    const done = await Campaign.start(service, 1, { maxVotes: 1 });
    await done.vote(['item 0', 'early', 'a']);
    await done.settled();
    expect(await reasonFor(done)).toBe('PROJECT_DONE');

    const people = await Campaign.start(service, 3);
    const set = (call: string) => service.data(`mutation ($id: ID!) { ${call}(input: { projectId: $id, annotators: ["ann"], reason: "training" }) { results { status } } }`, { id: people.id });
    await set('pauseAnnotators');
    expect((await people.next('ann')).empty).toMatchObject({ reason: 'ANNOTATOR_PAUSED', message: 'the annotator is paused: training' });
    await set('blockAnnotators');
    expect(await reasonFor(people)).toBe('ANNOTATOR_BLOCKED');
    expect((await people.next('ben')).leases).toHaveLength(1);

    const budget = await Campaign.start(service, 5, { budget: 2 });
    await budget.vote(['item 0', 'ben', 'a']);
    const bought = await budget.next('ann', { count: 3 });
    expect(bought.leases).toHaveLength(1);
    expect(bought.empty).toMatchObject({ reason: 'BUDGET_SPENT' });

    const capacity = await Campaign.start(service, 5);
    await service.data(`mutation ($id: ID!) { upsertAnnotators(input: { projectId: $id, annotators: [{ externalId: "ann", capacity: 2 }] }) { results { status } } }`, { id: capacity.id });
    expect((await capacity.next('ann', { count: 3 })).leases).toHaveLength(2);
    expect(await reasonFor(capacity)).toBe('CAPACITY_REACHED');
  });

  it('stops where another vote tells less than the project asks for', async () => {
    const campaign = await Campaign.start(service, 6, { maxVotes: 9 });
    await campaign.vote(...[0, 1, 2, 3, 4, 5].flatMap((i) => ['ann', 'ben', 'cat'].map((annotator): [string, string, string] => [`item ${i}`, annotator, 'abc'[i % 3]!])));
    await campaign.run();
    const { progress } = await campaign.project('progress { meanGain }');
    expect(progress.meanGain).toBeGreaterThanOrEqual(0);
    await campaign.rules({ stopBelowGain: progress.meanGain + 0.01 });
    expect((await campaign.next('dan')).empty).toMatchObject({ reason: 'STOP_RULE' });
    await campaign.rules({ stopBelowGain: null });
    expect((await campaign.next('dan')).leases).toHaveLength(1);
  });

  it('gives a second vote to the overlap share as early as first votes, before there is a run', async () => {
    const campaign = await Campaign.start(service, 20, { overlapShare: 0.25, maxVotes: 3 });
    await campaign.vote(...Array.from({ length: 20 }, (_, i): [string, string, string] => [`item ${i}`, 'ann', 'a']));
    await campaign.settled();
    await campaign.add(['late']);
    const { leases } = await campaign.next('ben', { count: 6 });
    // A quarter of the twenty, and the one without a vote.
    expect(namesOf({ leases })).toContain('late');
    expect(leases.filter((lease) => lease.score === 0)).toHaveLength(6);
  });

  it('draws a share of a new annotator\'s items at random', async () => {
    const campaign = await Campaign.start(service, 200, { explorationShare: 1, policy: 'fewest-votes' });
    const { leases } = await campaign.next('newcomer');
    expect(leases[0]).toMatchObject({ strategy: 'exploration', score: null });
  });
});

describe('a policy', () => {
  it('is any of the registry, which acquisitionScores tells', async () => {
    const { acquisitionScores } = await service.data(`{ acquisitionScores { id title source meaning first perAnnotator reads } }`);
    expect(acquisitionScores.map((score: { id: string }) => score.id)).toEqual(['activelab', 'information-gain', 'least-confidence', 'entropy', 'beta-tail', 'fewest-votes', 'random']);
    const campaign = await Campaign.start(service, 4, { maxVotes: 9 });
    await campaign.vote(...[0, 1, 2, 3].map((i): [string, string, string] => [`item ${i}`, 'x', 'a']));
    await campaign.run();
    for (const { id } of acquisitionScores) {
      const { leases } = await campaign.next(`by ${id}`, { policy: id, count: 4 });
      // Without predictions ActiveLab leaves the choice to information gain.
      expect(new Set(leases.map((lease) => lease.strategy)), id).toEqual(new Set([id === 'activelab' ? 'information-gain' : id]));
    }
  });

  it('named by a call orders that call\'s items, and leaves the project\'s own order alone', async () => {
    const campaign = await Campaign.start(service, 30, { policy: 'fewest-votes' });
    const random = await campaign.next('ann', { policy: 'random', count: 3 });
    expect(random.leases.every((lease) => lease.strategy === 'random')).toBe(true);
    const scores = random.leases.map((lease) => lease.score!);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect((await campaign.next('ben')).leases[0]!.strategy).toBe('fewest-votes');
  });

  it('of information gain prefers, for each annotator, what this one can tell', async () => {
    const campaign = await Campaign.start(service, 12, { policy: 'information-gain', maxVotes: 20 }, ['a', 'b']);
    // Good ones agree; the coin does not know.
    const votes: [string, string, string][] = [];
    for (let i = 0; i < 11; i++) {
      const truth = i % 2 ? 'a' : 'b';
      for (const good of ['g1', 'g2', 'g3']) votes.push([`item ${i}`, good, truth]);
      votes.push([`item ${i}`, 'coin', i % 4 < 2 ? 'a' : 'b']);
    }
    await campaign.vote(...votes);
    await campaign.run();
    const best = (await campaign.next('g1')).leases[0]!;
    expect(best).toMatchObject({ item: 'item 11', kind: 'NEW', strategy: 'information-gain' });
    const byCoin = (await campaign.next('coin')).leases[0]!;
    expect(best.score).toBeGreaterThan(byCoin.score! + 0.3);
  });

  it('of entropy asks about the item that is least sure', async () => {
    const campaign = await Campaign.start(service, 3, { policy: 'entropy', maxVotes: 9 }, ['a', 'b']);
    await campaign.vote(['item 0', 'x', 'a'], ['item 0', 'y', 'a'], ['item 1', 'x', 'a'], ['item 1', 'y', 'b'], ['item 2', 'x', 'b'], ['item 2', 'y', 'b']);
    await campaign.run('vote-share');
    expect((await campaign.next('z')).leases[0]).toMatchObject({ item: 'item 1', strategy: 'entropy', kind: 'RELABEL', votes: 2, score: expect.closeTo(Math.log(2), 9) });
  });

  it('given as a priority rule takes the place of the policy', async () => {
    const campaign = await Campaign.start(service, 3, { maxVotes: 9, priorityRule: 'votes' });
    await campaign.vote(['item 2', 'x', 'a']);
    await campaign.settled();
    expect((await campaign.next('z')).leases[0]).toMatchObject({ item: 'item 2', strategy: 'rule', score: 1 });
  });

  it('reads predictions where there are some, and mixes items with and without them by rank', async () => {
    const campaign = await Campaign.start(service, 10, { maxVotes: 9 }, ['a', 'b']);
    await campaign.vote(...Array.from({ length: 10 }, (_, i): [string, string, string][] => [[`item ${i}`, 'x', 'a'], [`item ${i}`, 'y', i % 2 ? 'a' : 'b']]).flat());
    await campaign.run();
    const rows = Array.from({ length: 5 }, (_, i) => ({ item: `item ${i}`, probabilities: [0.5 + i / 10, 0.5 - i / 10] }));
    await service.data(`mutation ($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { results { status } } }`, { input: { projectId: campaign.id, model: 'm', version: '1', rows } });
    await campaign.settled();
    const { leases } = await campaign.next('z', { count: 10 });
    expect(leases.filter((lease) => lease.strategy === 'activelab').map((lease) => lease.item).sort()).toEqual(['item 0', 'item 1', 'item 2', 'item 3', 'item 4']);
    expect(leases.slice(0, 5).map((lease) => lease.strategy).sort()).not.toEqual(Array(5).fill('activelab'));
    expect(leases.filter((lease) => lease.strategy === 'information-gain')).toHaveLength(5);
  });
});

describe('gold checks', () => {
  it('come at the project\'s rate, look like any other item, and take no room', async () => {
    const campaign = await Campaign.start(service, 60, { goldRate: 0.5, maxVotes: 3 });
    await service.data(`mutation ($input: SetGoldInput!) { setGold(input: $input) { results { status } } }`, { input: { projectId: campaign.id, rows: Array.from({ length: 40 }, (_, i) => ({ item: `item ${i}`, class: 'a' })) } });
    await campaign.settled();
    let gold = 0;
    for (let call = 0; call < 30; call++) {
      const { leases } = await campaign.next('ann');
      expect(leases).toHaveLength(1);
      expect(leases[0]).toMatchObject({ strategy: 'fewest-votes', kind: 'NEW', votes: 0, score: 0 });
      if (Number(leases[0]!.item.slice(5)) < 40) gold++;
      else await campaign.leases('releaseItems', 'ann', [leases[0]!.id]);
    }
    // 30 draws at one half: outside of 5 to 25 once in 5,000 tests.
    expect(gold).toBeGreaterThan(4);
    expect(gold).toBeLessThan(26);
    expect((await campaign.project('progress { adjudicated leases }')).progress).toEqual({ adjudicated: 40, leases: 0 });
  });
});

describe('bad input', () => {
  it.each([
    ['a count of 0', { count: 0 }, 'INVALID_INPUT', /count is 0; ask for 1 to 10000/],
    ['a count of 10,001', { count: 10_001 }, 'LIMIT_EXCEEDED', /10001/],
    ['an unknown policy', { policy: 'oracle' }, 'INVALID_INPUT', /"oracle".*information-gain/],
    ['a lease of no time', { leaseSeconds: 0 }, 'INVALID_INPUT', /leaseSeconds is 0/],
    ['an empty annotator', { annotator: '' }, 'INVALID_INPUT', /annotator ""/],
    ['an annotator with NUL', { annotator: 'a\0' }, 'INVALID_INPUT', /NUL/],
  ])('is refused: %s', async (_, input, code, message) => {
    const campaign = await Campaign.start(service, 1);
    // Of each lease its id alone: ten thousand of all fields would be refused for their cost, before the count is looked at.
    const { errors } = await service.graphql('mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }', { input: { projectId: campaign.id, annotator: 'ann', ...input } });
    expect(errors![0]!.extensions.code).toBe(code);
    expect(errors![0]!.message).toMatch(message);
  });

  it('an unknown annotator is made, or refused where the project makes none', async () => {
    const open = await Campaign.start(service, 1);
    expect((await open.next('new')).leases).toHaveLength(1);
    expect((await open.project('annotator(externalId: "new") { leases { item } }')).annotator.leases).toEqual([{ item: 'item 0' }]);
    const closed = await Campaign.start(service, 1, { createUnknownAnnotators: false });
    const { errors } = await service.graphql(NEXT, { input: { projectId: closed.id, annotator: 'new' } });
    expect(errors![0]!.message).toMatch(/annotator "new" is not in the project/);
  });

  it('an archived project gives nothing', async () => {
    const campaign = await Campaign.start(service, 1);
    await service.data(`mutation ($id: ID!) { archiveProject(input: { id: $id }) { project { id } } }`, { id: campaign.id });
    const { errors } = await service.graphql(NEXT, { input: { projectId: campaign.id, annotator: 'ann' } });
    expect(errors![0]!.extensions.code).toBe('CONFLICT');
  });

  it('a key without the scope assignment is refused', async () => {
    const campaign = await Campaign.start(service, 1);
    const key = await service.newKey({ scopes: ['votes:write', 'results:read'] });
    const { errors } = await service.graphql(NEXT, { input: { projectId: campaign.id, annotator: 'ann' } }, { key });
    expect(errors![0]!.extensions.code).toBe('FORBIDDEN');
  });
});
