import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

const CREATE = `mutation ($input: CreateProjectInput!) {
  createProject(input: $input) { replayed project { id name classes maxVotes repeatPolicy createUnknownItems defaultMethod defaultOptions rerunEveryVotes rerunEverySeconds archivedAt } }
}`;
const refusal = async (query: string, variables: object) => (await service.graphql(query, variables)).errors?.[0];

describe('createProject', () => {
  it('keeps the classes in order and fills in the rules that were left out', async () => {
    const { createProject } = await service.data(CREATE, { input: { name: 'Ticks', classes: ['z', 'a', 'Ü'], rules: { rerunEveryVotes: 500 } } });
    expect(createProject.project).toMatchObject({
      name: 'Ticks', classes: ['z', 'a', 'Ü'], maxVotes: 3, repeatPolicy: 'KEEP_LAST', createUnknownItems: true, rerunEveryVotes: 500, rerunEverySeconds: null, archivedAt: null,
    });
  });

  it('takes 10,000 classes', async () => {
    const classes = Array.from({ length: 10_000 }, (_, k) => `class ${k}`);
    const id = await service.newProject({ classes });
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { classes } }`, { id });
    expect(project.classes).toEqual(classes);
  });

  it.each([
    ['no classes', { classes: [] }, 'INVALID_INPUT', /at least 2/],
    ['one class', { classes: ['a'] }, 'INVALID_INPUT', /at least 2/],
    ['10,001 classes', { classes: Array.from({ length: 10_001 }, (_, k) => `${k}`) }, 'LIMIT_EXCEEDED', /10001.*10000/],
    ['a class twice', { classes: ['a', 'b', 'a'] }, 'INVALID_INPUT', /classes\[2\] "a" repeats input.classes\[0\]/],
    ['an empty class', { classes: ['a', ''] }, 'INVALID_INPUT', /classes\[1\] ""/],
    ['a class with NUL', { classes: ['a', 'b\0'] }, 'INVALID_INPUT', /NUL/],
    ['an empty name', { name: '' }, 'INVALID_INPUT', /input.name/],
    ['a name of 64 KB', { name: 'n'.repeat(65_536) }, 'INVALID_INPUT', /65536 bytes/],
    ['0 votes an item', { rules: { maxVotes: 0 } }, 'INVALID_INPUT', /maxVotes is 0/],
    ['an unknown method', { rules: { defaultMethod: 'oracle' } }, 'INVALID_INPUT', /"oracle".*majority-vote/],
    ['an unknown option', { rules: { defaultMethod: 'dawid-skene', defaultOptions: { speed: 9 } } }, 'INVALID_INPUT', /no option "speed"/],
    ['a rule with an unknown quantity', { rules: { doneRule: 'votes >= 3 and sureness > 0.9' } }, 'INVALID_INPUT', /^doneRule, character 16: there is no quantity "sureness"; there are: votes, confidence/],
    ['a rule that calls what it may not', { rules: { flagRule: 'import(votes) > 0' } }, 'INVALID_INPUT', /^flagRule, character 1: .*"import".*min, max/],
    ['a rule that assigns', { rules: { pauseRule: 'votes = 3' } }, 'INVALID_INPUT', /^pauseRule, character 7: .*compare with ==/],
    ['a priority that is true or false', { rules: { priorityRule: 'gain > 1' } }, 'INVALID_INPUT', /^priorityRule, character 1: .*is a number/],
    ['a rule without text', { rules: { doneRule: '' } }, 'INVALID_INPUT', /^doneRule, character 1: the rule is empty; null removes a rule/],
    ['a rule of 1 MB', { rules: { doneRule: '('.repeat(1_000_000) } }, 'INVALID_INPUT', /1000000 characters; at most 1000/],
    ['a re-run every 0 votes', { rules: { rerunEveryVotes: 0 } }, 'INVALID_INPUT', /rerunEveryVotes is 0/],
  ])('refuses %s', async (_, input, code, message) => {
    const error = await refusal(CREATE, { input: { name: 'p', classes: ['a', 'b'], ...input } });
    expect(error?.extensions.code).toBe(code);
    expect(error?.message).toMatch(message);
  });

  it('makes one project of two calls with one idempotency key, and refuses another call with it', async () => {
    const call = (name: string) => service.graphql(CREATE, { input: { name, classes: ['a', 'b'], idempotencyKey: 'same' } });
    const [first, second] = await Promise.all([call('once'), call('once')]);
    expect(first.data.createProject.project.id).toBe(second.data.createProject.project.id);
    expect([first, second].map((answer) => answer.data.createProject.replayed).sort()).toEqual([false, true]);
    expect((await call('twice')).errors![0]!.extensions.code).toBe('CONFLICT');
  });
});

describe('updateProject', () => {
  const UPDATE = `mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { name maxVotes repeatPolicy rerunEveryVotes } } }`;

  it('changes what is named and keeps the rest; null takes an optional rule away', async () => {
    const id = await service.newProject({ name: 'before', rules: { maxVotes: 4, rerunEveryVotes: 10 } });
    const { updateProject } = await service.data(UPDATE, { input: { id, name: 'after', rules: { rerunEveryVotes: null } } });
    expect(updateProject.project).toEqual({ name: 'after', maxVotes: 4, repeatPolicy: 'KEEP_LAST', rerunEveryVotes: null });
  });

  it('keeps rules that are expressions as they were written, and names the field of one that is wrong', async () => {
    const rules = { doneRule: 'votes >= 3 and (confidence >= 0.95 or topTwoGap > 0.6)', priorityRule: 'gain', flagRule: 'disagreement > 0.5', pauseRule: 'goldVotes >= 10 and goldAccuracyHigh < 0.7' };
    const id = await service.newProject({ rules });
    const RULES = `project { doneRule priorityRule flagRule pauseRule }`;
    const read = async () => (await service.data(`query ($id: ID!) { ${RULES.replace('project', 'project(id: $id)')} }`, { id })).project;
    expect(await read()).toEqual(rules);
    const update = `mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { ${RULES} } }`;
    expect((await refusal(update, { input: { id, rules: { flagRule: 'votes >' } } }))).toMatchObject({ message: expect.stringMatching(/^flagRule, character 8: /), extensions: { code: 'INVALID_INPUT', field: 'input.rules.flagRule' } });
    expect(await read()).toEqual(rules);
    expect((await service.data(update, { input: { id, rules: { doneRule: null, flagRule: 'votes > 5' } } })).updateProject.project).toEqual({ ...rules, doneRule: null, flagRule: 'votes > 5' });
  });

  it('keeps the repeat policy once there are votes, since they were taken under it', async () => {
    const id = await service.newProject();
    await service.data(UPDATE, { input: { id, rules: { repeatPolicy: 'REJECT' } } });
    await service.data(`mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "i", annotator: "w", class: "ham" }] }) { replayed } }`, { id });
    expect((await refusal(UPDATE, { input: { id, rules: { repeatPolicy: 'KEEP_ALL' } } }))?.extensions.code).toBe('CONFLICT');
    await service.data(UPDATE, { input: { id, rules: { repeatPolicy: 'REJECT', maxVotes: 9 } } });
  });
});

describe('ruleQuantities', () => {
  it('tells what each kind of rule gives and may read, so that a rule of each can be written', async () => {
    const { ruleQuantities } = await service.data(`{ ruleQuantities { kind field result doc functions quantities { name doc range } } }`);
    expect(ruleQuantities.map(({ kind, field, result }: { kind: string; field: string; result: string }) => [kind, field, result])).toEqual([
      ['done', 'doneRule', 'boolean'], ['priority', 'priorityRule', 'number'], ['flag', 'flagRule', 'boolean'], ['pause', 'pauseRule', 'boolean'],
    ]);
    for (const { field, result, functions, quantities } of ruleQuantities) {
      for (const { name, doc, range } of quantities) {
        expect([doc, range]).not.toContain('');
        const number = functions.map((call: string) => `${call}(${name})`).join(' + ');
        await service.newProject({ rules: { [field]: result === 'number' ? number : `${number} > 0` } });
      }
    }
  });
});

describe('archiveProject', () => {
  it('closes a project to writes and opens it again', async () => {
    const id = await service.newProject();
    const archive = (archived: boolean) => service.data(`mutation ($id: ID!, $archived: Boolean!) { archiveProject(input: { id: $id, archived: $archived }) { project { archivedAt } } }`, { id, archived });
    const vote = () => service.graphql(`mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "i", annotator: "w", class: "ham" }] }) { replayed } }`, { id });
    expect((await archive(true)).archiveProject.project.archivedAt).not.toBeNull();
    const refused = await vote();
    expect(refused.errors![0]).toMatchObject({ extensions: { code: 'CONFLICT' }, message: expect.stringContaining('restore it') });
    await archive(false);
    expect((await vote()).errors).toBeUndefined();
  });
});

describe('items and annotators', () => {
  const ADD = `mutation ($input: ItemsInput!) { addItems(input: $input) { results { index status code message } } }`;

  it('keep payloads as they came, and answer row by row', async () => {
    const projectId = await service.newProject();
    const payload = { url: 'https://example.org/1.png', tags: ['a', null, 1.5], deep: { er: true } };
    const { addItems } = await service.data(ADD, { input: { projectId, items: [
      { externalId: 'one', payload }, { externalId: 'two' }, { externalId: 'one' }, { externalId: '' }, { externalId: 'big', payload: 'x'.repeat(70_000) }, { externalId: 'nul', payload: 'a\0b' },
    ] } });
    expect(addItems.results.map((row: { code: string; status: string }) => row.code ?? row.status)).toEqual(['CREATED', 'CREATED', 'REPEATED_ROW', 'INVALID_ID', 'INVALID_PAYLOAD', 'INVALID_PAYLOAD']);
    const named = await service.data(ADD, { input: { projectId, items: [{ item: 'one' }, { item: 'by item' }, { item: 'a', externalId: 'b' }, {}] } });
    expect(named.addItems.results.map((result: { status: string }) => result.status)).toEqual(['UNCHANGED', 'CREATED', 'REJECTED', 'REJECTED']);
    const again = await service.data(ADD, { input: { projectId, items: [{ externalId: 'one', payload: 'other' }] } });
    expect(again.addItems.results[0].status).toBe('UNCHANGED');
    const read = async () => (await service.data(`query ($id: ID!) { project(id: $id) { item(externalId: "one") { payload } } }`, { id: projectId })).project.item.payload;
    expect(await read()).toEqual(payload);
    const { updateItems } = await service.data(ADD.replace('addItems', 'updateItems'), { input: { projectId, items: [{ externalId: 'one', payload: [1] }, { externalId: 'three' }] } });
    expect(updateItems.results.map((row: { code: string; status: string }) => row.code ?? row.status)).toEqual(['UPDATED', 'UNKNOWN_ITEM']);
    expect(await read()).toEqual([1]);
  });

  it('upsertAnnotators makes and changes kinds', async () => {
    const projectId = await service.newProject();
    const upsert = async (annotators: object[]) => (await service.data(`mutation ($input: AnnotatorsInput!) { upsertAnnotators(input: $input) { results { status code } } }`, { input: { projectId, annotators } }))
      .upsertAnnotators.results.map((row: { status: string; code: string }) => row.code ?? row.status);
    expect(await upsert([{ externalId: 'gpt', kind: 'MODEL' }, { externalId: 'Ann' }, { externalId: 'Ann' }])).toEqual(['CREATED', 'CREATED', 'REPEATED_ROW']);
    expect(await upsert([{ externalId: 'gpt' }, { externalId: 'Ann', kind: 'MODEL' }])).toEqual(['UNCHANGED', 'UPDATED']);
    const { project } = await service.data(`query ($id: ID!) { project(id: $id) { annotators { nodes { externalId kind votes } } } }`, { id: projectId });
    expect(project.annotators.nodes).toEqual([{ externalId: 'gpt', kind: 'MODEL', votes: 0 }, { externalId: 'Ann', kind: 'MODEL', votes: 0 }]);
  });
});

describe('node', () => {
  it('finds anything by its global id, and nothing by junk', async () => {
    const id = await service.newProject({ name: 'by id' });
    const { node } = await service.data(`query ($id: ID!) { node(id: $id) { __typename id ... on Project { name } } }`, { id });
    expect(node).toEqual({ __typename: 'Project', id, name: 'by id' });
    for (const junk of ['', 'x', Buffer.from('Nothing:1').toString('base64url'), Buffer.from('Project:99999999999999999999').toString('base64url'), 'é\0']) {
      const answer = await service.graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id: junk });
      expect(answer.errors![0]!.extensions.code, junk).toBe('NOT_FOUND');
    }
  });
});
