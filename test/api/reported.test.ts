import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Campaign } from '../assignment/campaign.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created superseded duplicate rejected } } }`;

/** What users of other systems reported as wrong there, and what is right. */
describe('as reported elsewhere', () => {
  it('eight people who ask for three items with one vote each get three, and five are told when to come back', async () => {
    const campaign = await Campaign.start(service, 3, { maxVotes: 1 });
    const given = await Promise.all(Array.from({ length: 8 }, (_, i) => campaign.next(`person ${i}`)));
    expect(given.flatMap(({ leases }) => leases.map(({ item }) => item)).toSorted()).toEqual(['item 0', 'item 1', 'item 2']);
    const turnedAway = given.filter(({ leases }) => leases.length === 0);
    expect(turnedAway).toHaveLength(5);
    for (const { empty } of turnedAway) expect(empty).toMatchObject({ reason: 'ALL_LEASED', retryAfterSeconds: expect.any(Number) as number });
  });

  it('the same vote sent eight times at once is one', async () => {
    const projectId = await service.newProject();
    const votes = [{ item: 'i', annotator: 'a', class: 'ham' }];
    const answers = await Promise.all(Array.from({ length: 8 }, () => service.data(SUBMIT, { input: { projectId, votes } })));
    const sum = (name: string) => answers.reduce((total, { submitVotes }) => total + submitVotes.counts[name], 0);
    expect([sum('created'), sum('superseded'), sum('duplicate'), sum('rejected')]).toEqual([1, 0, 7, 0]);
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes } votes { nodes { class } } } }`, { id: projectId });
    expect(project).toEqual({ voteCounts: { votes: '1' }, votes: { nodes: [{ class: 'ham' }] } });
  });

  it('pages read while items and votes come in have each item once', async () => {
    const projectId = await service.newProject();
    const send = (from: number, count: number) => service.data(SUBMIT, { input: { projectId, votes: Array.from({ length: count }, (_, i) => ({ item: `i${from + i}`, annotator: `a${from}`, class: 'ham' })) } });
    await send(0, 5000);
    const seen: string[] = [];
    let after: string | null = null;
    for (let page = 0; page < 50; page++) {
      const [read] = await Promise.all([
        service.data(`query ($id: ID!, $after: String) { project(id: $id) { items(first: 100, after: $after) { nodes { externalId } pageInfo { endCursor } } } }`, { id: projectId, after }),
        send(5000 + 10 * page, 10), send(0, 10),
      ]) as [{ project: { items: { nodes: { externalId: string }[]; pageInfo: { endCursor: string } } } }, unknown, unknown];
      seen.push(...read.project.items.nodes.map(({ externalId }) => externalId));
      after = read.project.items.pageInfo.endCursor;
    }
    expect(seen).toHaveLength(5000);
    expect(new Set(seen).size).toBe(5000);
  });

  it('addItems takes its items as item', async () => {
    const projectId = await service.newProject();
    const { addItems } = await service.data(`mutation ($i: ItemsInput!) { addItems(input: $i) { results { status } } }`, { i: { projectId, items: [{ item: 't0' }] } });
    expect(addItems.results).toEqual([{ status: 'CREATED' }]);
  });
});
