import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGlobalId } from '../../src/platform/graphql/global-id.js';
import { VerifyVotes } from '../../src/votes/verify.js';
import { startService, type Service } from '../setup/service.js';
import { gold, removeGold, setGold, statuses, vote } from './gold-calls.js';

let service: Service;
let project: string;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function fresh(rules: object = {}): Promise<number> {
  project = await service.newProject({ classes: ['ham', 'spam', 'eggs'], rules });
  return readGlobalId('Project', project)[0]!;
}

describe('a gold answer', () => {
  it('is made, stays, and is replaced, row by row', async () => {
    await fresh();
    expect(statuses(await setGold(service, project, [{ item: 'a', class: 'ham' }, { item: 'b', class: 'spam', reason: 'it says so' }]))).toEqual(['CREATED', 'CREATED']);
    expect(statuses(await setGold(service, project, [{ item: 'b', class: 'spam', reason: 'it says so' }, { item: 'a', class: 'eggs' }, { item: 'c', class: 'ham' }]))).toEqual(['UNCHANGED', 'UPDATED', 'CREATED']);
    expect(statuses(await setGold(service, project, [{ item: 'b', class: 'spam' }]))).toEqual(['UPDATED']);
    expect(await gold(service, project)).toEqual({ a: 'eggs', b: 'spam', c: 'ham' });
  });

  it('is shown with its item, its reason and its moment', async () => {
    await fresh();
    const from = Date.now();
    await setGold(service, project, [{ item: 'ü😀', class: 'spam', reason: 'line one\nline two' }]);
    const { project: seen } = await service.data(
      `query ($id: ID!) { project(id: $id) { goldCount item(externalId: "ü😀") { gold { class reason at item { externalId } } } none: item(externalId: "x") { gold { class } } } }`, { id: project },
    );
    expect(seen).toMatchObject({ goldCount: 1, item: { gold: { class: 'spam', reason: 'line one\nline two', item: { externalId: 'ü😀' } } }, none: null });
    expect(Math.abs(Date.parse(seen.item.gold.at) - from)).toBeLessThan(600_000);
  });

  it('ends when it is removed, and can be given again', async () => {
    await fresh();
    await setGold(service, project, [{ item: 'a', class: 'ham' }, { item: 'b', class: 'ham' }]);
    const answer = await removeGold(service, project, ['b', 'nobody', 'b', 'b\0', '']);
    expect(answer.results.map(({ status, code }: { status: string; code: string | null }) => code ?? status)).toEqual(['UPDATED', 'UNKNOWN_ITEM', 'REPEATED_ROW', 'INVALID_ID', 'INVALID_ID']);
    expect(statuses(await removeGold(service, project, ['b']))).toEqual(['UNCHANGED']);
    expect(await gold(service, project)).toEqual({ a: 'ham' });
    expect(statuses(await setGold(service, project, [{ item: 'b', class: 'ham' }]))).toEqual(['CREATED']);
  });

  it('keeps its history: who gave it, and two tickets for each that ended', async () => {
    const number = await fresh();
    await setGold(service, project, [{ item: 'a', class: 'ham' }]);
    await setGold(service, project, [{ item: 'a', class: 'spam' }]);
    await removeGold(service, project, ['a']);
    const rows: { seq: number; ended_seq: number; api_key_id: number | null; class_index: number }[] = await service.source.query(
      `select seq, ended_seq, api_key_id, class_index from gold_answers where project_id = $1 order by seq`, [number],
    );
    expect(rows.map((row) => row.class_index)).toEqual([0, 1]);
    expect(rows[0]!.ended_seq).toBe(rows[1]!.seq);
    expect(rows[1]!.ended_seq).toBeGreaterThan(rows[1]!.seq);
    expect(rows.every((row) => row.api_key_id != null)).toBe(true);
  });

  it('touches its item with every change, and only then', async () => {
    const number = await fresh();
    // The service takes what it finds in touched_items; so each insert is noted elsewhere, too.
    await service.source.query(`create table touches (project_id integer, items integer[])`);
    await service.source.query(`create function note_touch() returns trigger language plpgsql as $$ begin insert into touches values (new.project_id, new.items); return null; end $$`);
    await service.source.query(`create trigger note_touch after insert on touched_items for each row execute function note_touch()`);
    const touched = async () => (await service.source.query<{ count: number }[]>(
      `with gone as (delete from touches where project_id = $1 returning items) select count(*)::int as count from gone, unnest(items)`, [number]))[0]!.count;
    await setGold(service, project, [{ item: 'a', class: 'ham' }, { item: 'b', class: 'ham' }]);
    // Twice each: as new items, and with their answers.
    expect(await touched()).toBe(4);
    await setGold(service, project, [{ item: 'a', class: 'ham' }, { item: 'b', class: 'spam' }]);
    expect(await touched()).toBe(1);
    await removeGold(service, project, ['a', 'b']);
    expect(await touched()).toBe(2);
    await removeGold(service, project, ['a', 'b']);
    expect(await touched()).toBe(0);
  });

  it('leaves votes and their counts as they are', async () => {
    const number = await fresh();
    await vote(service, project, [['a', 'ann', 'ham'], ['b', 'ann', 'spam'], ['a', 'bob', 'spam']]);
    await setGold(service, project, [{ item: 'a', class: 'ham' }, { item: 'new', class: 'spam' }]);
    await setGold(service, project, [{ item: 'a', class: 'spam' }]);
    await removeGold(service, project, ['new']);
    const { project: seen } = await service.data(`query ($id: ID!) { project(id: $id) { voteCounts { votes ended items } item(externalId: "a") { voteCount } } }`, { id: project });
    expect(seen).toEqual({ voteCounts: { votes: '3', ended: '0', items: 3 }, item: { voteCount: 2 } });
    expect(await service.app.get(VerifyVotes).verify(number)).toEqual({ votes: 3, faults: [] });
  });
});

describe('rows of gold', () => {
  it('are refused one by one, with the value and the limit', async () => {
    await fresh();
    const long = 'x'.repeat(10_001);
    const { results } = await setGold(service, project, [
      { item: 'a', class: 'lard' }, { item: '', class: 'ham' }, { item: 'b\0', class: 'ham' }, { item: '\ud800', class: 'ham' }, { item: 'y'.repeat(1025), class: 'ham' },
      { item: 'c', class: 'ham', reason: long }, { item: 'd', class: 'ham', reason: 'NUL \0' }, { item: 'e', class: '' }, { item: 'f', class: 'ham' }, { item: 'f', class: 'spam' },
    ]);
    expect(results.map(({ status, code }: { status: string; code: string | null }) => code ?? status)).toEqual([
      'UNKNOWN_CLASS', 'INVALID_ID', 'INVALID_ID', 'INVALID_ID', 'INVALID_ID', 'INVALID_REASON', 'INVALID_REASON', 'UNKNOWN_CLASS', 'CREATED', 'REPEATED_ROW',
    ]);
    expect(results[0].message).toBe('class "lard" is not among "ham", "spam", "eggs"');
    expect(results[5].message).toContain('10001 bytes');
    expect(await gold(service, project)).toEqual({ f: 'ham' });
  });

  it('of unknown items are refused where the project makes none', async () => {
    await fresh({ createUnknownItems: false });
    await service.data(`mutation ($id: ID!) { addItems(input: { projectId: $id, items: [{ externalId: "known" }] }) { results { status } } }`, { id: project });
    const { results } = await setGold(service, project, [{ item: 'known', class: 'ham' }, { item: 'unknown', class: 'ham' }]);
    expect(results.map((row: { status: string; code: string | null }) => row.code ?? row.status)).toEqual(['CREATED', 'UNKNOWN_ITEM']);
  });

  it('are taken 10,000 at once, and neither none nor 10,001', async () => {
    await fresh();
    const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ item: `i${i}`, class: 'ham' }));
    const tooMany = await service.graphql(`mutation ($input: SetGoldInput!) { setGold(input: $input) { replayed } }`, { input: { projectId: project, rows: rows(10_001) } });
    expect(tooMany.errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    expect(tooMany.errors?.[0]?.message).toContain('10001 rows');
    for (const mutation of ['SetGold', 'RemoveGold']) {
      const none = await service.graphql(`mutation ($input: ${mutation}Input!) { ${mutation[0]!.toLowerCase()}${mutation.slice(1)}(input: $input) { replayed } }`, { input: { projectId: project, rows: [] } });
      expect(none.errors?.[0]?.extensions.code).toBe('INVALID_INPUT');
    }
    expect((await setGold(service, project, rows(10_000))).results).toHaveLength(10_000);
    expect((await service.data(`query ($id: ID!) { project(id: $id) { goldCount } }`, { id: project })).project.goldCount).toBe(10_000);
  });

  it('are for administrators of the project, and of no other', async () => {
    await fresh();
    const other = await service.newProject();
    const ask = async (key: string) => (await service.graphql(
      `mutation ($input: SetGoldInput!) { setGold(input: $input) { replayed } }`, { input: { projectId: project, rows: [{ item: 'a', class: 'ham' }] } }, { key },
    )).errors?.[0]?.extensions.code ?? 'done';
    expect(await ask(await service.newKey({ scopes: ['votes:write', 'results:read', 'assignment'] }))).toBe('FORBIDDEN');
    expect(await ask(await service.newKey({ scopes: ['project:admin'], projectId: readGlobalId('Project', other)[0]! }))).toBe('NOT_FOUND');
    expect(await ask(await service.newKey({ workspaceId: await service.newWorkspace() }))).toBe('NOT_FOUND');
    expect(await ask(await service.newKey({ scopes: ['project:admin'] }))).toBe('done');
    await service.data(`mutation ($id: ID!) { archiveProject(input: { id: $id }) { project { id } } }`, { id: project });
    expect(await ask(await service.newKey({ scopes: ['project:admin'] }))).toBe('CONFLICT');
  });

  it('leave a line in the audit log, with counts and without answers', async () => {
    await fresh();
    await setGold(service, project, [{ item: 'a', class: 'ham' }, { item: 'b', class: 'lard' }]);
    await removeGold(service, project, ['a']);
    const { auditLog } = await service.data(`{ auditLog(first: 2) { nodes { action projectId detail apiKeyId } } }`);
    expect(auditLog.nodes).toMatchObject([
      { action: 'removeGold', projectId: project, detail: { rows: 1, updated: 1 } },
      { action: 'setGold', projectId: project, detail: { rows: 2, created: 1, rejected: 1 } },
    ]);
    expect(auditLog.nodes[0].apiKeyId).toBeTruthy();
  });
});

describe('a call that comes twice', () => {
  it('is answered with what was answered first, under one idempotency key', async () => {
    await fresh();
    const rows = [{ item: 'a', class: 'ham' }];
    expect(await setGold(service, project, rows, 'k1')).toMatchObject({ replayed: false, results: [{ status: 'CREATED' }] });
    expect(await setGold(service, project, rows, 'k1')).toMatchObject({ replayed: true, results: [{ status: 'CREATED' }] });
    expect(await removeGold(service, project, ['a'], 'k2')).toMatchObject({ replayed: false, results: [{ status: 'UPDATED' }] });
    expect(await removeGold(service, project, ['a'], 'k2')).toMatchObject({ replayed: true, results: [{ status: 'UPDATED' }] });
    const other = await service.graphql(`mutation ($input: SetGoldInput!) { setGold(input: $input) { replayed } }`, { input: { projectId: project, rows: [{ item: 'a', class: 'spam' }], idempotencyKey: 'k1' } });
    expect(other.errors?.[0]?.extensions.code).toBe('CONFLICT');
  });

  it('leaves one standing answer an item when 12 set and remove the same 300 items at once, in any order', async () => {
    const number = await fresh();
    const items = Array.from({ length: 300 }, (_, i) => `i${i}`);
    await setGold(service, project, items.map((item) => ({ item, class: 'eggs' })));
    const shuffled = () => items.map((item) => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ item }) => item);
    const calls = Array.from({ length: 12 }, (_, c) => (c % 4 === 3
      ? removeGold(service, project, shuffled())
      : setGold(service, project, shuffled().map((item) => ({ item, class: ['ham', 'spam', 'eggs'][c % 3]! })))));
    for (const answer of await Promise.all(calls)) expect(statuses(answer)).not.toContain('REJECTED');
    await setGold(service, project, [{ item: 'i0', class: 'ham' }]);
    const [row] = await service.source.query<{ most: number; broken: number }[]>(
      `with told as (select *, lag(ended_seq) over (partition by item_code order by seq) as before_ended from gold_answers where project_id = $1)
       select max(standing)::int as most, (select count(*)::int from told where before_ended > seq) as broken
       from (select count(*) filter (where ended_seq is null) as standing from gold_answers where project_id = $1 group by item_code) counted`, [number],
    );
    expect(row).toEqual({ most: 1, broken: 0 });
  });
});

describe('pages of gold', () => {
  it('hold every answer once, forward and backward', async () => {
    await fresh();
    await setGold(service, project, Array.from({ length: 25 }, (_, i) => ({ item: `i${i}`, class: 'ham' })));
    await removeGold(service, project, ['i3', 'i24']);
    const page = (args: string) => service.data(`query ($id: ID!) { project(id: $id) { gold(${args}) { nodes { item { externalId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`, { id: project });
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { project: { gold: answers } } = await page(`first: 10${after && `, after: "${after}"`}`);
      seen.push(...answers.nodes.map((node: { item: { externalId: string } }) => node.item.externalId));
      if (!answers.pageInfo.hasNextPage) break;
      after = answers.pageInfo.endCursor;
    }
    expect(seen).toEqual(Array.from({ length: 24 }, (_, i) => `i${i}`).filter((id) => id !== 'i3'));
    const { project: { gold: last } } = await page('last: 4');
    expect(last.nodes.map((node: { item: { externalId: string } }) => node.item.externalId)).toEqual(['i20', 'i21', 'i22', 'i23']);
  });
});
