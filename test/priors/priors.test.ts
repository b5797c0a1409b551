import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, methods, priorCounts, VoteTable } from '../../src/aggregation/index.js';
import { codes, newCrowd, numbersOf, runToEnd, storedLabels, submit } from '../runs/crowd.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

type Written = { results: { index: number; status: string; code: string | null; message: string | null }[]; replayed: boolean };

async function change(mutation: 'setAnnotatorPriors' | 'copyAnnotatorPriors' | 'removeAnnotatorPriors', input: object, key = service.key): Promise<Written> {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  return (await service.data(`mutation ($input: ${type}!) { ${mutation}(input: $input) { results { index status code message } replayed } }`, { input }, { key }))[mutation];
}
const refusal = async (mutation: string, input: object, key = service.key) => {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  const { errors } = await service.graphql(`mutation ($input: ${type}!) { ${mutation}(input: $input) { replayed } }`, { input }, { key });
  return [errors![0]!.extensions.code, errors![0]!.message].join(': ');
};
const set = (projectId: string, ...rows: object[]) => change('setAnnotatorPriors', { projectId, rows });
const statuses = ({ results }: Written) => results.map(({ status }) => status);

const PRIOR = 'accuracy votes counts { truth vote count } run reason annotator { externalId }';
async function known(projectId: string) {
  const { project } = await service.data(`query ($id: ID!) { project(id: $id) { annotatorPriors(first: 100) { nodes { ${PRIOR} } } } }`, { id: projectId });
  return project.annotatorPriors.nodes as { accuracy: number; votes: number; counts: { truth: string; vote: string; count: number }[] | null; run: string | null; reason: string | null; annotator: { externalId: string } }[];
}
const runFacts = async (id: string) => (await service.data('query ($id: ID!) { run(id: $id) { priorCount watermark diagnostics { warnings } } }', { id })).run;

/** The votes of a project as the library has them. */
async function tableOf(projectId: string, votes: { item: string; annotator: string; class: string }[], classes: string[]): Promise<{ table: VoteTable; annotators: string[] }> {
  const { items, annotators } = await codes(service, projectId);
  return {
    annotators,
    table: new VoteTable({
      items: votes.map(({ item }) => items.indexOf(item)), annotators: votes.map(({ annotator }) => annotators.indexOf(annotator)), classes: votes.map((vote) => classes.indexOf(vote.class)),
      itemCount: items.length, annotatorCount: annotators.length, classCount: classes.length,
    }),
  };
}

describe('what is known of annotators beforehand', () => {
  it('is told, told anew, shown and ended, with a result for each row', async () => {
    const projectId = await service.newProject();
    const counts = [{ truth: 'ham', vote: 'ham', count: 6 }, { truth: 'ham', vote: 'spam', count: 2 }, { truth: 'spam', vote: 'spam', count: 8 }];
    expect(statuses(await set(projectId, { annotator: 'ann', accuracy: 0.9 }, { annotator: 'ben', counts, votes: 32, reason: 'a test of January' }))).toEqual(['CREATED', 'CREATED']);
    const shown = await known(projectId);
    expect(shown).toEqual([
      { accuracy: 0.9, votes: 20, counts: null, run: null, reason: null, annotator: { externalId: 'ann' } },
      { accuracy: 14 / 16, votes: 32, counts: counts.map((one) => ({ ...one, count: 2 * one.count })), run: null, reason: 'a test of January', annotator: { externalId: 'ben' } },
    ]);
    expect(statuses(await set(projectId, { annotator: 'ann', accuracy: 0.8 }, { annotator: 'ben', counts, votes: 32, reason: 'a test of January' }))).toEqual(['UPDATED', 'UNCHANGED']);
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { annotator(externalId: "ann") { prior { accuracy } } } }`, { id: projectId });
    expect(project.annotator.prior).toEqual({ accuracy: 0.8 });
    const removed = await change('removeAnnotatorPriors', { projectId, annotators: ['ann', 'nobody', 'ann', 'ben'] });
    expect(removed.results.map(({ status, code }) => code ?? status)).toEqual(['UPDATED', 'UNKNOWN_ANNOTATOR', 'REPEATED_ROW', 'UPDATED']);
    expect(await known(projectId)).toEqual([]);
    expect(statuses(await change('removeAnnotatorPriors', { projectId, annotators: ['ann'] }))).toEqual(['UNCHANGED']);
  });

  it('is refused row by row where it is none, and says how it would be', async () => {
    const projectId = await service.newProject();
    const cell = { truth: 'ham', vote: 'spam', count: 1 };
    const rows: [object, string, RegExp][] = [
      [{ accuracy: 95 }, 'INVALID_ACCURACY', /accuracy 95 is not from 0 to 1; a percentage is given as its hundredth/],
      [{ accuracy: -0.1 }, 'INVALID_ACCURACY', /-0.1/],
      [{}, 'INVALID_PRIOR', /one of them/],
      [{ accuracy: 0.5, counts: [cell] }, 'INVALID_PRIOR', /not both/],
      [{ accuracy: 0.5, votes: 0 }, 'INVALID_VOTES', /votes 0/],
      [{ accuracy: 0.5, votes: 2e6 }, 'INVALID_VOTES', /2000000/],
      [{ counts: [{ ...cell, truth: 'Ham' }] }, 'UNKNOWN_CLASS', /"Ham" is not among "ham", "spam"; is "ham" meant/],
      [{ counts: [{ ...cell, count: -1 }] }, 'INVALID_COUNTS', /the count -1/],
      [{ counts: [cell, cell] }, 'INVALID_COUNTS', /counted twice/],
      [{ counts: [{ ...cell, count: 0 }] }, 'INVALID_COUNTS', /all 0/],
      [{ counts: [] }, 'INVALID_COUNTS', /all 0/],
      [{ accuracy: 0.5, reason: 'x'.repeat(10_001) }, 'INVALID_REASON', /10000/],
    ];
    const { results } = await set(projectId, ...rows.map(([row], i) => ({ annotator: `a${i}`, ...row })), { annotator: '', accuracy: 1 }, { annotator: 'fine', accuracy: 1 }, { annotator: 'fine', accuracy: 0 });
    rows.forEach(([, code, message], i) => expect(results[i], `row ${i}`).toMatchObject({ status: 'REJECTED', code, message: expect.stringMatching(message) }));
    expect(results.slice(rows.length).map(({ code, status }) => code ?? status)).toEqual(['INVALID_ID', 'CREATED', 'REPEATED_ROW']);
    expect((await known(projectId)).map(({ annotator }) => annotator.externalId)).toEqual(['fine']);
    expect(await refusal('setAnnotatorPriors', { projectId, rows: [] })).toMatch(/INVALID_INPUT: input.rows is empty/);
  });

  it('is written once for an idempotency key, whoever sends it at once', async () => {
    const projectId = await service.newProject();
    const input = { projectId, idempotencyKey: 'once', rows: [{ annotator: 'ann', accuracy: 0.7 }] };
    const answers = await Promise.all(Array.from({ length: 8 }, () => change('setAnnotatorPriors', input)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const answer of answers) expect(statuses(answer)).toEqual(['CREATED']);
    // Without a key: one after the other, and one prior stands.
    const many = await Promise.all(Array.from({ length: 8 }, (_, i) => set(projectId, { annotator: 'ann', accuracy: i / 10 })));
    expect(many.flatMap(statuses).filter((status) => status === 'REJECTED')).toEqual([]);
    expect(await known(projectId)).toHaveLength(1);
  });

  it('leaves a line in the audit log', async () => {
    const projectId = await service.newProject();
    await set(projectId, { annotator: 'ann', accuracy: 0.9 }, { annotator: 'ben', accuracy: 7 });
    const { auditLog } = await service.data('{ auditLog(first: 1) { nodes { action detail } } }');
    expect(auditLog.nodes[0]).toEqual({ action: 'setAnnotatorPriors', detail: { rows: 2, created: 1, rejected: 1 } });
  });

  it('is for those who administer the project: a key that votes and reads may not tell it', async () => {
    const projectId = await service.newProject();
    const key = await service.newKey({ scopes: ['votes:write', 'results:read', 'assignment'] });
    expect(await refusal('setAnnotatorPriors', { projectId, rows: [{ annotator: 'ann', accuracy: 1 }] }, key)).toMatch(/^FORBIDDEN/);
  });
});

describe('a run', () => {
  it.each(methods.filter(({ reads }) => reads.includes('prior-counts')).map(({ id }) => id))('of %s is that of the library with the priors of its moment, to the bit, and is so again later', async (method) => {
    const { projectId, classes, votes } = await newCrowd(service, { items: 60, annotators: 8, classes: 3, votesPerItem: 3, skill: 0.6 });
    const plain = await runToEnd(service, projectId, { method });
    expect((await runFacts(plain.id)).priorCount).toBe(0);
    await set(projectId, { annotator: 'a0', accuracy: 0.95, votes: 200 }, { annotator: 'a1', counts: [{ truth: 'class 0', vote: 'class 1', count: 30 }, { truth: 'class 1', vote: 'class 1', count: 10 }] }, { annotator: 'never votes', accuracy: 0.5 });
    const told = await runToEnd(service, projectId, { method });
    expect(await runFacts(told.id)).toMatchObject({ priorCount: 3, diagnostics: { warnings: [] } });
    const { table, annotators } = await tableOf(projectId, votes, classes);
    const at = (name: string) => annotators.indexOf(name);
    const prior = [{ annotator: at('a0'), accuracy: 0.95, votes: 200 }, { annotator: at('a1'), truths: [0, 1], labels: [1, 1], counts: [30, 10], votes: 40 }, { annotator: at('never votes'), accuracy: 0.5, votes: 20 }];
    const expected = aggregate(table, method, { priorCounts: priorCounts(annotators.length, 3, prior.sort((a, b) => a.annotator - b.annotator)) });
    const stored = await storedLabels(service, told.id, 3);
    expect(stored.map(({ item }) => item)).toHaveLength(60);
    for (const { item, probabilities } of stored) expect(probabilities).toEqual(Array.from(expected.posteriors.subarray(item * 3, item * 3 + 3)));
    // What was known then is read again, whatever is known now.
    await change('removeAnnotatorPriors', { projectId, annotators: ['a0', 'a1', 'never votes'] });
    const { watermark } = await runFacts(told.id);
    expect(await storedLabels(service, (await runToEnd(service, projectId, { method, watermark })).id, 3)).toEqual(stored);
    expect(await storedLabels(service, (await runToEnd(service, projectId, { method })).id, 3)).toEqual(await storedLabels(service, plain.id, 3));
  });

  it('whose method reads none says of how many it set aside what is known, and which would read it', async () => {
    const { projectId } = await newCrowd(service, { items: 10, annotators: 3, classes: 2, votesPerItem: 3, skill: 0.8 });
    await set(projectId, { annotator: 'a0', accuracy: 0.9 });
    const { priorCount, diagnostics } = await runFacts((await runToEnd(service, projectId, { method: 'majority-vote' })).id);
    expect(priorCount).toBeNull();
    expect(diagnostics.warnings.join()).toMatch(/majority-vote reads no prior counts: what is known of 1 annotator beforehand did not count; these read it: .*dawid-skene.*weighted-majority-vote/);
  });
});

describe('an annotator who is known from another project', () => {
  /** ann is right, ben and cem answer alike and are wrong half the time. */
  async function judged(classes = ['ham', 'spam']): Promise<string> {
    const projectId = await service.newProject({ name: 'judged', classes });
    const votes = Array.from({ length: 80 }, (_, i) => ['ann', 'dan', 'eve', 'ben', 'cem'].map((annotator) => ({
      item: `i${i}`, annotator, class: classes[(i + (['ben', 'cem'].includes(annotator) && i % 4 < 2 ? 1 : 0)) % 2]!,
    }))).flat();
    await submit(service, projectId, votes);
    await runToEnd(service, projectId, { method: 'dawid-skene' });
    return projectId;
  }

  it('counts more from the first vote, by all methods that read it, and the run says so', async () => {
    const from = await judged();
    const projectId = await service.newProject({ name: 'new', classes: ['spam', 'ham'] });
    // The classes are in another order here, and nobody has voted yet.
    const { results } = await change('copyAnnotatorPriors', { projectId, fromProjectId: from, mostVotes: 60 });
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'CREATED'));
    await submit(service, projectId, [{ item: 'first', annotator: 'ann', class: 'ham' }, { item: 'first', annotator: 'ben', class: 'spam' }, { item: 'first', annotator: 'cem', class: 'spam' }]);
    const label = async (method: string) => {
      const { id } = await runToEnd(service, projectId, { method });
      expect((await runFacts(id)).priorCount).toBe(method === 'majority-vote' ? null : 5);
      const [stored] = await storedLabels(service, id, 2);
      return stored!.probabilities.indexOf(Math.max(...stored!.probabilities));
    };
    expect(await label('majority-vote')).toBe(0);
    for (const method of ['dawid-skene', 'hierarchical-dawid-skene', 'weighted-majority-vote']) expect(await label(method), method).toBe(1);
    const priors = new Map((await known(projectId)).map((prior) => [prior.annotator.externalId, prior]));
    expect(priors.get('ann')!.accuracy).toBeGreaterThan(0.99);
    expect(priors.get('ben')!.accuracy).toBeCloseTo(0.5, 1);
    expect(priors.get('ann')).toMatchObject({ votes: 60, run: (await service.data('query ($id: ID!) { project(id: $id) { currentRun { id } } }', { id: from })).project.currentRun.id });
    const total = priors.get('ben')!.counts!.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBeCloseTo(60, 9);
    expect(priors.get('ben')!.counts!.find(({ truth, vote }) => truth === 'ham' && vote === 'spam')!.count).toBeCloseTo(15, 0);
    // The very same once more changes nothing.
    expect((await change('copyAnnotatorPriors', { projectId, fromProjectId: from, mostVotes: 60 })).results.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'UNCHANGED'));
  });

  it('is taken over by name, by an accuracy where the classes are others, and of nobody more is made than was asked', async () => {
    const from = await judged();
    const projectId = await service.newProject({ classes: ['cat', 'dog', 'fox'] });
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: from })).toMatch(/INVALID_INPUT: the projects do not have the same classes: "ham", "spam", "cat", "dog", "fox" are in one alone; take over accuracies/);
    const { results } = await change('copyAnnotatorPriors', { projectId, fromProjectId: from, annotators: ['ben', 'stranger', 'ann'], kind: 'ACCURACY' });
    expect(results.map(({ code, status }) => code ?? status)).toEqual(['CREATED', 'NOTHING_KNOWN', 'CREATED']);
    const shown = await known(projectId);
    expect(shown.map(({ annotator, votes, counts }) => [annotator.externalId, votes, counts])).toEqual(expect.arrayContaining([['ann', 80, null], ['ben', 80, null]]));
    expect(shown).toHaveLength(2);
    expect((await codes(service, projectId)).annotators.sort()).toEqual(['ann', 'ben']);
  });

  it('is not taken over from what the caller may not see, from nothing, or from the project itself', async () => {
    const from = await judged();
    const projectId = await service.newProject();
    const empty = await service.newProject({ name: 'empty' });
    const stranger = await service.newKey({ workspaceId: await service.newWorkspace() });
    const foreign = await service.newProject({}, stranger);
    const restricted = await service.newKey({ projectId: numbersOf(projectId)[0] });
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: foreign })).toMatch(/^NOT_FOUND/);
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: from }, restricted)).toMatch(/^NOT_FOUND/);
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: projectId })).toMatch(/^INVALID_INPUT: .*the project itself/);
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: empty })).toMatch(/^CONFLICT: .*"empty" has no current run/);
    const run = (await runToEnd(service, from, { method: 'majority-vote' })).id;
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: empty, run })).toMatch(/^NOT_FOUND/);
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: from, run: 'x' })).toMatch(/^NOT_FOUND/);
    expect(await refusal('copyAnnotatorPriors', { projectId, fromProjectId: from, mostVotes: 0 })).toMatch(/input.mostVotes is 0/);
    expect(await known(projectId)).toEqual([]);
  });
});
