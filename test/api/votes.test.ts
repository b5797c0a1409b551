import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Idempotency } from '../../src/platform/database/idempotency.js';
import { startService, type Service } from '../setup/service.js';

const SUBMIT = `mutation ($input: SubmitVotesInput!) {
  submitVotes(input: $input) { replayed counts { created superseded duplicate rejected } results { index status code message } }
}`;
const WITHDRAW = `mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { replayed results { index status code message } } }`;
const HISTORY = `query ($id: ID!, $item: String!) {
  project(id: $id) { item(externalId: $item) { voteCount votes(includeEnded: true) { nodes { class outcome state annotator { externalId } voteId time durationMs comment guidelineVersion } } } }
}`;
const COUNTS = `query ($id: ID!) { project(id: $id) { voteCounts { votes otherOutcomes ended items annotators } } }`;

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

type Vote = Record<string, unknown>;
async function submit(projectId: string, votes: Vote[], more: object = {}) {
  return (await service.data(SUBMIT, { input: { projectId, votes, ...more } })).submitVotes;
}
const statuses = (answer: { results: { status: string }[] }) => answer.results.map((result) => result.status);
async function history(projectId: string, item: string) {
  const { project } = await service.data(HISTORY, { id: projectId, item });
  return project.item.votes.nodes.map((vote: { class: string | null; outcome: string; state: string }) => `${vote.class ?? vote.outcome} ${vote.state}`);
}
async function standing(projectId: string) {
  return (await history(projectId, 'i')).filter((vote: string) => vote.endsWith(' STANDING')).map((vote: string) => vote.split(' ')[0]);
}
async function counts(projectId: string) {
  return (await service.data(COUNTS, { id: projectId })).project.voteCounts;
}

describe('submitVotes', () => {
  it('writes votes with all they carry, and gives them back as they came', async () => {
    const id = await service.newProject();
    const answer = await submit(id, [{
      item: 'mail 1', annotator: 'Ann', class: 'spam', voteId: 'v-1', time: '2026-02-03T04:05:06.789Z', durationMs: 1234, comment: 'sure of "it"\n', guidelineVersion: '2.1',
    }]);
    expect(answer).toEqual({ replayed: false, counts: { created: 1, superseded: 0, duplicate: 0, rejected: 0 }, results: [{ index: 0, status: 'CREATED', code: null, message: null }] });
    const { project } = await service.data(HISTORY, { id, item: 'mail 1' });
    expect(project.item.voteCount).toBe(1);
    expect(project.item.votes.nodes).toEqual([{
      class: 'spam', outcome: 'CLASS', state: 'STANDING', annotator: { externalId: 'Ann' }, voteId: 'v-1', time: '2026-02-03T04:05:06.789Z',
      durationMs: 1234, comment: 'sure of "it"\n', guidelineVersion: '2.1',
    }]);
  });

  it('answers bad rows one by one and writes the others', async () => {
    const id = await service.newProject();
    const answer = await submit(id, [
      { item: 'a', annotator: 'w', class: 'spamm' },
      { item: 'a', annotator: 'w', class: 'spam' },
      { item: '', annotator: 'w', class: 'spam' },
      { item: 'a\0b', annotator: 'w', class: 'spam' },
      { item: 'x'.repeat(1025), annotator: 'w', class: 'spam' },
      { item: 'b', annotator: 'w' },
      { item: 'b', annotator: 'w', class: 'spam', outcome: 'SKIP' },
      { item: 'b', annotator: 'w', class: 'spam', durationMs: -1 },
      { item: 'b', annotator: 'w', class: 'spam', time: '1969-01-01T00:00:00Z' },
    ]);
    expect(answer.results.map((result: { code: string | null }) => result.code)).toEqual([
      'UNKNOWN_CLASS', null, 'INVALID_ID', 'INVALID_ID', 'INVALID_ID', 'CLASS_MISSING', 'CLASS_WITH_OUTCOME', 'INVALID_DURATION', 'INVALID_TIME',
    ]);
    expect(answer.results[0].message).toBe('class "spamm" is not among "ham", "spam"');
    expect(await counts(id)).toEqual({ votes: '1', otherOutcomes: '0', ended: '0', items: 1, annotators: 1 });
  });

  it('refuses a lone surrogate, which has no bytes, and keeps every other id apart byte by byte', async () => {
    const id = await service.newProject();
    // JSON.stringify escapes the lone half, so that it arrives as it is.
    const ids = ['\u00e9', 'e\u0301', 'E', 'e', ' e', 'e ', '🦊', '\u{10ffff}', '\u0001', '﷽'.repeat(341)];
    const answer = await submit(id, [...ids, '\ud800'].map((item) => ({ item, annotator: 'w', class: 'ham' })));
    expect(statuses(answer)).toEqual([...ids.map(() => 'CREATED'), 'REJECTED']);
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { items { nodes { externalId } } } }`, { id });
    expect(project.items.nodes.map((item: { externalId: string }) => item.externalId).sort()).toEqual([...ids].sort());
  });

  it('refuses an empty call and one of 10,001 rows, and takes 10,000', async () => {
    const id = await service.newProject();
    const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ item: `item ${i}`, annotator: 'w', class: 'ham' }));
    const empty = await service.graphql(SUBMIT, { input: { projectId: id, votes: [] } });
    expect(empty.errors![0]!.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'input.votes' });
    const many = await service.graphql(SUBMIT, { input: { projectId: id, votes: rows(10_001) } });
    expect(many.errors![0]!.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'input.votes' });
    expect((await submit(id, rows(10_000))).counts.created).toBe(10_000);
  });

  it.each([
    ['a number for an id', `{ item: 7, annotator: "w", class: "ham" }`],
    ['an unknown field', `{ item: "i", annotator: "w", class: "ham", weight: 2 }`],
    ['an unknown outcome', `{ item: "i", annotator: "w", outcome: MAYBE }`],
    ['a duration beyond a whole number', `{ item: "i", annotator: "w", class: "ham", durationMs: 1e309 }`],
    ['a time without a zone', `{ item: "i", annotator: "w", class: "ham", time: "2026-01-01T00:00:00" }`],
  ])('answers 400 to %s', async (_, row) => {
    const id = await service.newProject();
    const answer = await service.graphql(`mutation { submitVotes(input: { projectId: "${id}", votes: [${row}] }) { replayed } }`);
    expect(answer.status).toBe(400);
    expect(answer.errors![0]!.extensions.code).toBe('INVALID_INPUT');
  });

  it('tells the row of a value of the wrong type in variables', async () => {
    const id = await service.newProject();
    const answer = await service.graphql(SUBMIT, { input: { projectId: id, votes: [{ item: 'i', annotator: 'w', class: 'ham' }, { item: 'i', annotator: 'w', durationMs: 'long' }] } });
    expect(answer.status).toBe(400);
    expect(answer.errors![0]!.message).toContain('input.votes[1].durationMs');
  });
});

describe('repeats', () => {
  const vote = (answer: string, more: object = {}) => ({ item: 'i', annotator: 'w', ...(answer === 'SKIP' ? { outcome: 'SKIP' } : { class: answer }), ...more });

  it('KEEP_LAST: a new answer supersedes, the same one is a duplicate, and the history keeps all', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_LAST' } });
    expect(statuses(await submit(id, [vote('ham')]))).toEqual(['CREATED']);
    expect(statuses(await submit(id, [vote('ham'), vote('spam'), vote('SKIP'), vote('ham'), vote('ham')]))).toEqual(['DUPLICATE', 'SUPERSEDED', 'SUPERSEDED', 'SUPERSEDED', 'DUPLICATE']);
    expect(await history(id, 'i')).toEqual(['ham SUPERSEDED', 'spam SUPERSEDED', 'SKIP SUPERSEDED', 'ham STANDING']);
    expect(await counts(id)).toMatchObject({ votes: '1', otherOutcomes: '0', ended: '3' });
  });

  it('KEEP_LAST: of votes that tell their time the later stands, however they arrive', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_LAST' } });
    const at = (answer: string, hour: number) => vote(answer, { time: `2024-09-04T${String(hour).padStart(2, '0')}:00:00Z` });
    // Within a call, over calls, a time moved by the same answer, equal times, and one without a time.
    expect(statuses(await submit(id, [at('ham', 10), at('spam', 8)]))).toEqual(['CREATED', 'DUPLICATE']);
    expect(await standing(id)).toEqual(['ham']);
    const late = await submit(id, [at('spam', 9)]);
    expect(late.results).toMatchObject([{ status: 'DUPLICATE', code: 'LATER_KEPT', message: expect.stringContaining('"ham", of 2024-09-04T10:00:00.000Z, stands') as string }]);
    expect(statuses(await submit(id, [at('ham', 12)]))).toEqual(['SUPERSEDED']);
    expect(statuses(await submit(id, [at('spam', 11)]))).toEqual(['DUPLICATE']);
    expect(await standing(id)).toEqual(['ham']);
    expect(statuses(await submit(id, [at('spam', 12)]))).toEqual(['SUPERSEDED']);
    expect(statuses(await submit(id, [vote('ham')]))).toEqual(['SUPERSEDED']);
    expect(await standing(id)).toEqual(['ham']);
  });

  it('KEEP_FIRST: of votes that tell their time the earlier stands, however they arrive', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_FIRST' } });
    const at = (answer: string, hour: number) => vote(answer, { time: `2024-09-04T${String(hour).padStart(2, '0')}:00:00Z` });
    expect(statuses(await submit(id, [at('ham', 10), at('spam', 8), at('ham', 9)]))).toEqual(['CREATED', 'SUPERSEDED', 'DUPLICATE']);
    expect(await standing(id)).toEqual(['spam']);
    expect(statuses(await submit(id, [at('SKIP', 7)]))).toEqual(['DUPLICATE']);
    expect(await standing(id)).toEqual(['spam']);
  });

  it('KEEP_FIRST: the first answer stands, another is kept in the history only', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_FIRST' } });
    const answer = await submit(id, [vote('ham'), vote('spam'), vote('SKIP')]);
    expect(answer.results.map((result: { status: string; code: string }) => [result.status, result.code])).toEqual([['CREATED', null], ['DUPLICATE', 'FIRST_KEPT'], ['DUPLICATE', 'FIRST_KEPT']]);
    expect(await history(id, 'i')).toEqual(['ham STANDING', 'spam REPEAT', 'SKIP REPEAT']);
  });

  it('REJECT: another answer is refused with the first one named, also where the same row comes twice', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'REJECT' } });
    const answer = await submit(id, [vote('ham'), vote('spam'), vote('spam'), vote('ham')]);
    expect(statuses(answer)).toEqual(['CREATED', 'REJECTED', 'REJECTED', 'DUPLICATE']);
    expect(answer.results[1].message).toContain('answered item "i" with "ham"');
    expect(await history(id, 'i')).toEqual(['ham STANDING']);
  });

  it.each(['KEEP_FIRST', 'REJECT'])('%s: a SKIP never stands in the way of a class', async (repeatPolicy) => {
    const id = await service.newProject({ rules: { repeatPolicy } });
    expect(statuses(await submit(id, [vote('SKIP'), vote('ham')]))).toEqual(['CREATED', 'SUPERSEDED']);
    expect(await counts(id)).toMatchObject({ votes: '1', otherOutcomes: '0', ended: '1' });
  });

  it('KEEP_ALL: every vote counts, within a call and over calls', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    expect(statuses(await submit(id, [vote('ham'), vote('ham'), vote('spam')]))).toEqual(['CREATED', 'CREATED', 'CREATED']);
    expect(statuses(await submit(id, [vote('ham'), vote('ham', { voteId: 'x' })]))).toEqual(['CREATED', 'CREATED']);
    expect(statuses(await submit(id, [vote('ham', { voteId: 'x' })]))).toEqual(['DUPLICATE']);
    expect(await counts(id)).toMatchObject({ votes: '5', ended: '0' });
  });

  it('a voteId sent again is a duplicate, and a voteId of another vote is refused', async () => {
    const id = await service.newProject();
    await submit(id, [vote('ham', { voteId: 'x' })]);
    await submit(id, [vote('spam', { voteId: 'y' })]);
    expect(statuses(await submit(id, [vote('ham', { voteId: 'x' })]))).toEqual(['DUPLICATE']);
    const answer = await submit(id, [{ item: 'j', annotator: 'w', class: 'ham', voteId: 'x' }, { item: 'k', annotator: 'w', class: 'ham', voteId: 'z' }, { item: 'l', annotator: 'w', class: 'ham', voteId: 'z' }]);
    expect(answer.results.map((result: { status: string; code: string }) => result.code ?? result.status)).toEqual(['VOTE_ID_TAKEN', 'CREATED', 'VOTE_ID_TAKEN']);
  });

  it('refuses the ninth different answer of one person to one item in one call', async () => {
    const id = await service.newProject();
    const answer = await submit(id, Array.from({ length: 9 }, (_, i) => vote(i % 2 ? 'ham' : 'spam')));
    expect(statuses(answer)).toEqual(['CREATED', ...Array<string>(7).fill('SUPERSEDED'), 'REJECTED']);
    expect(answer.results[8].code).toBe('TOO_MANY_REPEATS');
  });
});

describe('unknown items and annotators', () => {
  it('are made on the way unless the project refuses', async () => {
    const id = await service.newProject({ rules: { createUnknownItems: false, createUnknownAnnotators: false } });
    await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "known" }] }) { results { status } } }`, { id });
    await service.data(`mutation ($id: ID!) { upsertAnnotators(input: { projectId: $id, annotators: [{ externalId: "Ann", kind: MODEL }] }) { results { status } } }`, { id });
    const answer = await submit(id, [
      { item: 'known', annotator: 'Ann', class: 'ham' }, { item: 'strange', annotator: 'Ann', class: 'ham' }, { item: 'known', annotator: 'Bob', class: 'ham' },
    ]);
    expect(answer.results.map((result: { status: string; code: string }) => result.code ?? result.status)).toEqual(['CREATED', 'UNKNOWN_ITEM', 'UNKNOWN_ANNOTATOR']);
    expect(await counts(id)).toMatchObject({ items: 1, annotators: 1 });
  });
});

describe('withdrawVotes', () => {
  it('takes votes back by voteId or by item and annotator, once', async () => {
    const id = await service.newProject();
    await submit(id, [{ item: 'i', annotator: 'a', class: 'ham', voteId: 'x' }, { item: 'i', annotator: 'b', class: 'spam' }, { item: 'i', annotator: 'c', outcome: 'UNSURE' }]);
    const { withdrawVotes } = await service.data(WITHDRAW, { input: { projectId: id, votes: [
      { voteId: 'x' }, { item: 'i', annotator: 'b' }, { item: 'i', annotator: 'b' }, { voteId: 'nope' }, { item: 'i' }, { item: 'i', annotator: 'd' },
    ] } });
    expect(withdrawVotes.results.map((result: { status: string; code: string }) => result.code ?? result.status)).toEqual([
      'WITHDRAWN', 'WITHDRAWN', 'UNCHANGED', 'UNKNOWN_VOTE', 'INCOMPLETE', 'UNKNOWN_ANNOTATOR',
    ]);
    expect(await history(id, 'i')).toEqual(['ham WITHDRAWN', 'spam WITHDRAWN', 'UNSURE STANDING']);
    expect(await counts(id)).toMatchObject({ votes: '0', otherOutcomes: '1', ended: '2' });
    expect(statuses(await submit(id, [{ item: 'i', annotator: 'a', class: 'spam' }]))).toEqual(['CREATED']);
  });
});

describe('the idempotency key', () => {
  const call = (id: string, key: string, cls = 'ham') => service.graphql(
    SUBMIT, { input: { projectId: id, votes: [{ item: 'i', annotator: 'w', class: cls }] } }, { headers: { 'idempotency-key': key } },
  );

  it('replays the answer to the same call and refuses another one', async () => {
    const id = await service.newProject();
    expect((await call(id, 'k1')).data.submitVotes).toMatchObject({ replayed: false, counts: { created: 1 } });
    expect((await call(id, 'k1')).data.submitVotes).toMatchObject({ replayed: true, counts: { created: 1 } });
    expect((await call(id, 'k1', 'spam')).errors![0]!.extensions.code).toBe('CONFLICT');
    expect(await counts(id)).toMatchObject({ votes: '1' });
  });

  it('lets one of twenty simultaneous calls write', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(id, 'k2')));
    expect(answers.filter((answer) => answer.data?.submitVotes.replayed === false)).toHaveLength(1);
    expect(await counts(id)).toMatchObject({ votes: '1' });
  });

  it('is forgotten after a day', async () => {
    const id = await service.newProject({ rules: { repeatPolicy: 'KEEP_ALL' } });
    await call(id, 'k3');
    await service.source.query(`update idempotency_keys set created_at = now() - interval '25 hours' where key = 'k3'`);
    expect((await call(id, 'k3')).data.submitVotes.replayed).toBe(false);
    await service.source.query(`update idempotency_keys set created_at = now() - interval '25 hours' where key = 'k3'`);
    expect(await service.source.transaction((transaction) => service.app.get(Idempotency).forgetOld(transaction))).toBe(1);
  });

  it.each(['', ' ', 'a b', 'x'.repeat(201)])('refuses the malformed key %j', async (key) => {
    const id = await service.newProject();
    const answer = await service.graphql(SUBMIT, { input: { projectId: id, idempotencyKey: key, votes: [{ item: 'i', annotator: 'w', class: 'ham' }] } });
    expect(answer.errors![0]!.extensions).toMatchObject({ code: 'INVALID_INPUT', field: 'idempotencyKey' });
  });
});

describe('names that are all but a class', () => {
  const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created rejected } warnings replayed results(only: [REJECTED]) { message } } }`;

  it('are told once in the answer of a call that is refused votes for them, as often as it is sent', async () => {
    const projectId = await service.newProject({ classes: ['Spam', '1', 'ham'] });
    const votes = ['spam', 'ham', '1.0', 'spam', ' Spam', 'lard', '1'].map((name, i) => ({ item: `i${i}`, annotator: 'a', class: name }));
    const told = (name: string, near: string) => `votes for ${JSON.stringify(name)} are refused: it is no class of the project, and ${JSON.stringify(near)} is; write them alike if they are one`;
    for (const replayed of [false, true]) {
      const { submitVotes } = await service.data(SUBMIT, { input: { projectId, votes, idempotencyKey: 'near' } });
      expect(submitVotes).toMatchObject({ counts: { created: 2, rejected: 5 }, replayed, warnings: [told('spam', 'Spam'), told('1.0', '1'), told(' Spam', 'Spam')] });
      expect(submitVotes.results.at(-1).message).toBe('class "lard" is not among "Spam", "1", "ham"');
    }
    const many = Array.from({ length: 60 }, (_, i) => ({ item: `i${i}`, annotator: 'b', class: `ham${' '.repeat(i + 1)}` }));
    expect((await service.data(SUBMIT, { input: { projectId, votes: many } })).submitVotes.warnings).toHaveLength(20);
    expect((await service.data(SUBMIT, { input: { projectId, votes: many.map((vote) => ({ ...vote, class: 'ham' })) } })).submitVotes.warnings).toEqual([]);
  });

  it('are told of a new project', async () => {
    const create = async (classes: string[]) => (await service.data(`mutation ($input: CreateProjectInput!) { createProject(input: $input) { warnings } }`, { input: { name: 'p', classes } })).createProject.warnings;
    expect(await create(['yes', 'no'])).toEqual([]);
    expect(await create(['yes', 'Yes', 'None'])).toEqual([expect.stringContaining('"yes" and "Yes" differ by case alone'), expect.stringContaining('"None" is a class like any other')]);
  });
});
