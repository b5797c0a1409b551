import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectTables } from '../../src/lifecycle/deletion/project-tables.js';
import { endless, manyVotes, newCrowd, startRun } from '../runs/crowd.js';
import { atRest, contents } from '../setup/at-rest.js';
import { startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';
import { ended, numberOf, wholeProject, type WholeProject } from './whole-project.js';

const MARK = 'gone-4417';
const OTHER = 'stays-2203';

let service: Service;
beforeAll(async () => { service = await startService({ EXECUTION_TIMEOUT_MS: '20000' }); });
afterAll(() => service.stop());

const DELETE = `mutation ($input: DeleteProjectInput!) { deleteProject(input: $input) { deletion { id projectId name status removed { rows } } replayed } }`;
const PURGE = `mutation ($input: PurgeProjectInput!) { purgeProject(input: $input) { deletion { id status } } }`;
const RESTORE = `mutation ($input: DeletedProjectInput!) { restoreProject(input: $input) { project { id name } } }`;
const DELETIONS = `{ deletedProjects { nodes { id projectId name status deletedAt purgeAfter startedAt purgedAt removed { table rows } } } }`;

const remove = async (id: string, key?: string) => (await service.data(DELETE, { input: { id, confirm: id, idempotencyKey: key } })).deleteProject;
// Answers are looked into by the tests that asked for them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const deletion = async (id: string): Promise<any> => (await service.data(DELETIONS)).deletedProjects.nodes.find((one: { id: string }) => one.id === id);
const purged = (id: string) => until(async () => ((await deletion(id)).status === 'PURGED' ? deletion(id) : null), 'a purge that ends');

/** Tables that have a column of the name, from the catalogue. */
const tablesWith = async (column: string) => (await service.source.query<{ name: string }[]>(
  `select table_name as name from information_schema.columns where table_schema = 'public' and column_name = $1`, [column])).map(({ name }) => name);

/** How many rows each table of projects has of this one. */
async function rowsOf(projectId: number): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of await tablesWith('project_id')) {
    const [row] = await service.source.query<{ count: number }[]>(`select count(*)::int as count from ${table} where project_id = $1`, [projectId]);
    if (row!.count > 0) found[table] = row!.count;
  }
  return found;
}

/** Every row of the whole database, job queue and all, in which a text stands. */
async function rowsWith(text: string): Promise<string[]> {
  const tables: { name: string }[] = await service.source.query(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')`);
  const found = await Promise.all(tables.map(async ({ name }) => {
    const rows: { row: string }[] = await service.source.query(`select t::text as row from ${name} t where position($1 in t::text) > 0`, [text]);
    return rows.map(({ row }) => `${name}: ${row.slice(0, 200)}`);
  }));
  return found.flat();
}

describe('a project that is deleted', () => {
  let doomed: WholeProject;
  let other: WholeProject;

  beforeAll(async () => {
    doomed = await wholeProject(service, MARK);
    other = await wholeProject(service, OTHER);
    // What only time or an older version leaves.
    await service.source.query(
      `insert into annotator_flags (project_id, annotator_code, kind, value, threshold, explanation) values ($1, 0, 'DRIFT', 0, 0, $2)`, [numberOf(doomed.id), MARK]);
    await service.source.query(
      `insert into soft_labels (project_id, run_id, item_code, votes, consensus, tie, confidence, entropy, probabilities) values ($1, 0, 0, 1, 0, false, 1, 0, '{1,0,0}')`, [numberOf(doomed.id)]);
    await service.source.query(
      `insert into live_labels (project_id, run_id, item_code, votes, consensus, tie, confidence, entropy, probabilities) values ($1, 0, 39, 1, 0, false, 1, 0, '{1,0,0}') on conflict do nothing`, [numberOf(doomed.id)]);
    await service.source.query(
      `insert into annotator_erasures (project_id, annotator_code, erased_at, due_at, finished_at, next_seq, last_seq, changed) values ($1, 0, now(), now(), now(), 0, 0, '{}')`, [numberOf(doomed.id)]);
    await service.source.query(`insert into item_queue (project_id, generation, item_code, priority, score, strategy) values ($1, 0, 0, 0, 0, '') on conflict do nothing`, [numberOf(doomed.id)]);
  });

  it('had rows in every table that knows projects, each of which is purged', async () => {
    const known = await tablesWith('project_id');
    expect([...projectTables.map(({ name }) => name), 'project_deletions'].sort()).toEqual(known.sort());
    const without = new Set(Object.keys(await rowsOf(numberOf(doomed.id))));
    expect(projectTables.map(({ name }) => name).filter((name) => !without.has(name) && name !== 'touched_items')).toEqual([]);
  });

  it('asks for its name or its id once more, and says so', async () => {
    const { errors } = await service.graphql(DELETE, { input: { id: doomed.id, confirm: 'gone' } });
    expect(errors![0]).toMatchObject({ message: 'input.confirm is "gone", which is not the name of the project, nor its id; give one of them to delete it', extensions: { code: 'INVALID_INPUT', field: 'input.confirm' } });
  });

  it('is absent at every door at once, in the words for an absent one, and a key of its own opens nothing', async () => {
    await service.data(DELETE, { input: { id: doomed.id, confirm: `project ${MARK}` } });
    const absent = Buffer.from('Project:987654').toString('base64url');
    const calls: [string, (id: string) => object][] = [
      [`query ($id: ID!) { project(id: $id) { name } }`, (id) => ({ id })],
      [`query ($id: ID!) { node(id: $id) { id } }`, (id) => ({ id })],
      [`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, (projectId) => ({ input: { projectId, votes: [{ item: 'i', annotator: 'a', class: 'ham' }] } })],
      [`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, (projectId) => ({ input: { projectId, votes: ['i', 'j'].map((item) => ({ item, annotator: 'a', class: 'ham' })) } })],
      [`mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }`, (projectId) => ({ input: { projectId, annotator: `ann 1 ${MARK}`, count: 1 } })],
      [`mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`, (projectId) => ({ input: { projectId } })],
      [`mutation ($input: AnnotatorStatusInput!) { blockAnnotators(input: $input) { results { status } } }`, (projectId) => ({ input: { projectId, annotators: ['a'] } })],
      [`mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { id } } }`, (id) => ({ input: { id, name: 'x' } })],
      [DELETE, (id) => ({ input: { id, confirm: `project ${MARK}` } })],
    ];
    for (const [query, variables] of calls) {
      const ask = async (id: string) => {
        const { data, errors } = await service.graphql(query, variables(id));
        return JSON.stringify({ data, errors: errors?.map(({ message, extensions }) => [message, extensions.code]) }).replaceAll(id, '#');
      };
      expect.soft(await ask(doomed.id), query).toBe(await ask(absent));
      expect.soft(await ask(doomed.id), query).toContain('NOT_FOUND');
    }
    for (const path of ['votes.csv', 'soft-labels.csv', 'items.ndjson']) {
      const answer = await service.http().get(`/projects/${doomed.id}/${path}`).set('authorization', `Bearer ${service.key}`);
      expect.soft(answer.status, path).toBe(404);
    }
    const upload = await service.http().post(`/projects/${doomed.id}/votes`).set('authorization', `Bearer ${service.key}`).set('content-type', 'text/csv').send('item,annotator,class\ni,a,ham\n');
    expect(upload.status).toBe(404);
    const { projects } = await service.data(`{ projects { nodes { id } } }`);
    expect(projects.nodes).toEqual([{ id: other.id }]);
    const run = await service.graphql(`query ($id: ID!) { run(id: $id) { status } }`, { id: doomed.runId });
    expect(run.errors![0]!.extensions.code).toBe('NOT_FOUND');
    const asked = await service.graphql(
      `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }`, { input: { projectId: doomed.id, annotator: `ann 1 ${MARK}`, count: 1 } }, { key: doomed.annotatorKey });
    expect(asked.errors![0]!.extensions.code).toBe('NOT_FOUND');
  });

  it('waits for its purge in the list, and is passed over by all that is done unasked', async () => {
    const { deletedProjects } = await service.data(DELETIONS);
    expect(deletedProjects.nodes).toHaveLength(1);
    expect(deletedProjects.nodes[0]).toMatchObject({ projectId: doomed.id, name: `project ${MARK}`, status: 'WAITING', removed: [] });
    const { deletedAt, purgeAfter } = deletedProjects.nodes[0];
    expect(Date.parse(purgeAfter) - Date.parse(deletedAt)).toBe(7 * 86_400_000);
    await atRest(service);
  });

  it('comes back as it was, to the row', async () => {
    const seen = `query ($id: ID!) { project(id: $id) { name createdAt currentRun { id } items { nodes { externalId payload } } progress { votes leases } } }`;
    await service.data(RESTORE, { input: { id: doomed.id } });
    const { project } = await service.data(seen, { id: doomed.id });
    expect(project).toMatchObject({ name: `project ${MARK}`, currentRun: { id: doomed.runId }, progress: { leases: 0 } });
    await atRest(service);
    const before = await service.source.query<object[]>(`select to_jsonb(p) - 'scoring_version' as row from projects p where id = $1`, [numberOf(doomed.id)]);
    await remove(doomed.id);
    await service.data(RESTORE, { input: { id: doomed.id } });
    await atRest(service);
    expect(await service.source.query(`select to_jsonb(p) - 'scoring_version' as row from projects p where id = $1`, [numberOf(doomed.id)])).toEqual(before);
    const again = await service.graphql(RESTORE, { input: { id: doomed.id } });
    expect(again.errors![0]!.extensions.code).toBe('NOT_FOUND');
  });

  it('leaves no row anywhere once it is purged, and all else as it was', async () => {
    const projectId = numberOf(doomed.id);
    /** All other rows of the tables of projects, and of projects. */
    const rest = async () => {
      const all = await contents(service) as Record<string, { project_id?: number; id?: number }[]>;
      return projectTables.filter(({ name }) => name !== 'audit_log').map(({ name }) => [name, all[name]!.filter((row) => row.project_id !== projectId && row.project_id !== 0)]).concat([['projects', all.projects!]]);
    };
    await atRest(service);
    const { deletion: { id } } = await remove(doomed.id, 'delete-it');
    const before = await rest();
    const rows = await rowsOf(projectId);
    await service.data(PURGE, { input: { id: doomed.id, confirm: doomed.id } });
    const told = await purged(id);
    expect(await rowsOf(projectId)).toEqual({});
    expect(await rowsWith(MARK)).toEqual([]);
    expect(told).toMatchObject({ projectId: null, name: null });
    // What the calls since wrote of it, gone again.
    const counted = Object.fromEntries(told.removed.map(({ table, rows: count }: { table: string; rows: number }) => [table, count]));
    for (const [table, count] of Object.entries(rows)) if (table !== 'project_deletions') expect.soft(counted[table], table).toBeGreaterThanOrEqual(count);
    expect(counted.votes).toBe(rows.votes);
    const jobs = await service.source.query(`select name, data from pgboss.job where data->>'projectId' = $1 union all select name, data from pgboss.archive where data->>'projectId' = $1`, [String(projectId)]);
    expect(jobs).toEqual([]);
    expect(await rest()).toEqual(before);
    expect(await rowsWith(OTHER)).not.toEqual([]);
    const { auditLog } = await service.data(`{ auditLog(first: 1) { nodes { action projectId detail } } }`);
    expect(auditLog.nodes[0]).toMatchObject({ action: 'purgeProject', projectId: null, detail: { deletion: id, removed: { votes: rows.votes } } });
    // The call that deleted it, sent again.
    expect(await remove(doomed.id, 'delete-it')).toMatchObject({ replayed: true, deletion: { id, status: 'PURGED' } });
    for (const [query, input] of [[RESTORE, { id: doomed.id }], [PURGE, { id: doomed.id, confirm: doomed.id }]] as const) {
      const { errors } = await service.graphql(query, { input });
      expect(errors![0]).toMatchObject({ message: `there is no deleted project ${JSON.stringify(doomed.id)} here`, extensions: { code: 'NOT_FOUND' } });
    }
    const key = await service.graphql(`{ __typename }`, {}, { key: doomed.annotatorKey });
    expect(key.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('is gone for whoever created it, if that call is sent again', async () => {
    const { id } = (await service.data(`mutation { createProject(input: { name: "short", classes: ["a", "b"], idempotencyKey: "short" }) { project { id } } }`)).createProject.project;
    await remove(id);
    const again = await service.graphql(`mutation { createProject(input: { name: "short", classes: ["a", "b"], idempotencyKey: "short" }) { project { id } } }`);
    expect(again.errors![0]!.extensions.code).toBe('NOT_FOUND');
  });
});

describe('while others are at work on it', () => {
  it('its run is cancelled, its upload ends, and two who delete it at once do it once', async () => {
    const { projectId } = await newCrowd(service, manyVotes);
    const runId = await startRun(service, projectId, endless);
    await until(async () => (await service.data(`query ($id: ID!) { run(id: $id) { status } }`, { id: runId })).run.status === 'RUNNING', 'a run under way');
    const rows = Array.from({ length: 300_000 }, (_, i) => `item ${i % 5000},annotator ${i % 60},class ${i % 4}`).join('\n');
    const upload = fetch(`${service.url}/projects/${projectId}/votes`, {
      method: 'POST', headers: { authorization: `Bearer ${service.key}`, 'content-type': 'text/csv' }, body: `item,annotator,class\n${rows}\n`,
    });
    await until(async () => (await service.source.query<unknown[]>(`select 1 from annotators where project_id = $1 and external_id = 'annotator 59'`, [numberOf(projectId)])).length > 0, 'an upload under way');
    const answers = await Promise.all([1, 2].map(() => service.graphql(DELETE, { input: { id: projectId, confirm: projectId } })));
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'done').sort()).toEqual(['NOT_FOUND', 'done']);
    expect((await upload).status).toBe(404);
    const [run] = await service.source.query<{ status: string }[]>(`select status from runs where project_id = $1`, [numberOf(projectId)]);
    expect(run!.status).toBe('CANCELLED');
    const { deletion: { id } } = answers.find(({ data }) => data)!.data.deleteProject;
    await service.data(PURGE, { input: { id: projectId, confirm: projectId } });
    await purged(id);
    expect(await rowsOf(numberOf(projectId))).toEqual({});
    await atRest(service);
  });

  it('is purged by itself when its days are over', async () => {
    const id = await service.newProject();
    const { deletion: { id: deleted } } = await remove(id);
    await service.source.query(`update project_deletions set deleted_at = deleted_at - interval '7 days', purge_after = clock_timestamp(), due_at = clock_timestamp() where project_id = $1`, [numberOf(id)]);
    await purged(deleted);
    expect(await rowsOf(numberOf(id))).toEqual({});
  });
});

it('only who may manage the workspace deletes, restores and purges', async () => {
  const id = await service.newProject();
  const key = await service.newKey({ scopes: ['project:admin'] });
  for (const [query, input] of [[DELETE, { id, confirm: id }], [RESTORE, { id }], [PURGE, { id, confirm: id }]] as const) {
    const { errors } = await service.graphql(query, { input }, { key });
    expect(errors![0]!.extensions.code).toBe('FORBIDDEN');
  }
  expect(await ended(service, await startRun(service, id))).toBeTypeOf('string');
});
