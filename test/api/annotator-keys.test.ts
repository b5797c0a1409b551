import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Campaign, NEXT, type Given } from '../assignment/campaign.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const CREATE = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { annotator projectId scopes } } }`;
const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed counts { created superseded duplicate rejected } results { index status code message } } }`;
const WITHDRAW = `mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed results { index status code message } } }`;
const leaseCall = (name: string) => `mutation ($input: ${name === 'heartbeat' ? 'HeartbeatInput' : 'LeasesInput'}!) { ${name}(input: $input) { results { index status expiresAt code message } } }`;

const numberOf = (id: string) => Number(Buffer.from(id, 'base64url').toString().split(':')[1]);
/** A key of ann's in a project, as an administrator makes it. */
async function annsKey(projectId: string): Promise<string> {
  const { createApiKey } = await service.data(CREATE, { input: { name: "ann's", scopes: ['VOTES_WRITE', 'ASSIGNMENT'], projectId, annotator: 'ann' } });
  expect(createApiKey.apiKey).toEqual({ annotator: 'ann', projectId, scopes: ['VOTES_WRITE', 'ASSIGNMENT'] });
  return createApiKey.secret;
}
const refusal = async (query: string, variables: object, key: string) => (await service.graphql(query, variables, { key })).errors![0]!;
const votesOf = (projectId: string) => service.source.query(`select seq, ended_seq from votes where project_id = $1 order by seq`, [numberOf(projectId)]);

describe('a key for one annotator is made', () => {
  it.each([
    ['of no project', { annotator: 'ann', scopes: ['VOTES_WRITE'] }, 'input.projectId', 'does not tell in which project'],
    ['with the scope results:read', { annotator: 'ann', scopes: ['VOTES_WRITE', 'RESULTS_READ'] }, 'input.scopes', 'input.scopes has results:read; a key for one annotator takes votes:write and assignment only'],
    ['with the scope project:admin', { annotator: 'ann', scopes: ['PROJECT_ADMIN'] }, 'input.scopes', 'project:admin'],
    ['for an empty name', { annotator: '', scopes: ['VOTES_WRITE'] }, 'input.annotator', 'it is empty'],
    ['for a name that no annotator can have', { annotator: 'a\0', scopes: ['VOTES_WRITE'] }, 'input.annotator', 'NUL'],
  ])('not %s', async (what, input, field, message) => {
    const projectId = what === 'of no project' ? undefined : await service.newProject();
    const error = await refusal(CREATE, { input: { name: 'x', projectId, ...input } }, service.key);
    expect(error.extensions).toMatchObject({ code: 'INVALID_INPUT', field });
    expect(error.message).toContain(message);
  });

  it('nor past the service, by the database', async () => {
    const insert = (project: number | null, scopes: string[]) => service.source.query(
      `insert into api_keys (workspace_id, project_id, name, prefix, secret_hash, scopes, annotator) values (1, $1, 'x', 'xxxxxxxx', '', $2, 'ann')`, [project, scopes],
    );
    await expect(insert(null, ['assignment'])).rejects.toThrow('api_keys_annotator_check');
    await expect(insert(1, ['assignment', 'results:read'])).rejects.toThrow('api_keys_annotator_check');
  });
});

describe('with a key for one annotator', () => {
  it('they vote as themselves, and a call that names anybody else writes nothing', async () => {
    const projectId = await service.newProject();
    const key = await annsKey(projectId);
    const vote = (item: string, annotator: string, more = {}) => ({ item, annotator, class: 'ham', ...more });
    const { submitVotes } = await service.data(SUBMIT, { input: { projectId, votes: [vote('i1', 'ann'), vote('i2', 'ann')] } }, { key });
    expect(submitVotes.counts).toEqual({ created: 2, superseded: 0, duplicate: 0, rejected: 0 });
    const before = await votesOf(projectId);
    const foreign = await refusal(SUBMIT, { input: { projectId, votes: [vote('i3', 'ann'), vote('i3', 'ben')] } }, key);
    expect(foreign.extensions).toMatchObject({ code: 'FORBIDDEN', field: 'input.votes' });
    expect(foreign.message).toBe('row 1 names the annotator "ben"; this key is for "ann" alone: name them, or use another key');
    // Ids of votes are the project's: whether one is taken would tell of others.
    const named = await refusal(SUBMIT, { input: { projectId, votes: [vote('i3', 'ann', { voteId: 'v1' })] } }, key);
    expect(named.message).toMatch(/^row 0 has the voteId "v1"; the key of one annotator gives votes no ids: leave it out/);
    expect(await votesOf(projectId)).toEqual(before);
    expect(await service.source.query(`select 1 from annotators where project_id = $1 and external_id = 'ben'`, [numberOf(projectId)])).toEqual([]);
  });

  it('they do not see whether another key has used an idempotency key, and their own is replayed', async () => {
    const projectId = await service.newProject();
    const [ann, anns, bens] = [await annsKey(projectId), await annsKey(projectId), await service.newKey({ projectId: numberOf(projectId), annotator: 'ben' })];
    const send = async (votes: object[], key: string) => (await service.data(SUBMIT, { input: { projectId, votes, idempotencyKey: 'k-1' } }, { key })).submitVotes;
    const votes = [{ item: 'i1', annotator: 'ann', class: 'ham' }];
    expect(await send(votes, service.key)).toMatchObject({ replayed: false, counts: { created: 1 } });
    // The same call by the same name: a stored answer would say CREATED once more.
    expect(await send(votes, ann)).toMatchObject({ replayed: false, counts: { duplicate: 1 } });
    expect(await send(votes, ann)).toMatchObject({ replayed: true, counts: { duplicate: 1 } });
    expect(await send(votes, anns)).toMatchObject({ replayed: false, counts: { duplicate: 1 } });
    // Another call: CONFLICT would tell that somebody has used it.
    expect(await send([{ item: 'i1', annotator: 'ben', class: 'spam' }], bens)).toMatchObject({ replayed: false, counts: { created: 1 } });
    expect(await refusal(SUBMIT, { input: { projectId, votes: [{ item: 'i2', annotator: 'ann', class: 'ham' }], idempotencyKey: 'k-1' } }, ann)).toMatchObject({
      message: 'the idempotency key "k-1" came with another request before; take a new key', extensions: { code: 'CONFLICT' },
    });
    expect(await send(votes, service.key)).toMatchObject({ replayed: true, counts: { created: 1 } });
    const withdraw = async (key: string) => (await service.data(WITHDRAW, { input: { projectId, votes: [{ item: 'i1', annotator: 'ann' }], idempotencyKey: 'k-2' } }, { key })).withdrawVotes;
    expect(await withdraw(service.key)).toMatchObject({ replayed: false, results: [{ status: 'WITHDRAWN' }] });
    expect(await withdraw(ann)).toMatchObject({ replayed: false, results: [{ status: 'UNCHANGED' }] });
  });

  it("they take back their own votes; another's are as absent by their id, and refused by name", async () => {
    const projectId = await service.newProject();
    const key = await annsKey(projectId);
    await service.data(SUBMIT, { input: { projectId, votes: ['ann', 'ben'].flatMap((annotator) => [{ item: 'i1', annotator, class: 'ham', voteId: `${annotator}1` }, { item: 'i2', annotator, class: 'ham' }]) } });
    const withdraw = async (votes: object[]) => (await service.data(WITHDRAW, { input: { projectId, votes } }, { key })).withdrawVotes.results;
    const [own, bens, nobodys, pair] = await withdraw([{ voteId: 'ann1' }, { voteId: 'ben1' }, { voteId: 'cat1' }, { item: 'i2', annotator: 'ann' }]);
    expect([own.status, pair.status]).toEqual(['WITHDRAWN', 'WITHDRAWN']);
    expect(bens).toEqual({ index: 1, status: 'REJECTED', code: 'UNKNOWN_VOTE', message: 'there is no vote with the voteId "ben1"' });
    expect({ ...nobodys, index: 1, message: nobodys.message.replace('cat1', 'ben1') }).toEqual(bens);
    const before = await votesOf(projectId);
    const named = await refusal(WITHDRAW, { input: { projectId, votes: [{ item: 'i2', annotator: 'ben' }] } }, key);
    expect([named.extensions.code, named.message]).toEqual(['FORBIDDEN', 'row 0 names the annotator "ben"; this key is for "ann" alone: name them, or use another key']);
    expect(await votesOf(projectId)).toEqual(before);
    // One who never voted has none.
    const newcomer = await service.newKey({ projectId: numberOf(projectId), annotator: 'dee' });
    expect((await service.data(WITHDRAW, { input: { projectId, votes: [{ voteId: 'ben1' }] } }, { key: newcomer })).withdrawVotes.results).toEqual([bens].map((one) => ({ ...one, index: 0 })));
  });

  it("they are given items, without a word of others' votes", async () => {
    const campaign = await Campaign.start(service, 3, { maxVotes: 4 });
    const key = await annsKey(campaign.id);
    await campaign.vote(['item 0', 'ben', 'a'], ['item 1', 'ben', 'b'], ['item 2', 'ben', 'b']);
    await campaign.settled();
    const { nextItems } = await service.data(NEXT, { input: { projectId: campaign.id, annotator: 'ann', count: 3 } }, { key });
    expect(nextItems.leases.map((lease: { item: string }) => lease.item).sort()).toEqual(['item 0', 'item 1', 'item 2']);
    for (const lease of nextItems.leases) expect(lease).toMatchObject({ strategy: null, score: null, kind: null, votes: null, payload: { page: lease.item } });
    expect((await campaign.next('cat', { count: 1 })).leases[0]).toMatchObject({ strategy: 'fewest-votes', kind: 'RELABEL', votes: 1 });
    for (const [input, place] of [[{ annotator: 'ben' }, 'input.annotator'], [{ annotator: 'ann', policy: 'random' }, 'input.policy']] as const) {
      expect((await refusal(NEXT, { input: { projectId: campaign.id, ...input } }, key)).extensions).toMatchObject({ code: 'FORBIDDEN', field: place });
    }
  });

  it('they are told of no items in the same words whatever others have to do with it', async () => {
    const asks = async (campaign: Campaign, key?: string) => (await service.data(NEXT, { input: { projectId: campaign.id, annotator: 'ann', count: 5 } }, { key: key ?? await annsKey(campaign.id) })).nextItems as Given;
    const none = await Campaign.start(service, 0);
    const done = await Campaign.start(service, 1, { maxVotes: 1 });
    await done.vote(['item 0', 'ben', 'a']);
    await done.settled();
    const leased = await Campaign.start(service, 1, { maxVotes: 1 });
    await leased.next('ben');
    const spent = await Campaign.start(service, 2, { budget: 1 });
    await spent.vote(['item 0', 'ben', 'a']);
    await spent.settled();
    const reasons = [];
    for (const campaign of [none, done, leased, spent]) {
      reasons.push((await campaign.next('cat')).empty!.reason);
      expect(await asks(campaign)).toEqual({ leases: [], empty: { reason: 'NOTHING_LEFT_FOR_ANNOTATOR', message: 'there is no item for you now', retryAfterSeconds: 10 } });
    }
    // They are cases of different reasons: to another key each is told.
    expect(new Set(reasons).size).toBe(4);
    const paused = await Campaign.start(service, 1);
    const key = await annsKey(paused.id);
    expect((await asks(paused, key)).leases).toHaveLength(1);
    await service.data(`mutation ($input: AnnotatorStatusInput!) { pauseAnnotators(input: $input) { results { status } } }`, { input: { projectId: paused.id, annotators: ['ann'], reason: 'goldAccuracy 0.31, as ben' } });
    expect(await asks(paused, key)).toEqual({ leases: [], empty: { reason: 'ANNOTATOR_PAUSED', message: 'you are paused', retryAfterSeconds: null } });
  });

  it.each(['heartbeat', 'releaseItems', 'skipItems'])("%s heeds their own leases; another's is answered as one that does not exist", async (name) => {
    const campaign = await Campaign.start(service, 6);
    const key = await annsKey(campaign.id);
    const own = (await service.data(NEXT, { input: { projectId: campaign.id, annotator: 'ann', count: 1 } }, { key })).nextItems.leases[0].id as string;
    const bens = (await campaign.next('ben', { count: 1 })).leases[0]!.id;
    const absent = Buffer.from(`Lease:${campaign.number}:987654`).toString('base64url');
    const { [name]: { results } } = await service.data(leaseCall(name), { input: { projectId: campaign.id, annotator: 'ann', leases: [bens, absent, own] } }, { key });
    expect(results[0]).toMatchObject({ status: 'REJECTED', code: 'NOT_HELD' });
    expect(JSON.stringify({ ...results[0], index: 1 }).replace(bens, absent)).toBe(JSON.stringify(results[1]));
    expect(results[2]).toMatchObject({ status: { heartbeat: 'LIVE', releaseItems: 'RELEASED', skipItems: 'SKIPPED' }[name], code: null });
    const [{ live }] = await service.source.query(`select count(*) as live from leases where project_id = $1 and ended_at is null and annotator_code = (select code from annotators where project_id = $1 and external_id = 'ben')`, [campaign.number]);
    expect(live).toBe(1);
    const named = await refusal(leaseCall(name), { input: { projectId: campaign.id, annotator: 'ben', leases: [bens] } }, key);
    expect([named.extensions.code, named.extensions.field]).toEqual(['FORBIDDEN', 'input.annotator']);
  });

  it('nothing of another project is there', async () => {
    const [mine, other] = [await service.newProject(), await service.newProject()];
    const key = await annsKey(mine);
    const votes = [{ item: 'i', annotator: 'ann', class: 'ham' }];
    expect((await refusal(SUBMIT, { input: { projectId: other, votes } }, key)).extensions.code).toBe('NOT_FOUND');
    expect((await refusal(NEXT, { input: { projectId: other, annotator: 'ann' } }, key)).extensions.code).toBe('NOT_FOUND');
  });

  it('and the scope votes:write alone they may vote and not ask', async () => {
    const projectId = await service.newProject();
    const key = await service.newKey({ projectId: numberOf(projectId), annotator: 'ann', scopes: ['votes:write'] });
    expect((await service.graphql(SUBMIT, { input: { projectId, votes: [{ item: 'i', annotator: 'ann', class: 'ham' }] } }, { key })).errors).toBeUndefined();
    expect(await refusal(NEXT, { input: { projectId, annotator: 'ann' } }, key)).toMatchObject({ message: 'this key lacks the scope assignment', extensions: { code: 'FORBIDDEN' } });
  });
});
