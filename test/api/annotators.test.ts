import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnnotatorsService } from '../../src/annotators/annotators.service.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

type Row = { status: string; code: string | null; message: string | null };
const STATUS = 'status statusReason statusAt';
const shown = (rows: Row[]) => rows.map((row) => row.code ?? row.status);

async function upsert(projectId: string, annotators: object[]): Promise<Row[]> {
  const { upsertAnnotators } = await service.data(
    `mutation ($input: AnnotatorsInput!) { upsertAnnotators(input: $input) { results { status code message } } }`, { input: { projectId, annotators } },
  );
  return upsertAnnotators.results;
}

async function setStatus(mutation: string, input: object): Promise<Row[]> {
  const data = await service.data(`mutation ($input: AnnotatorStatusInput!) { ${mutation}(input: $input) { results { status code message } } }`, { input });
  return data[mutation].results;
}

async function read(projectId: string, externalId: string, fields: string) {
  const { project } = await service.data(
    `query ($id: ID!, $externalId: String!) { project(id: $id) { annotator(externalId: $externalId) { ${fields} } } }`, { id: projectId, externalId },
  );
  return project.annotator;
}

describe('upsertAnnotators', () => {
  it('keeps what a row leaves out, and lets null take away a capacity only', async () => {
    const projectId = await service.newProject();
    expect(shown(await upsert(projectId, [{ externalId: 'new' }, { externalId: 'set', kind: 'MODEL', cost: 0.25, capacity: 3 }]))).toEqual(['CREATED', 'CREATED']);
    expect(await read(projectId, 'new', 'kind cost capacity')).toEqual({ kind: 'HUMAN', cost: 1, capacity: null });
    const kept = { kind: 'MODEL', cost: 0.25, capacity: 3 };
    expect(shown(await upsert(projectId, [{ externalId: 'set' }]))).toEqual(['UNCHANGED']);
    expect(shown(await upsert(projectId, [{ externalId: 'set', cost: null, kind: null }]))).toEqual(['UNCHANGED']);
    expect(await read(projectId, 'set', 'kind cost capacity')).toEqual(kept);
    expect(shown(await upsert(projectId, [{ externalId: 'set', capacity: null }]))).toEqual(['UPDATED']);
    expect(await read(projectId, 'set', 'kind cost capacity')).toEqual({ ...kept, capacity: null });
    expect(shown(await upsert(projectId, [{ externalId: 'set', cost: 2, capacity: 0 }]))).toEqual(['UPDATED']);
    expect(await read(projectId, 'set', 'kind cost capacity')).toEqual({ kind: 'MODEL', cost: 2, capacity: 0 });
  });

  it('refuses a cost that is not above 0 and a capacity below 0, by row', async () => {
    const projectId = await service.newProject();
    const rows = await upsert(projectId, [{ externalId: 'a', cost: 0 }, { externalId: 'b', cost: -1 }, { externalId: 'c', capacity: -1 }, { externalId: 'd', cost: 1e-9, capacity: 0 }]);
    expect(shown(rows)).toEqual(['INVALID_COST', 'INVALID_COST', 'INVALID_CAPACITY', 'CREATED']);
    expect(rows.slice(0, 3).map((row) => row.message)).toEqual([
      'cost 0 is not a finite number above 0', 'cost -1 is not a finite number above 0', 'capacity -1 is below 0; give 0 for none, or null for any number',
    ]);
    expect(await read(projectId, 'a', 'id')).toBeNull();
    const infinite = await service.data(`mutation ($id: ID!) { upsertAnnotators(input: { projectId: $id, annotators: [{ externalId: "a", cost: 1e999 }] }) { results { code } } }`, { id: projectId });
    expect(infinite.upsertAnnotators.results).toEqual([{ code: 'INVALID_COST' }]);
  });

  it('gives terms by code', async () => {
    const projectId = await service.newProject();
    await upsert(projectId, [{ externalId: 'first' }, { externalId: 'second', cost: 7, capacity: 5 }]);
    await setStatus('pauseAnnotators', { projectId, annotators: ['second'], reason: 'on leave' });
    const number = Number(Buffer.from(projectId, 'base64url').toString().split(':')[1]);
    const annotators = service.app.get(AnnotatorsService);
    expect(await annotators.terms(number, 0)).toEqual({ status: 'ACTIVE', statusReason: null, cost: 1, capacity: null });
    expect(await annotators.terms(number, 1)).toEqual({ status: 'PAUSED', statusReason: 'on leave', cost: 7, capacity: 5 });
  });
});

describe('pauseAnnotators, blockAnnotators and activateAnnotators', () => {
  it('change the status, say since when and why, and leave an entry in the audit log for what changed', async () => {
    const projectId = await service.newProject();
    await upsert(projectId, [{ externalId: 'Ann' }, { externalId: 'Bob' }]);
    expect(shown(await setStatus('pauseAnnotators', { projectId, annotators: ['Ann', 'Bob', 'Ann', ''], reason: 'too fast' }))).toEqual(['UPDATED', 'UPDATED', 'REPEATED_ROW', 'INVALID_ID']);
    const paused = await read(projectId, 'Ann', STATUS);
    expect(paused).toMatchObject({ status: 'PAUSED', statusReason: 'too fast' });
    expect(Math.abs(Date.now() - Date.parse(paused.statusAt))).toBeLessThan(600_000);
    expect(shown(await setStatus('pauseAnnotators', { projectId, annotators: ['Ann'], reason: 'too fast' }))).toEqual(['UNCHANGED']);
    expect(shown(await setStatus('pauseAnnotators', { projectId, annotators: ['Ann'], reason: 'on leave' }))).toEqual(['UPDATED']);
    expect(await read(projectId, 'Ann', STATUS)).toEqual({ ...paused, statusReason: 'on leave' });
    expect(shown(await setStatus('blockAnnotators', { projectId, annotators: ['Bob'] }))).toEqual(['UPDATED']);
    expect(shown(await setStatus('activateAnnotators', { projectId, annotators: ['Ann'], reason: 'back again' }))).toEqual(['UPDATED']);
    expect(await read(projectId, 'Ann', STATUS)).toMatchObject({ status: 'ACTIVE', statusReason: null });
    const { auditLog } = await service.data(`{ auditLog(first: 4) { nodes { action projectId detail } } }`);
    expect(auditLog.nodes).toEqual([
      { action: 'activateAnnotators', projectId, detail: { annotators: ['Ann'], reason: 'back again' } },
      { action: 'blockAnnotators', projectId, detail: { annotators: ['Bob'], reason: null } },
      { action: 'pauseAnnotators', projectId, detail: { annotators: ['Ann'], reason: 'on leave' } },
      { action: 'pauseAnnotators', projectId, detail: { annotators: expect.arrayContaining(['Ann', 'Bob']), reason: 'too fast' } },
    ]);
  });

  it("make unknown annotators or refuse them, by the project's rule", async () => {
    const making = await service.newProject();
    expect(shown(await setStatus('blockAnnotators', { projectId: making, annotators: ['ghost'] }))).toEqual(['CREATED']);
    expect(await read(making, 'ghost', 'status')).toEqual({ status: 'BLOCKED' });
    const refusing = await service.newProject({ rules: { createUnknownAnnotators: false } });
    const rows = await setStatus('blockAnnotators', { projectId: refusing, annotators: ['ghost'] });
    expect(shown(rows)).toEqual(['UNKNOWN_ANNOTATOR']);
    expect(rows[0]!.message).toMatch(/"ghost" is not in the project.*add them first/);
    expect(await read(refusing, 'ghost', 'status')).toBeNull();
  });

  it('ask for project:admin, an open project, 1 to 10,000 annotators and a reason that can be stored', async () => {
    const projectId = await service.newProject();
    const call = (input: object, key?: string) => service.graphql(`mutation ($input: AnnotatorStatusInput!) { pauseAnnotators(input: $input) { results { status } } }`, { input: { projectId, ...input } }, { key: key ?? service.key });
    const code = async (answer: ReturnType<typeof call>) => (await answer).errors?.[0]?.extensions.code;
    expect(await code(call({ annotators: ['a'] }, await service.newKey({ scopes: ['votes:write', 'results:read'] })))).toBe('FORBIDDEN');
    expect(await code(call({ annotators: [] }))).toBe('INVALID_INPUT');
    expect(await code(call({ annotators: Array.from({ length: 10_001 }, (_, i) => `a${i}`) }))).toBe('LIMIT_EXCEEDED');
    expect(await code(call({ annotators: ['a'], reason: 'r'.repeat(1025) }))).toBe('INVALID_INPUT');
    expect(await code(call({ annotators: ['a'], reason: 'nul\0' }))).toBe('INVALID_INPUT');
    expect(await code(call({ annotators: Array.from({ length: 10_000 }, (_, i) => `a${i}`) }))).toBeUndefined();
    await service.data(`mutation ($id: ID!) { archiveProject(input: { id: $id }) { project { id } } }`, { id: projectId });
    expect(await code(call({ annotators: ['a'] }))).toBe('CONFLICT');
  });

  it('leave votes as they are: those of a blocked annotator are taken and count', async () => {
    const projectId = await service.newProject();
    await setStatus('blockAnnotators', { projectId, annotators: ['Ann'] });
    const { submitVotes } = await service.data(
      `mutation ($id: ID!) { submitVotes(input: { projectId: $id, votes: [{ item: "i", annotator: "Ann", class: "ham" }] }) { results { status } } }`, { id: projectId },
    );
    expect(submitVotes.results).toEqual([{ status: 'CREATED' }]);
    expect(await read(projectId, 'Ann', 'status votes')).toEqual({ status: 'BLOCKED', votes: 1 });
  });
});

describe('Project.annotators', () => {
  it('can be narrowed to a status, page by page', async () => {
    const projectId = await service.newProject();
    await upsert(projectId, ['a', 'b', 'c', 'd', 'e'].map((externalId) => ({ externalId })));
    await setStatus('pauseAnnotators', { projectId, annotators: ['a', 'c', 'e'] });
    const page = async (status: string | null, after?: string) => (await service.data(
      `query ($id: ID!, $status: AnnotatorStatus, $after: String) { project(id: $id) { annotators(first: 2, after: $after, status: $status) { nodes { externalId } pageInfo { hasNextPage endCursor } } } }`,
      { id: projectId, status, after },
    )).project.annotators;
    const names = (connection: { nodes: { externalId: string }[] }) => connection.nodes.map((node) => node.externalId);
    const first = await page('PAUSED');
    expect([names(first), first.pageInfo.hasNextPage]).toEqual([['a', 'c'], true]);
    const second = await page('PAUSED', first.pageInfo.endCursor);
    expect([names(second), second.pageInfo.hasNextPage]).toEqual([['e'], false]);
    expect(names(await page('ACTIVE'))).toEqual(['b', 'd']);
    expect(names(await page('BLOCKED'))).toEqual([]);
    expect(names(await page(null))).toEqual(['a', 'b']);
  });
});
