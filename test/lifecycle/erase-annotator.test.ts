import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportTables } from '../../src/exports/export-tables.js';
import { Mentions } from '../../src/lifecycle/erasure/mentions.js';
import { VerifyVotes } from '../../src/votes/verify.js';
import { atRest } from '../setup/at-rest.js';
import { startBeside, startService, type Service } from '../setup/service.js';
import { ended, numberOf, wholeProject, type WholeProject } from './whole-project.js';

const MARK = 'quill-9035';
const PERSON = `ann 1 ${MARK}`;
/** What only this person wrote or was given: their id, comments and ids of votes. */
const TRACES = [new RegExp(PERSON), /comment by 1 /, new RegExp(`vote \\d+ 1 ${MARK}`)];

let service: Service;
let beside: Service;
beforeAll(async () => {
  service = await startService();
  beside = await startBeside(service);
});
afterAll(async () => {
  await beside.stop();
  await service.stop();
});

const ERASE = `mutation ($input: EraseAnnotatorInput!) { eraseAnnotator(input: $input) { erasure { erasedAt finishedAt progress annotator { externalId status } changed { place rows } } } }`;
const SUBMIT = `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created rejected } } }`;

/** Every row of every table, the job queue's too. */
async function dump(): Promise<string> {
  const tables: { name: string }[] = await service.source.query(`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')`);
  const rows = await Promise.all(tables.map(({ name }) => service.source.query<{ row: string }[]>(`select '${name} ' || t::text as row from ${name} t`)));
  return rows.flat().map(({ row }) => row).join('\n');
}
const download = async (id: string, path: string, of = service) => (await of.http().get(`/projects/${id}/${path}`).set('authorization', `Bearer ${service.key}`)).text;
const downloads = async (id: string, of = service) => (await Promise.all(exportTables.flatMap(({ name, choices }) => ['csv', 'ndjson'].map((format) => download(id, `${name}.${format}${choices.includes('history') ? '?history=true' : ''}`, of))))).join('\n');
const answers = async (id: string) => JSON.stringify(await service.data(`query ($id: ID!) {
  project(id: $id) { name annotators { nodes { externalId statusReason flags { explanation } } } votes { nodes { comment voteId annotator { externalId } } } items { nodes { votes(includeEnded: true) { nodes { comment } } } }
    gold { nodes { reason } } runs { nodes { failure diagnostics { warnings } } } annotatorErasures { nodes { annotator { externalId } changed { place } } } }
  auditLog { nodes { action detail } } apiKeys { nodes { name annotator } } }`, { id }));

describe('a person who is erased', () => {
  let project: WholeProject;
  let before: { votes: number; labels: string };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  let erasure: any;

  beforeAll(async () => {
    project = await wholeProject(service, MARK);
    const projectId = numberOf(project.id);
    const call = (mutation: string, type: string, input: object, answer: string) => service.data(`mutation ($input: ${type}!) { ${mutation}(input: $input) { ${answer} } }`, { input: { projectId: project.id, ...input } });
    await call('pauseAnnotators', 'AnnotatorStatusInput', { annotators: [PERSON, `ann 2 ${MARK}`], reason: `${PERSON} was rude to ann 11` }, 'results { status }');
    await call('setGold', 'SetGoldInput', { rows: [{ item: `item 5 ${MARK}`, class: 'ham', reason: `as ${PERSON} said` }] }, 'replayed');
    // What is answered and told in rarer cases.
    await service.source.query(`update runs set warnings = warnings || $2, failure = $3 where project_id = $1`, [projectId, [`annotator ${JSON.stringify(PERSON)} is alone`], `too much of ${PERSON}`]);
    await service.source.query(`insert into annotator_flags (project_id, annotator_code, kind, value, threshold, explanation) values ($1, 0, 'DRIFT', 0, 0, $2)`, [projectId, `${PERSON} drifts`]);
    await service.source.query(`insert into idempotency_keys (project_id, workspace_id, key, request_hash, response) values ($1, 1, 'answer', '', $2), ($1, 1, $3, '', '{}')`,
      [projectId, JSON.stringify({ details: [[0, 'X', `annotator "${PERSON}" is not in the project`]] }), `vote of ${PERSON}`]);
    await service.source.query(`update pgboss.job set output = $2 where data->>'projectId' = $1`, [String(projectId), JSON.stringify({ message: `no ${PERSON}` })]);
    // The other process knows their code, and their name in downloads.
    await beside.data(SUBMIT, { input: { projectId: project.id, votes: [{ item: `item 39 ${MARK}`, annotator: PERSON, class: 'eggs' }, { item: `item 39 ${MARK}`, annotator: `ann 9 ${MARK}`, class: 'eggs' }] } });
    expect(await downloads(project.id, beside)).toContain(PERSON);
    await service.data(`mutation ($id: ID!) { startRun(input: { projectId: $id, method: "dawid-skene" }) { run { id } } }`, { id: project.id }).then(({ startRun }) => ended(service, startRun.run.id));
    await atRest(service);
    for (const trace of TRACES) expect(await dump()).toMatch(trace);
    const { project: seen } = await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes } } }`, { id: project.id });
    before = { votes: seen.voteCounts.votes, labels: await download(project.id, `soft-labels.csv?run=${project.runId}`) };
    erasure = (await service.data(ERASE, { input: { projectId: project.id, annotator: PERSON } })).eraseAnnotator.erasure;
  });

  it('is in no table, download, answer or answer to a call sent again; nor are their comments, ended votes\' too', async () => {
    for (const [place, text] of Object.entries({ dump: await dump(), downloads: await downloads(project.id), beside: await downloads(project.id, beside), answers: await answers(project.id) })) {
      for (const trace of TRACES) expect.soft(trace.exec(text)?.[0] ?? null, `${String(trace)} in ${place}`).toBeNull();
      // What others said stays, and where they were named the pseudonym is.
      expect.soft(text, place).toContain(erasure.annotator.externalId);
    }
    expect(await dump()).toContain('comment by 2 on 7');
    expect(await dump()).toContain(`${erasure.annotator.externalId} was rude to ann 11`);
  });

  it('is told by counts of what was changed where', () => {
    expect(erasure).toMatchObject({ finishedAt: expect.any(String), progress: 1, annotator: { externalId: expect.stringMatching(/^erased-[\w-]{12}$/), status: 'BLOCKED' } });
    const changed = Object.fromEntries(erasure.changed.map(({ place, rows }: { place: string; rows: number }) => [place, rows]));
    expect(changed).toMatchObject({ annotators: 1, api_keys: 1, idempotency_keys: 2, audit_log: 2, gold_answers: 1, annotator_flags: 1, runs: 1, votes: 41 });
  });

  it('leaves votes and counts as they were, and an old run gives the same bits', async () => {
    const { project: seen } = await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes } run: runs(last: 1) { nodes { watermark } } } }`, { id: project.id });
    expect(seen.voteCounts.votes).toBe(before.votes);
    expect((await service.app.get(VerifyVotes).verify(numberOf(project.id))).faults).toEqual([]);
    const { startRun } = await service.data(`mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`, { input: { projectId: project.id, method: 'dawid-skene', watermark: seen.run.nodes[0].watermark } });
    expect(await ended(service, startRun.run.id)).toBe('SUCCEEDED');
    expect(await download(project.id, `soft-labels.csv?run=${startRun.run.id}`)).toBe(before.labels);
  });

  it('is absent for whoever erases them again, in the words for one who never was; their key is refused', async () => {
    const ask = async (annotator: string) => (await service.graphql(ERASE, { input: { projectId: project.id, annotator } })).errors!.map(({ message, extensions }) => [message.replace(annotator, '#'), extensions.code]);
    expect(await ask(PERSON)).toEqual(await ask('nobody'));
    expect(await ask(PERSON)).toEqual([['there is no annotator "#" here', 'NOT_FOUND']]);
    expect((await service.graphql('{ __typename }', {}, { key: project.annotatorKey })).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    for (const junk of ['', 'x\u0000', '\ud800', 'x'.repeat(2000)]) expect((await ask(junk))[0]![1]).toBe('NOT_FOUND');
  });

  it('who votes or asks under that id afterwards is somebody new, in a process that knew the old one, too', async () => {
    const votesOf = async (externalId: string) => (await service.source.query<{ votes: number }[]>(
      `select votes from annotators join annotator_counts c on c.project_id = annotators.project_id and annotator_code = code where annotators.project_id = $1 and external_id = $2`, [numberOf(project.id), externalId]))[0]?.votes ?? null;
    const old = await votesOf(erasure.annotator.externalId);
    const { nextItems } = await beside.data(`mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } empty { reason } } }`, { input: { projectId: project.id, annotator: PERSON, count: 1 } });
    expect(nextItems.empty?.reason ?? null).not.toBe('ANNOTATOR_BLOCKED');
    for (const votes of [[20], [21, 22]]) {
      await beside.data(SUBMIT, { input: { projectId: project.id, votes: votes.map((i) => ({ item: `item ${i} ${MARK}`, annotator: PERSON, class: 'ham' })) } });
    }
    expect(await votesOf(PERSON)).toBe(3);
    expect(await votesOf(erasure.annotator.externalId)).toBe(old);
  });

  it('of two who erase the same person at once, one finds them', async () => {
    const both = await Promise.all([service, beside].map((one) => one.graphql(ERASE, { input: { projectId: project.id, annotator: `ann 2 ${MARK}` } })));
    expect(both.map(({ errors }) => errors?.[0]?.extensions.code ?? 'done').sort()).toEqual(['NOT_FOUND', 'done']);
  });

  it('a vote under way while its annotator is erased is theirs before, or somebody new\'s after', async () => {
    const votes = Array.from({ length: 30 }, (_, i) => service.data(SUBMIT, { input: { projectId: project.id, votes: [{ item: `new ${i}`, annotator: `ann 3 ${MARK}`, class: 'ham', comment: 'comment by 3 amid it' }] } }));
    await service.data(ERASE, { input: { projectId: project.id, annotator: `ann 3 ${MARK}` } });
    await Promise.all(votes);
    const rows: { external_id: string; comment: string | null }[] = await service.source.query(
      `select external_id, comment from votes join annotators on annotators.project_id = votes.project_id and code = annotator_code where votes.project_id = $1`, [numberOf(project.id)]);
    expect(rows.filter((row) => row.comment === 'comment by 3 amid it' && row.external_id.startsWith('erased-'))).toEqual([]);
  });
});

describe('what is written about an id', () => {
  it.each([
    ['ann', 'ann said that Hannah and joann and ann_2 know "ann"', 'NEW said that Hannah and joann and ann_2 know "NEW"'],
    ['a', 'a vote of "a"', 'a vote of "NEW"'],
    ['a.b+c', 'axb+c is not a.b+c.', 'axb+c is not NEW.'],
    ['say "hi"', 'annotator "say \\"hi\\"" is not here', 'annotator "NEW" is not here'],
    ['é', 'é', 'NEW'],
    ['a-b/c@d.e', 'to a-b/c@d.e, not a-b/c@dxe', 'to NEW, not a-b/c@dxe'],
    ['x'.repeat(80), `annotator "${'x'.repeat(56)}... is not here`, 'annotator "NEW" is not here'],
  ])('is found of %j', (id, text, named) => {
    const mentions = new Mentions(id, 'NEW');
    expect(mentions.in(text)).toBe(named);
    expect(JSON.stringify(text)).toContain(mentions.needle.slice(0, 3));
    expect(mentions.inJson({ list: [text, 1, null], [id]: true })).toEqual({ list: [named, 1, null], NEW: true });
  });
});
