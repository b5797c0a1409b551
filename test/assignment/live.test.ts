import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService } from '../../src/application.js';
import { Refresh } from '../../src/assignment/scoring/refresh.service.js';
import { Transactions } from '../../src/platform/database/transaction.js';
import { removeGold, setGold } from '../gold/gold-calls.js';
import { atRest } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { Campaign } from './campaign.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

interface Label { live: boolean; votes: number; probabilities: number[]; updatedAt: string | null; run: { id: string } }

const labelOf = async (campaign: Campaign, item: string): Promise<Label | null> =>
  (await campaign.project(`item(externalId: "${item}") { softLabel { live votes probabilities updatedAt run { id } } }`)).item.softLabel;

async function crowd(method = 'dawid-skene'): Promise<{ campaign: Campaign; run: string }> {
  const campaign = await Campaign.start(service, 40, { maxVotes: 20 }, ['a', 'b']);
  await campaign.vote(...Array.from({ length: 39 }, (_, i) => ['x', 'y', 'z'].map((annotator, a): [string, string, string] => [`item ${i}`, annotator, (i + (a === 2 && i % 5 === 0 ? 1 : 0)) % 2 ? 'a' : 'b'])).flat());
  return { campaign, run: await campaign.run(method) };
}

describe('a label between runs', () => {
  it.each(['dawid-skene', 'hierarchical-dawid-skene', 'vote-share', 'soft-label-mean'])('of %s follows a vote, is marked live with its run, and gives way to the next run', async (method) => {
    const { campaign, run } = await crowd(method);
    const before = (await labelOf(campaign, 'item 2'))!;
    expect(before).toMatchObject({ live: false, votes: 3, updatedAt: null, run: { id: run } });
    await campaign.vote(['item 2', 'stranger', 'a'], ['item 2', 'w', 'a']);
    await until(async () => (await labelOf(campaign, 'item 2'))!.votes === 5, 'the live label');
    const live = (await labelOf(campaign, 'item 2'))!;
    expect(live).toMatchObject({ live: true, run: { id: run } });
    expect(live.probabilities[0]! + live.probabilities[1]!).toBeCloseTo(1, 12);
    expect(live.probabilities[0]!).toBeGreaterThan(before.probabilities[0]!);
    const { liveSoftLabels } = await campaign.project('liveSoftLabels { nodes { item { externalId } live } }');
    expect(liveSoftLabels.nodes).toEqual([{ item: { externalId: 'item 2' }, live: true }]);
    const next = await campaign.run(method);
    const after = (await labelOf(campaign, 'item 2'))!;
    expect(after).toMatchObject({ live: false, votes: 5, run: { id: next } });
    const { softLabels } = await campaign.project('softLabels(first: 100) { nodes { probabilities item { externalId } } }');
    expect(softLabels.nodes.find((label: { item: { externalId: string } }) => label.item.externalId === 'item 2').probabilities).toEqual(after.probabilities);
    expect((await campaign.project('liveSoftLabels { nodes { votes } }')).liveSoftLabels.nodes).toEqual([]);
  });

  it('of Dawid-Skene is the E step of the run\'s parameters: the next run, which they barely move, agrees', async () => {
    const { campaign } = await crowd();
    await campaign.vote(['item 39', 'x', 'a'], ['item 39', 'y', 'a']);
    await until(async () => (await labelOf(campaign, 'item 39'))?.votes === 2, 'the live label');
    const live = (await labelOf(campaign, 'item 39'))!;
    await campaign.run();
    const after = (await labelOf(campaign, 'item 39'))!;
    after.probabilities.forEach((p, k) => expect(p).toBeCloseTo(live.probabilities[k]!, 2));
  });

  it('is the run\'s own again when the votes since are withdrawn, and goes with the last vote', async () => {
    const { campaign } = await crowd();
    const before = (await labelOf(campaign, 'item 4'))!;
    const withdraw = (...annotators: string[]) => service.data(
      `mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed } }`, { input: { projectId: campaign.id, votes: annotators.map((annotator) => ({ item: 'item 4', annotator })) } },
    );
    await campaign.vote(['item 4', 'w', 'a']);
    await campaign.settled();
    expect((await labelOf(campaign, 'item 4'))!.live).toBe(true);
    await withdraw('w');
    await campaign.settled();
    expect(await labelOf(campaign, 'item 4')).toEqual(before);
    await withdraw('x');
    await campaign.settled();
    expect(await labelOf(campaign, 'item 4')).toMatchObject({ live: true, votes: 2 });
  });

  it('is certain with a gold answer', async () => {
    const { campaign } = await crowd();
    await setGold(service, campaign.id, [{ item: 'item 6', class: 'a' }, { item: 'item 39', class: 'b' }]);
    await campaign.settled();
    expect(await labelOf(campaign, 'item 6')).toMatchObject({ live: true, probabilities: [1, 0] });
    expect(await labelOf(campaign, 'item 39')).toMatchObject({ live: true, probabilities: [0, 1], votes: 0 });
    await campaign.run();
    expect(await labelOf(campaign, 'item 6')).toMatchObject({ live: false, probabilities: [1, 0] });
  });

  it('is certain, too, under a run that is older than the gold answer', async () => {
    const { campaign, run } = await crowd();
    await campaign.run();
    await setGold(service, campaign.id, [{ item: 'item 6', class: 'a' }]);
    await campaign.settled();
    await service.data(`mutation ($id: ID!) { setCurrentRun(input: { id: $id }) { run { id } } }`, { id: run });
    await campaign.settled();
    expect(await labelOf(campaign, 'item 6')).toMatchObject({ live: true, run: { id: run }, probabilities: [1, 0] });
  });

  it.each(['dawid-skene', 'hierarchical-dawid-skene', 'majority-vote', 'soft-label-mean'])('of %s is by the votes again when the gold answer that the run read is taken back, and by the run alone without votes', async (method) => {
    const { campaign } = await crowd(method);
    await setGold(service, campaign.id, [{ item: 'item 6', class: 'a' }, { item: 'item 39', class: 'b' }]);
    await campaign.run(method);
    expect(await labelOf(campaign, 'item 6')).toMatchObject({ live: false, probabilities: [1, 0] });
    await removeGold(service, campaign.id, ['item 6', 'item 39']);
    await campaign.settled();
    const byVotes = (await labelOf(campaign, 'item 6'))!;
    expect(byVotes).toMatchObject({ live: true, votes: 3 });
    expect(byVotes.probabilities[1]).toBeGreaterThan(0.7);
    const without = (await labelOf(campaign, 'item 39'))!;
    expect(without).toMatchObject({ live: true, votes: 0 });
    expect(without.probabilities[1]).toBeLessThan(0.9);
  });

  it('keeps to the votes where the method does not read gold', async () => {
    const { campaign, run } = await crowd('vote-share');
    const before = (await labelOf(campaign, 'item 6'))!;
    await setGold(service, campaign.id, [{ item: 'item 6', class: 'a' }, { item: 'item 39', class: 'b' }]);
    await campaign.settled();
    expect(await labelOf(campaign, 'item 6')).toEqual(before);
    expect(await labelOf(campaign, 'item 39')).toBeNull();
    await campaign.vote(['item 6', 'w', 'b']);
    await campaign.settled();
    const live = (await labelOf(campaign, 'item 6'))!;
    expect(live).toMatchObject({ live: true, votes: 4, run: { id: run } });
    expect(live.probabilities[1]).toBeGreaterThan(0.7);
  });

  it('has no vote to go by when all are withdrawn: it is what the run says of classes', async () => {
    const { campaign } = await crowd();
    await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { results { status } } }`, {
      input: { projectId: campaign.id, votes: ['x', 'y', 'z'].map((annotator) => ({ item: 'item 3', annotator })) },
    });
    await campaign.settled();
    const label = (await labelOf(campaign, 'item 3'))!;
    expect(label).toMatchObject({ live: true, votes: 0 });
    expect(Math.max(...label.probabilities)).toBeLessThan(0.7);
  });

  it('belongs to the current run alone: a named run shows what it found', async () => {
    const { campaign, run } = await crowd();
    await campaign.vote(['item 2', 'w', 'a']);
    await campaign.settled();
    const { item } = await campaign.project(`item(externalId: "item 2") { softLabel(run: "${run}") { live votes } }`);
    expect(item.softLabel).toEqual({ live: false, votes: 3 });
  });

  it('of votes that came while a run was computed builds on the new run', async () => {
    const { campaign } = await crowd();
    const { startRun } = await service.data(`mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`, { input: { projectId: campaign.id, method: 'ebcc' } });
    for (let i = 0; i < 20; i++) await campaign.vote([`item ${i}`, `during ${i}`, 'a']);
    await until(async () => (await service.data(`query ($id: ID!) { run(id: $id) { status } }`, startRun.run)).run.status === 'SUCCEEDED', 'the run');
    await campaign.settled();
    for (let i = 0; i < 20; i++) expect(await labelOf(campaign, `item ${i}`)).toMatchObject({ votes: 4, run: startRun.run });
  });
});

describe('a project with much to bring up to date', () => {
  /** Works only where a worker is beside it, or where a test takes a turn. */
  let quiet: Service;
  beforeAll(async () => { quiet = await startService({ ASSAY_WORK: 'false' }); });
  afterAll(() => quiet.stop());

  const crowded = (items: number, annotator: string) => `item,annotator,class\n${Array.from({ length: items }, (_, i) => `item ${i},${annotator},${i % 3 ? 'a' : 'b'}\n`).join('')}`;
  const upload = async (campaign: Campaign, csv: string) => {
    const { status } = await quiet.http().post(`/projects/${campaign.id}/votes`).set('authorization', `Bearer ${quiet.key}`).set('content-type', 'text/csv').send(csv);
    expect(status).toBe(200);
  };
  const notes = async (campaign: Campaign) => {
    const [row] = await quiet.source.query<{ notes: number }[]>('select count(*)::int as notes from touched_items where project_id = $1', [campaign.number]);
    return row!.notes;
  };
  const takeTurn = () => quiet.app.get(Transactions).run((transaction) => quiet.app.get(Refresh).refreshNext(transaction));
  async function withWorker<T>(work: () => Promise<T>): Promise<T> {
    const worker = await openService({ NODE_ENV: 'test', LOG_LEVEL: 'silent', DATABASE_URL: quiet.databaseUrl }, true);
    try {
      return await work();
    } finally {
      await atRest(quiet);
      await worker.stop();
    }
  }

  it('and no run is put in order whole when its votes are in', async () => {
    const campaign = await withWorker(() => Campaign.start(quiet, 0, { maxVotes: 2, policy: 'fewest-votes' }, ['a', 'b']));
    await upload(campaign, crowded(60_000, 'x'));
    const noted = await notes(campaign);
    expect(noted).toBeGreaterThan(100);
    expect(await takeTurn()).toBe(false);
    expect(await notes(campaign)).toBe(noted);
    await withWorker(() => campaign.settled());
    expect((await campaign.next('y', { count: 10_000 })).leases).toHaveLength(10_000);
  });

  it('does not keep the labels of another waiting', async () => {
    const [large, small] = await withWorker(async () => {
      const campaigns = [await Campaign.start(quiet, 0, { maxVotes: 20 }, ['a', 'b']), await Campaign.start(quiet, 3, { maxVotes: 20 }, ['a', 'b'])] as const;
      await upload(campaigns[0], crowded(30_000, 'x'));
      await campaigns[1].vote(['item 0', 'x', 'a'], ['item 1', 'x', 'b'], ['item 2', 'x', 'a']);
      for (const campaign of campaigns) await campaign.run('vote-share');
      return campaigns;
    });
    await upload(large, crowded(30_000, 'y'));
    expect(await notes(large)).toBe(60);
    await small.vote(['item 2', 'w', 'a']);
    // Whose turn comes first is open; the other's is the next.
    for (let turn = 0; turn < 2; turn++) await takeTurn();
    const { item } = await small.project('item(externalId: "item 2") { softLabel { live votes } }');
    expect(item.softLabel).toEqual({ live: true, votes: 2 });
    expect(await notes(large)).toBeGreaterThan(0);
  });
});
