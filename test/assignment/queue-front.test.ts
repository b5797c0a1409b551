import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontOf, isBehind } from '../../src/assignment/queue/queue-front.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { Campaign } from './campaign.js';

describe('the front of an order', () => {
  const priorities = Float64Array.of(3, NaN, 1, 2, 2, NaN, 2);
  const codes = Int32Array.from(priorities, (_, place) => place);

  it('has the lowest priorities first, equal ones by code, and ends at its last', () => {
    expect(frontOf(priorities, codes, 3)).toEqual({ items: Int32Array.of(2, 3, 4), last: { priority: 2, item: 4 } });
    expect(isBehind({ priority: 2, item: 6 }, { priority: 2, item: 4 })).toBe(true);
    expect(isBehind({ priority: 2, item: 4 }, { priority: 2, item: 4 })).toBe(false);
    expect(isBehind({ priority: 1, item: 9 }, { priority: 2, item: 4 })).toBe(false);
    expect(isBehind({ priority: Infinity, item: 0 }, { priority: 2, item: 4 })).toBe(true);
  });

  it('has no last where all that have room are in it', () => {
    expect(frontOf(priorities, codes, 5)).toEqual({ items: Int32Array.of(2, 3, 4, 6, 0), last: null });
    expect(frontOf(Float64Array.of(NaN), Int32Array.of(0), 5)).toEqual({ items: new Int32Array(0), last: null });
  });
});

describe('a queue of which the front alone is written', () => {
  let service: Service;
  beforeAll(async () => { service = await startService(); });
  afterAll(() => service.stop());

  const LENGTH = 12;
  async function shortened(items: number, rules: object): Promise<Campaign> {
    const campaign = await Campaign.start(service, items, rules);
    await service.source.query('update project_queues set length = $2, scoring_version = null where project_id = $1', [campaign.number, LENGTH]);
    await campaign.settled();
    return campaign;
  }
  const queued = async (campaign: Campaign) => (await service.source.query<{ item: number }[]>(
    `select item_code as item from item_queue where (project_id, generation) in (select project_id, generation from project_queues where project_id = $1) order by priority, item_code`, [campaign.number],
  )).map((row) => row.item);
  const generation = async (campaign: Campaign) => (await service.source.query<{ generation: number }[]>('select generation from project_queues where project_id = $1', [campaign.number]))[0]!.generation;

  it('gives what a queue of all items gives, whatever is voted on, and never says that nothing is left while there is', async () => {
    const rules = { policy: 'fewest-votes', maxVotes: 3, overlapShare: 0 };
    const [short, whole] = [await shortened(60, rules), await Campaign.start(service, 60, rules)];
    expect(await queued(short)).toEqual(Array.from({ length: LENGTH }, (_, item) => item));
    const givenAll = async (campaign: Campaign, annotator: string) => {
      const items: string[] = [];
      const reasons = new Set<string>();
      for (let asked = 0; items.length < 60 && asked < 40; asked++) {
        const { leases, empty } = await campaign.next(annotator, { count: 7 });
        items.push(...leases.map((lease) => lease.item));
        if (empty && items.length < 60) {
          reasons.add(empty.reason);
          await campaign.settled();
        }
        if (leases.length > 0) await campaign.vote(...leases.map(({ item }): [string, string, string] => [item, annotator, 'a']));
        await campaign.settled();
      }
      return { items, reasons: [...reasons] };
    };
    const first = await givenAll(short, 'Ann');
    expect(first.items).toEqual((await givenAll(whole, 'Ann')).items);
    expect(first.items).toHaveLength(60);
    expect(first.reasons.filter((reason) => reason !== 'NOT_READY')).toEqual([]);
    // What came back or was voted on by somebody else is in its place in both.
    for (const campaign of [short, whole]) await campaign.vote(...[50, 3, 20].map((i): [string, string, string] => [`item ${i}`, 'Cid', 'b']));
    await Promise.all([short.settled(), whole.settled()]);
    expect((await givenAll(short, 'Ben')).items).toEqual((await givenAll(whole, 'Ben')).items);
    expect((await short.next('Ann')).empty!.reason).toBe('NOTHING_LEFT_FOR_ANNOTATOR');
  });

  it('takes in what moves before its last place, and leaves out what moves behind it', async () => {
    const campaign = await shortened(40, { policy: 'fewest-votes', maxVotes: 3, overlapShare: 0 });
    // Few, lest the next of the order be written.
    await campaign.vote(['item 0', 'Ann', 'a'], ['item 30', 'Ann', 'a']);
    await campaign.settled();
    expect(await queued(campaign)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await service.data(`mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { results { status } } }`, { input: { projectId: campaign.id, votes: [{ item: 'item 0', annotator: 'Ann' }, { item: 'item 30', annotator: 'Ann' }] } });
    await campaign.settled();
    expect(await queued(campaign)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('is written anew when most of it may have been voted on', async () => {
    const campaign = await shortened(40, { policy: 'fewest-votes', maxVotes: 3, overlapShare: 0 });
    const before = await generation(campaign);
    await campaign.vote(...Array.from({ length: 10 }, (_, i): [string, string, string] => [`item ${i}`, 'Ann', 'a']));
    await until(async () => await generation(campaign) !== before, 'the next of the order');
    await campaign.settled();
    expect(await queued(campaign)).toEqual(Array.from({ length: LENGTH }, (_, i) => i + 10));
  });

  it('draws a new annotator\'s random items from all that are open, not from the front alone', async () => {
    const campaign = await shortened(300, { policy: 'fewest-votes', explorationShare: 1 });
    const drawn = new Set<number>();
    for (let n = 0; n < 12; n++) {
      const { leases: [lease] } = await campaign.next(`newcomer ${n}`);
      expect(lease).toMatchObject({ strategy: 'exploration' });
      drawn.add(Number(lease!.item.split(' ')[1]));
    }
    expect(Math.max(...drawn)).toBeGreaterThan(LENGTH * 4);
  });
});
