import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workDue } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { Campaign } from './campaign.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const leasedBy = async (campaign: Campaign, annotator: string) => (await campaign.project(`annotator(externalId: ${JSON.stringify(annotator)}) { leases { id item } }`)).annotator.leases;
const expired = (campaign: Campaign) => until(async () => {
  const [row] = await service.source.query<{ live: number }[]>(`select count(*)::int as live from leases where project_id = $1 and ended_at is null`, [campaign.number]);
  return row!.live === 0;
}, 'leases to expire');

describe('a lease', () => {
  it('that expires gives its item back to the pool, and a vote that comes late is taken and noted as late', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 1 });
    const { leases } = await campaign.next('ann', { leaseSeconds: 3600 });
    expect((await campaign.next('ben')).empty).toMatchObject({ reason: 'ALL_LEASED' });
    await campaign.age(3600);
    await expired(campaign);
    await campaign.settled();
    expect((await campaign.next('ben')).leases.map((lease) => lease.item)).toEqual(['item 0']);
    await campaign.vote(['item 0', 'ann', 'a']);
    const { item } = await campaign.project('item(externalId: "item 0") { voteCount leases votes { nodes { late annotator { externalId } } } }');
    expect(item).toEqual({ voteCount: 1, leases: 1, votes: { nodes: [{ late: true, annotator: { externalId: 'ann' } }] } });
    expect(leases).toHaveLength(1);
  });

  it('is kept alive by heartbeats, by the database\'s clock', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 1 });
    const { leases: [lease] } = await campaign.next('ann', { leaseSeconds: 3600 });
    const endsWithin = async (aheadSeconds: number) => (await workDue(service, { aheadSeconds })).includes('sweep expired leases');
    for (let beat = 0; beat < 3; beat++) {
      await campaign.age(3400);
      expect(await endsWithin(300)).toBe(true);
      const [result] = await campaign.leases('heartbeat', 'ann', [lease!.id], { leaseSeconds: 3600 });
      expect(result).toMatchObject({ index: 0, status: 'LIVE' });
      expect(await endsWithin(300)).toBe(false);
    }
    expect(await leasedBy(campaign, 'ann')).toEqual([{ id: lease!.id, item: 'item 0' }]);
  });

  it('that has expired is not revived', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 1 });
    const { leases: [lease] } = await campaign.next('ann');
    await campaign.age(3600);
    await expired(campaign);
    expect(await campaign.leases('heartbeat', 'ann', [lease!.id])).toMatchObject([{ status: 'REJECTED', code: 'NOT_HELD' }]);
    expect(await campaign.leases('releaseItems', 'ann', [lease!.id])).toMatchObject([{ status: 'REJECTED', code: 'NOT_HELD' }]);
  });

  it('that is released gives its item back at once, also to the one who released it', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 1 });
    const { leases: [lease] } = await campaign.next('ann');
    expect(await campaign.leases('releaseItems', 'ann', [lease!.id])).toMatchObject([{ index: 0, status: 'RELEASED' }]);
    await campaign.settled();
    expect((await campaign.next('ann')).leases).toHaveLength(1);
  });

  it('that is skipped is a SKIP in the vote log, and its item goes to others only', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 1 });
    const { leases: [lease] } = await campaign.next('ann');
    expect(await campaign.leases('skipItems', 'ann', [lease!.id])).toMatchObject([{ status: 'SKIPPED' }]);
    await campaign.settled();
    expect((await campaign.next('ann')).empty).toMatchObject({ reason: 'NOTHING_LEFT_FOR_ANNOTATOR' });
    expect((await campaign.next('ben')).leases).toHaveLength(1);
    const { item } = await campaign.project('item(externalId: "item 0") { votes { nodes { outcome late } } }');
    expect(item.votes.nodes).toEqual([{ outcome: 'SKIP', late: false }]);
  });

  it('of somebody else, of another project and of nobody is refused in the same words', async () => {
    const campaign = await Campaign.start(service, 2, { maxVotes: 1 });
    const other = await Campaign.start(service, 1);
    const { leases: [mine] } = await campaign.next('ann');
    const { leases: [foreign] } = await other.next('ann');
    await campaign.next('ben');
    const nobody = Buffer.from(`Lease:${campaign.number}:99999999`).toString('base64url');
    for (const call of ['heartbeat', 'releaseItems', 'skipItems'] as const) {
      const results = await campaign.leases(call, 'ben', [mine!.id, foreign!.id, nobody]);
      const words = results.map((result: { status: string; code: string; message: string }, i: number) => ({ ...result, index: 0, message: result.message.replace([mine!.id, foreign!.id, nobody][i]!, '#') }));
      expect(new Set(words.map((one: object) => JSON.stringify(one))).size).toBe(1);
      expect(words[0]).toMatchObject({ status: 'REJECTED', code: 'NOT_HELD' });
    }
    expect(await leasedBy(campaign, 'ann')).toHaveLength(1);
    expect(await leasedBy(other, 'ann')).toHaveLength(1);
  });

  it('ends with the vote it was for, and a vote on an item that was never leased is taken all the same', async () => {
    const campaign = await Campaign.start(service, 2, { maxVotes: 3 });
    const { leases: [lease] } = await campaign.next('ann');
    await campaign.vote([lease!.item, 'ann', 'b'], ['item 1', 'walk-in', 'a']);
    expect(await leasedBy(campaign, 'ann')).toEqual([]);
    const { item } = await campaign.project(`item(externalId: "${lease!.item}") { voteCount leases votes { nodes { late } } }`);
    expect(item).toEqual({ voteCount: lease!.item === 'item 1' ? 2 : 1, leases: 0, votes: { nodes: expect.arrayContaining([{ late: false }]) } });
  });

  it('is refused to an annotator who is not there, and an empty list is refused', async () => {
    const campaign = await Campaign.start(service, 1);
    const HEARTBEAT = `mutation ($input: HeartbeatInput!) { heartbeat(input: $input) { results { status } } }`;
    const refusal = async (input: object) => (await service.graphql(HEARTBEAT, { input: { projectId: campaign.id, ...input } })).errors![0]!.message;
    expect(await refusal({ annotator: 'nobody', leases: ['x'] })).toMatch(/"nobody" is not in the project/);
    expect(await refusal({ annotator: 'ann', leases: [] })).toMatch(/leases is empty/);
  });

  it('lets an annotator have an item again where the project asks for repeats', async () => {
    const campaign = await Campaign.start(service, 1, { maxVotes: 5, repeatPolicy: 'KEEP_ALL', allowRepeats: true });
    await campaign.vote(['item 0', 'ann', 'a']);
    await campaign.settled();
    expect((await campaign.next('ann')).leases).toHaveLength(1);
    expect((await campaign.next('ann')).leases).toHaveLength(0);
  });
});
