import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exportTables } from '../../src/exports/export-tables.js';
import { runToEnd } from '../runs/crowd.js';
import { command } from '../setup/command.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
let project: string;
let run: string;
beforeAll(async () => {
  service = await startService();
  project = await service.newProject({ name: 'with gold' });
  await service.data(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, { input: { projectId: project, votes: ['i1', 'i2', 'i3'].map((item) => ({ item, annotator: 'ann', class: 'ham' })) } });
  await service.data(`mutation ($input: SetGoldInput!) { setGold(input: $input) { replayed } }`, { input: { projectId: project, rows: [{ item: 'i1', class: 'spam' }, { item: 'i2', class: 'ham' }] } });
  run = (await runToEnd(service, project, { method: 'top-two' })).id;
});
afterAll(() => service.stop());
afterEach(async () => {
  await service.source.query('drop trigger if exists no_entries on audit_log');
  await auditing(true);
});

const auditing = (on: boolean) => service.data(`mutation ($on: Boolean!) { updateWorkspace(input: { auditReads: $on }) { workspace { auditReads } } }`, { on });
const download = (name: string, key = service.key) => service.http().get(`/projects/${project}/${name}`).set('authorization', `Bearer ${key}`).set('x-request-id', 'read-1');
const GOLD = `query ($id: ID!) { project(id: $id) { gold { nodes { class item { externalId } } } } }`;
const ITEM = `query ($id: ID!) { project(id: $id) { items { nodes { externalId gold { class } } } item(externalId: "i1") { gold { class } } } }`;

interface Entry { action: string; projectId: string | null; apiKeyId: string | null; requestId: string | null; detail: Record<string, unknown> }
/** What is written into the log by `work`. */
async function entriesOf(work: () => Promise<unknown>): Promise<Entry[]> {
  const count = async () => Number((await service.source.query(`select count(*) as count from audit_log`))[0].count);
  const before = await count();
  await work();
  const written = await count() - before;
  const { auditLog } = await service.data(`{ auditLog(first: 20) { nodes { action projectId apiKeyId requestId detail } } }`);
  return (auditLog.nodes as Entry[]).slice(0, written).reverse();
}
/** The log takes no entry of a read, as on a full disk. */
const refuseEntries = () => service.source.query(`
  create or replace function no_entry() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = '53100'; end $$;
  create trigger no_entries before insert on audit_log for each row when (new.action in ('readGold', 'download')) execute function no_entry()`);

describe('a workspace that does not ask for it', () => {
  it('has no entry of any read, and needs no room for one', async () => {
    await auditing(false);
    await refuseEntries();
    expect(await entriesOf(async () => {
      expect((await service.data(GOLD, { id: project })).project.gold.nodes).toHaveLength(2);
      await service.data(ITEM, { id: project });
      expect((await download('gold.csv')).status).toBe(200);
    })).toEqual([]);
  });

  it('is how a new one begins; a change is told by whom, and what is no change is not', async () => {
    const [{ audit_reads: begins }] = await service.source.query(`insert into workspaces (name) values ('new') returning audit_reads`);
    expect(begins).toBe(false);
    await auditing(false);
    const entries = await entriesOf(async () => {
      expect((await auditing(true)).updateWorkspace.workspace.auditReads).toBe(true);
      await auditing(true);
      await service.data('mutation { updateWorkspace(input: {}) { workspace { id } } }');
      await auditing(false);
    });
    expect(entries.map(({ action, projectId, detail }) => ({ action, projectId, detail }))).toEqual([true, false].map((auditReads) => ({ action: 'updateWorkspace', projectId: null, detail: { auditReads } })));
    expect(entries.every(({ apiKeyId }) => apiKeyId != null)).toBe(true);
    expect((await service.data('{ workspace { auditReads } }')).workspace.auditReads).toBe(false);
    const key = await service.newKey({ scopes: ['project:admin'] });
    expect((await service.graphql('mutation { updateWorkspace(input: { auditReads: true }) { workspace { id } } }', {}, { key })).errors![0]!.extensions.code).toBe('FORBIDDEN');
  });
});

describe('a workspace that asks for it', () => {
  it('is told of every read of gold, with the key, the project and how much it was', async () => {
    await auditing(true);
    const { createApiKey } = await service.data(`mutation ($id: ID!) { createApiKey(input: { name: "reader", scopes: [RESULTS_READ], projectId: $id }) { secret apiKey { id } } }`, { id: project });
    const key = createApiKey.secret as string;
    const headers = { 'x-request-id': 'read-2' };
    const entries = await entriesOf(async () => {
      await service.data(GOLD, { id: project }, { key, headers });
      await service.data(ITEM, { id: project }, { key, headers });
      // Not gold.
      await service.data(`query ($id: ID!) { project(id: $id) { goldCount items { nodes { externalId } } } }`, { id: project }, { key, headers });
    });
    const entry = { action: 'readGold', projectId: project, apiKeyId: createApiKey.apiKey.id, requestId: 'read-2' };
    expect(entries[0]).toEqual({ ...entry, detail: { field: 'project.gold', answers: 2 } });
    // Each of the three items once, in one look or several.
    const ofItems = entries.slice(1);
    expect(ofItems.every(({ action, apiKeyId, detail }) => action === 'readGold' && apiKeyId === entry.apiKeyId && detail.field === 'item.gold')).toBe(true);
    const sumOf = (name: string) => ofItems.reduce((sum, { detail }) => sum + (detail[name] as number), 0);
    expect([sumOf('items'), sumOf('answers')]).toEqual([3, 2]);
  });

  it('is told of gold that is reached by a node, a sample or the answer to a mutation', async () => {
    await auditing(true);
    const { project: found } = await service.data(`query ($id: ID!) { project(id: $id) { item(externalId: "i1") { id } } }`, { id: project });
    const entries = await entriesOf(async () => {
      await service.data(`query ($id: ID!) { node(id: $id) { ... on Item { gold { class } } } }`, { id: found.item.id });
      await service.data(`mutation ($id: ID!) { drawGoldSample(input: { projectId: $id, design: UNIFORM, size: 1, seed: 1 }) { sample { items { nodes { gold { class } } } } } }`, { id: project });
    });
    expect(entries.map(({ action, detail }) => [action, detail.field ?? null])).toEqual([['readGold', 'item.gold'], ['drawGoldSample', null], ['readGold', 'item.gold']]);
  });

  it.each(exportTables.map(({ name }) => name))('is told of the download of %s', async (name) => {
    await auditing(true);
    const entries = await entriesOf(async () => {
      expect((await download(`${name}.ndjson`)).status).toBe(200);
      // Nothing is given: of a look at the head, and of what is refused.
      expect((await service.http().head(`/projects/${project}/${name}.csv`).set('authorization', `Bearer ${service.key}`)).status).toBe(200);
      expect((await download(`${name}.csv?run=nonsense&history=true`)).status).not.toBe(200);
    });
    const ofRun = ['soft-labels', 'annotators', 'confusion-matrices', 'confusable-pairs'].includes(name);
    expect(entries).toEqual([{ action: 'download', projectId: project, apiKeyId: expect.any(String), requestId: 'read-1', detail: { table: name, format: 'ndjson', ...(ofRun && { run }) } }]);
  });

  it('is told of the choices of a download, and of an operator\'s without a key', async () => {
    await auditing(true);
    const entries = await entriesOf(async () => {
      await download('votes.csv?history=true');
      const { code, out } = await command(['export', 'gold', '--project', 'with gold'], { environment: { DATABASE_URL: service.databaseUrl } });
      expect(code).toBe(0);
      expect(out).toContain('i1,spam');
    });
    expect(entries.map(({ apiKeyId, detail }) => [apiKeyId != null, detail])).toEqual([
      [true, { table: 'votes', format: 'csv', history: true }], [false, { table: 'gold', format: 'csv' }],
    ]);
  });

  it('gives nothing where the entry cannot be written', async () => {
    await auditing(true);
    await refuseEntries();
    expect(await entriesOf(async () => {
      for (const query of [GOLD, ITEM]) {
        const { data, errors } = await service.graphql(query, { id: project });
        expect(errors![0]!.extensions.code).toBe('UNAVAILABLE');
        expect(JSON.stringify(data ?? null)).not.toContain('"class"');
      }
      for (const name of ['gold.csv', 'votes.ndjson']) {
        const { status, body, text } = await download(name);
        expect([status, body.error.code]).toEqual([503, 'UNAVAILABLE']);
        expect(text).not.toContain('i1');
      }
    })).toEqual([]);
    // What is no read of this kind goes on.
    expect((await service.data(`query ($id: ID!) { project(id: $id) { items { nodes { externalId } } } }`, { id: project })).project.items.nodes).toHaveLength(3);
  });

  it("is told of nothing of another workspace, and that one's reads are its own", async () => {
    await auditing(true);
    const key = await service.newKey({ workspaceId: await service.newWorkspace() });
    const other = await service.newProject({}, key);
    expect(await entriesOf(async () => {
      await service.data(GOLD, { id: other }, { key });
      expect((await service.graphql(GOLD, { id: project }, { key })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    })).toEqual([]);
  });
});
