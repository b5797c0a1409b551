import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { workDue } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { Campaign } from './campaign.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const ANNOTATORS = 200;
const ITEMS = 1000;
const TARGET = 3;

/** Votes and leases of the item that has the most. */
async function mostOfAnItem(campaign: Campaign): Promise<number> {
  const [row] = await service.source.query<{ most: number }[]>('select max(votes + leases) as most from item_counts where project_id = $1', [campaign.number]);
  return row!.most;
}

interface Totals { votes: number; answers: number; most: number; doubled: number; live: number; counted: number }

/** What the tables say of a project's items and leases. */
async function totals(campaign: Campaign): Promise<Totals> {
  const [row] = await service.source.query<Totals[]>(
    `select (select sum(votes)::int from item_counts where project_id = $1) as votes,
       (select count(*)::int from votes where project_id = $1 and ended_seq is null) as answers,
       (select max(votes + leases) from item_counts where project_id = $1) as most,
       (select count(*)::int from (select 1 from leases where project_id = $1 and ended_by in (1, 2) group by item_code, annotator_code having count(*) > 1) twice) as doubled,
       (select count(*)::int from leases where project_id = $1 and ended_at is null) as live,
       (select sum(leases)::int from item_counts where project_id = $1) as counted`,
    [campaign.number],
  );
  return row!;
}

async function held(campaign: Campaign, annotator: string): Promise<number> {
  const [row] = await service.source.query<{ leases: number }[]>(
    `select count(*)::int as leases from leases where project_id = $1 and ended_at is null and annotator_code = (select code from annotators where project_id = $1 and external_id = $2)`,
    [campaign.number, annotator],
  );
  return row!.leases;
}

/** Items that want votes still, and have none of this annotator's. */
async function unanswered(campaign: Campaign, annotator: string): Promise<number> {
  const [row] = await service.source.query<{ items: number }[]>(
    `select count(*)::int as items from item_counts counts where project_id = $1 and votes < $2 and not exists (
       select 1 from votes join annotators on annotators.project_id = $1 and annotators.code = votes.annotator_code
       where votes.project_id = $1 and votes.item_code = counts.item_code and annotators.external_id = $3)`,
    [campaign.number, TARGET, annotator],
  );
  return row!.items;
}

describe(`${ANNOTATORS} annotators at once on ${ITEMS} items of ${TARGET} votes`, () => {
  it('never pass the maximum, never get an item twice, and leave no item behind', async () => {
    const campaign = await Campaign.start(service, ITEMS, { maxVotes: TARGET, leaseSeconds: 3600 });
    const answered = new Set<string>();
    let twice = 0;
    let kept = 0;
    let most = 0;
    let done = false;
    const watch = (async () => {
      for (; !done; await sleep(50)) most = Math.max(most, await mostOfAnItem(campaign));
    })();
    const annotate = async (name: number) => {
      const annotator = `annotator ${name}`;
      for (let call = 0; ; call++) {
        // What they keep until it expires is no less open for that: only what is empty after that has ended tells them that they are through.
        const holds = await held(campaign, annotator) > 0;
        // A tenth of the calls is given back or left to expire; late votes, which are taken beyond the maximum, are another test.
        const idle = (name + call) % 10 === 0;
        const { leases, empty } = await campaign.next(annotator, { count: idle ? 2 : 1 + ((name + call) % 4), ...(idle && { leaseSeconds: 2 }) });
        for (const { item } of leases) {
          if (answered.has(`${item}/${annotator}`)) twice++;
        }
        const [back, lost, ...rest] = idle ? leases : [undefined, undefined, ...leases];
        if (back) await campaign.leases('releaseItems', annotator, [back.id]);
        if (lost) kept++;
        if (rest.length > 0) await campaign.vote(...rest.map((lease): [string, string, string] => [lease!.item, annotator, 'a']));
        for (const lease of rest) answered.add(`${lease!.item}/${annotator}`);
        if (leases.length > 0) continue;
        if (empty!.retryAfterSeconds == null && !holds) return { annotator, reason: empty!.reason, unanswered: await unanswered(campaign, annotator) };
        await sleep(1000 * (empty!.retryAfterSeconds ?? 1));
      }
    };
    const ends = await Promise.all(Array.from({ length: ANNOTATORS }, (_, name) => annotate(name)));
    done = true;
    await watch;
    // Towards the end, whoever has answered all that is left is told so.
    for (const { reason } of ends) expect(['PROJECT_DONE', 'NOTHING_LEFT_FOR_ANNOTATOR']).toContain(reason);
    expect(ends.filter((end) => end.unanswered > 0)).toEqual([]);
    expect(kept).toBeGreaterThan(0);
    expect(twice).toBe(0);
    expect(most).toBeLessThanOrEqual(TARGET);
    await until(async () => (await totals(campaign)).live === 0, 'the last leases to expire');
    expect(await totals(campaign)).toEqual({ votes: ITEMS * TARGET, answers: ITEMS * TARGET, most: TARGET, doubled: 0, live: 0, counted: 0 });
    // Thousands of calls, which a machine that is busy with much else takes long for.
  }, 900_000);

  it('who ask twice at once never hold an item twice', async () => {
    const campaign = await Campaign.start(service, 20, { maxVotes: 5 });
    const given = await Promise.all(Array.from({ length: 10 }, () => campaign.next('ann', { count: 3 })));
    const items = given.flatMap(({ leases }) => leases.map((lease) => lease.item));
    expect(items.length).toBeGreaterThan(0);
    expect(new Set(items).size).toBe(items.length);
    expect((await totals(campaign)).live).toBe(items.length);
  });

  it('stay within a budget and a capacity, however many ask at once', async () => {
    const campaign = await Campaign.start(service, 100, { maxVotes: 5, budget: 25 });
    await service.data(`mutation ($id: ID!) { upsertAnnotators(input: { projectId: $id, annotators: [{ externalId: "ann", capacity: 7 }] }) { results { status } } }`, { id: campaign.id });
    await Promise.all(Array.from({ length: 12 }, () => campaign.next('ann', { count: 2 })));
    expect((await totals(campaign)).live).toBe(7);
    await Promise.all(Array.from({ length: 30 }, (_, i) => campaign.next(`ben ${i}`, { count: 2 })));
    expect((await totals(campaign)).live).toBe(25);
  });
});

describe('a clock of the application that is wrong', () => {
  afterEach(() => { vi.useRealTimers(); });

  it.each([['an hour fast', 3_600_000], ['an hour slow', -3_600_000]])('by %s neither ends leases early nor keeps them', async (_, skew) => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 1 });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skew });
    await campaign.next('ann', { leaseSeconds: 1800 });
    const endsWithin = async (aheadSeconds: number) => (await workDue(service, { aheadSeconds })).includes('sweep expired leases');
    expect(await endsWithin(300)).toBe(false);
    await campaign.age(1600);
    expect(await endsWithin(300)).toBe(true);
    expect((await campaign.next('ben')).empty).toMatchObject({ reason: 'ALL_LEASED' });
    await campaign.age(200);
    await until(async () => (await campaign.next('ben')).leases.length > 0, 'the item that came back');
  });
});
