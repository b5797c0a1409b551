import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerifyVotes } from '../../src/votes/verify.js';
import { startBeside, startService, type GraphqlAnswer, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

const SUBMIT = `mutation ($input: SubmitVotesInput!) {
  submitVotes(input: $input) { replayed counts { created superseded duplicate rejected } results { index status code message } warnings }
}`;

let service: Service;
let other: Service;
beforeAll(async () => {
  service = await startService({ ASSAY_WORK: 'false' });
  other = await startBeside(service, { ASSAY_WORK: 'false' });
});
afterAll(async () => {
  await other.stop();
  await service.stop();
});

interface Call {
  item: string;
  annotator: string;
  class: string;
  voteId?: string;
  idempotencyKey?: string;
}
const numberOf = (id: string) => Number(Buffer.from(id, 'base64url').toString().split(':')[1]);
const send = (projectId: string, { idempotencyKey, ...vote }: Call, by = service, key = service.key): Promise<GraphqlAnswer> =>
  by.graphql(SUBMIT, { input: { projectId, idempotencyKey, votes: [vote] } }, { key });
/** What a caller sees of an answer: the result, or the refusal. */
const told = ({ data, errors }: GraphqlAnswer) => (errors ? { code: errors[0]!.extensions.code, message: errors[0]!.message } : data.submitVotes);
const metric = async (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec((await service.http().get('/metrics')).text)?.[1] ?? 0);
const vote = (n: number, more: Partial<Call> = {}): Call => ({ item: `item ${n}`, annotator: `annotator ${n % 7}`, class: n % 3 ? 'ham' : 'spam', ...more });
const votesOf = async (projectId: string) => (await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes ended } } }`, { id: projectId })).project.voteCounts;

/** Holds back all votes of a project, as a run does while it reads its watermark. */
async function holdVotes(projectId: string): Promise<() => Promise<void>> {
  const holder = service.source.createQueryRunner();
  await holder.startTransaction();
  await holder.query('select pg_advisory_xact_lock($1, $2)', [0x766f74, numberOf(projectId)]);
  return async () => {
    await holder.rollbackTransaction();
    await holder.release();
  };
}

/** Sends the calls while the project's votes are held back, so that all but the first are answered together. */
async function together(projectId: string, calls: readonly Call[]): Promise<GraphqlAnswer[]> {
  const before = await metric('assay_joint_votes_count');
  const open = await holdVotes(projectId);
  const answers = Promise.all(calls.map((call) => send(projectId, call)));
  // One call begins, waits for the lock, and all others for it.
  await until(async () => (await metric('assay_requests_under_way{kind="call"}')) >= calls.length, 'all calls are under way');
  await open();
  const found = await answers;
  expect(await metric('assay_joint_votes_count') - before).toBeLessThan(calls.length / 4);
  return found;
}

describe('votes that come one a call', () => {
  it('are written by a few transactions, each with its own answer', async () => {
    const id = await service.newProject();
    const answers = await together(id, Array.from({ length: 60 }, (_, n) => vote(n)));
    expect(answers.map(told)).toEqual(Array.from({ length: 60 }, () => ({
      replayed: false, counts: { created: 1, superseded: 0, duplicate: 0, rejected: 0 }, results: [{ index: 0, status: 'CREATED', code: null, message: null }], warnings: [],
    })));
    expect(await votesOf(id)).toEqual({ votes: '60', ended: '0' });
    expect((await service.app.get(VerifyVotes).verify(numberOf(id))).faults).toEqual([]);
  });

  it('harm no neighbour where they are wrong, and are told what they would be told alone', async () => {
    const [joint, alone] = await Promise.all([0, 1].map(async () => {
      const id = await service.newProject({ rules: { repeatPolicy: 'REJECT' } });
      await send(id, vote(100, { voteId: 'taken', idempotencyKey: 'known' }));
      for (let n = 101; n < 108; n++) await send(id, vote(n));
      await service.data(`mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { id } } }`, { input: { id, rules: { createUnknownAnnotators: false } } });
      return id;
    })) as [string, string];
    const calls = [
      ...Array.from({ length: 40 }, (_, n) => vote(n, n % 2 ? { idempotencyKey: `key-${n}` } : {})),
      vote(200, { class: 'Spam' }), vote(201, { class: 'eggs', idempotencyKey: 'eggs' }), vote(202, { annotator: 'a stranger' }), vote(203, { item: '' }), vote(204, { item: 'a\0b' }),
      vote(205, { voteId: 'taken' }), vote(101), vote(101, { class: 'spam' }), vote(100, { voteId: 'taken' }),
      vote(100, { voteId: 'taken', idempotencyKey: 'known' }), vote(206, { idempotencyKey: 'known' }),
    ];
    const found = (await together(joint, calls)).map(told);
    const expected = [];
    for (const call of calls) expected.push(told(await send(alone, call)));
    expect(found).toEqual(expected);
    expect(found.slice(40).map((one) => one.code ?? one.results[0].code ?? one.results[0].status)).toEqual([
      'UNKNOWN_CLASS', 'UNKNOWN_CLASS', 'UNKNOWN_ANNOTATOR', 'INVALID_ID', 'INVALID_ID', 'VOTE_ID_TAKEN', 'SAME_ANSWER', 'ALREADY_VOTED', 'SAME_VOTE_ID', 'CREATED', 'CONFLICT',
    ]);
    expect(found[40].warnings[0]).toContain('"Spam"');
    expect(await votesOf(joint)).toEqual({ votes: '48', ended: '0' });
    expect((await service.app.get(VerifyVotes).verify(numberOf(joint))).faults).toEqual([]);
    // Refusals are kept under their keys, too.
    expect(told(await send(joint, vote(201, { class: 'eggs', idempotencyKey: 'eggs' })))).toMatchObject({ replayed: true, counts: { rejected: 1 } });
  });

  it('of one pair, or with one key, are one after the other', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_LAST' } });
    const answers = await together(id, [
      ...Array.from({ length: 20 }, (_, n) => vote(n)),
      ...Array.from({ length: 6 }, () => vote(50, { idempotencyKey: 'one' })),
      ...['ham', 'spam', 'ham'].map((name) => vote(60, { class: name })),
    ]);
    const statuses = answers.map((answer) => told(answer).results[0].status as string);
    expect(statuses.slice(0, 20)).toEqual(Array<string>(20).fill('CREATED'));
    expect(answers.slice(20, 26).map((answer) => told(answer).replayed as boolean).sort()).toEqual([false, true, true, true, true, true]);
    expect(statuses.slice(26).sort()[0]).toBe('CREATED');
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { item(externalId: "item 60") { voteCount } } }`, { id });
    expect(project.item.voteCount).toBe(1);
    expect((await service.app.get(VerifyVotes).verify(numberOf(id))).faults).toEqual([]);
  });

  it('of KEEP_ALL all count, and a call that is sent again counts once, whichever process it comes by', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    const calls = Array.from({ length: 30 }, (_, n) => vote(n % 10, { idempotencyKey: `call-${n}` }));
    const answers = await Promise.all([...calls.map((call) => send(id, call)), ...calls.map((call) => send(id, call, other)), ...calls.map((call) => send(id, call))]);
    expect(answers.filter((answer) => answer.errors)).toEqual([]);
    for (let n = 0; n < 30; n++) expect([n, n + 30, n + 60].filter((place) => !told(answers[place]!).replayed)).toHaveLength(1);
    expect(await votesOf(id)).toEqual({ votes: '30', ended: '0' });
  });

  it('do not wait for a key that another process holds', async () => {
    const id = await service.newProject();
    const holder = service.source.createQueryRunner();
    await holder.startTransaction();
    await holder.query(
      `insert into idempotency_keys (project_id, workspace_id, key, request_hash, response) select id, workspace_id, 'held', 'another', '{}' from projects where id = $1`, [numberOf(id)],
    );
    try {
      const held = send(id, vote(0, { idempotencyKey: 'held' }));
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(id, vote(n + 1, { idempotencyKey: `free-${n}` }))));
      expect(answers.map((answer) => told(answer).counts.created as number)).toEqual(Array<number>(20).fill(1));
      await holder.commitTransaction();
      expect(told(await held)).toMatchObject({ code: 'CONFLICT' });
    } finally {
      await holder.release();
    }
    expect(await votesOf(id)).toEqual({ votes: '20', ended: '0' });
  });

  it('wait for no other project', async () => {
    const [held, free] = [await service.newProject(), await service.newProject()];
    const open = await holdVotes(held);
    const waiting = Array.from({ length: 10 }, (_, n) => send(held, vote(n)));
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => send(free, vote(n))));
    expect(answers.map((answer) => told(answer).counts.created as number)).toEqual(Array<number>(10).fill(1));
    expect(await votesOf(held)).toEqual({ votes: '0', ended: '0' });
    await open();
    expect((await Promise.all(waiting)).map((answer) => told(answer).counts.created as number)).toEqual(Array<number>(10).fill(1));
  });

  it('whose callers have gone are not written once their turn comes', async () => {
    const id = await service.newProject();
    const open = await holdVotes(id);
    const first = send(id, vote(0));
    const underWay = (count: number) => until(async () => await metric('assay_requests_under_way{kind="call"}') === count, `${count} calls under way`);
    await underWay(1);
    const leaving = new AbortController();
    const gone = fetch(`${service.url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${service.key}` }, signal: leaving.signal,
      body: JSON.stringify({ query: SUBMIT, variables: { input: { projectId: id, votes: [vote(1)] } } }),
    }).catch((error: Error) => error.name);
    await underWay(2);
    leaving.abort();
    expect(await gone).toBe('AbortError');
    await underWay(1);
    await open();
    expect(told(await first).counts.created).toBe(1);
    expect(told(await send(id, vote(2))).counts.created).toBe(1);
    expect(await votesOf(id)).toEqual({ votes: '2', ended: '0' });
  });

  it('of a project that is absent, archived or another workspace\'s are refused as ever', async () => {
    const id = await service.newProject();
    const absent = Buffer.from(Buffer.from(id, 'base64url').toString().replace(String(numberOf(id)), '999999')).toString('base64url');
    const stranger = await service.newKey({ workspaceId: await service.newWorkspace() });
    expect(told(await send(absent, vote(1)))).toMatchObject({ code: 'NOT_FOUND' });
    const [own, foreign] = await Promise.all([send(id, vote(1)), send(id, vote(2), service, stranger)]);
    expect(told(own).counts.created).toBe(1);
    expect(told(foreign)).toEqual({ code: 'NOT_FOUND', message: expect.stringContaining(id) });
    await service.data(`mutation ($input: ArchiveProjectInput!) { archiveProject(input: $input) { project { id } } }`, { input: { id } });
    expect((await Promise.all([1, 2, 3].map((n) => send(id, vote(n + 10))))).map((answer) => told(answer).code as string)).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    expect(await votesOf(id)).toEqual({ votes: '1', ended: '0' });
  });
});
