import { GraphQLSchemaHost } from '@nestjs/graphql';
import { getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportTables } from '../../src/exports/export-tables.js';
import { Config } from '../../src/platform/config.js';
import { Downloads } from '../../src/exports/reading/downloads.js';
import { packed, type ReportedTable } from '../../src/reports/report-pages.js';
import { inPlace, lanes } from '../../src/platform/place.js';
import { analyze, fillProject, fillWorkspace, forgetStatistics, keepStatistics, LARGE } from '../setup/lopsided.js';
import { startBeside, startService, type Service } from '../setup/service.js';
import { until } from '../setup/until.js';

/** Beside a page's own rows: the key, the project, and what leads to the page. */
const AROUND = 60;
const PAGE = 10;
/** Few connections, since each is asked what it has read. */
const POOL = 9;

let home: Service;
let service: Service;
let project: string;
let middle: Record<string, string>;

beforeAll(async () => {
  home = await startService({ ASSAY_WORK: 'false' });
  const small = await home.newProject();
  project = await home.newProject();
  const others = await home.newWorkspace();
  await keepStatistics(home.source);
  await fillProject(home.source, numberOf(small), 0.002, true);
  await fillWorkspace(home.source, others, 0.002);
  // What is known of the tables is the small project's, and the opposite of the large one's.
  await analyze(home.source);
  await fillProject(home.source, numberOf(project), 1, false);
  await fillWorkspace(home.source, 1, 1);
  // As if the current run had been of method top-two; the pairs lie in its own row.
  const pairs = Array.from({ length: LARGE.annotators }, (_, i) => ({ first: i % 2, second: 1 - (i % 2), items: 1, meanConfusion: 0.5, examples: [i] }));
  await home.source.query(
    `update runs set item_findings = '{confusionProbability}', confusable_pairs = $2 where project_id = $1 and id = (select current_run_id from projects where id = $1)`, [numberOf(project), JSON.stringify(pairs)],
  );
  const [sample] = await home.source.query<{ id: number }[]>(`select max(id) as id from gold_samples where project_id = $1`, [numberOf(project)]);
  const [agreement, reference, activity] = await fillReports(numberOf(project));
  middle = {
    agreement: idOf('Report', numberOf(project), agreement!), reference: idOf('Report', numberOf(project), reference!), activity: idOf('Report', numberOf(project), activity!),
    sample: idOf('GoldSample', numberOf(project), sample!.id), item: idOf('Item', numberOf(project), 7),
  };
  service = await startBeside(home, { DATABASE_POOL: String(POOL) });
}, 300_000);
afterAll(async () => {
  await service.stop();
  await home.stop();
});

/** As if a thousand had been asked for. @returns the numbers of one of each kind */
async function fillReports(projectId: number): Promise<number[]> {
  const rows = Int32Array.from({ length: LARGE.items }, (_, row) => row);
  const orders = { ITEM: rows, AGREEMENT: rows, VALUE: rows, ANNOTATOR: rows, VOTES: rows };
  const table = (name: string, ...columns: string[]): ReportedTable => ({ name, orders, columns: Object.fromEntries(columns.map((column) => [column, rows])) });
  const kinds: [string, ReportedTable[]][] = [
    ['agreement', [table('items', 'item', 'votes', 'agreement'), table('pairs', 'first', 'second', 'sharedItems', 'value')]],
    ['annotator-agreement', [table('annotators', 'annotator', 'votes', 'agreed', 'firstCell', 'cells')]],
    ['annotator-activity', [table('annotators', 'annotator', 'votes', 'skip', 'unsure', 'cannotLabel', 'firstCell', 'cellCount', 'firstDay', 'dayCount', 'timed', 'mean', 'median', 'p10', 'p90', 'firstVote', 'lastVote')]],
  ];
  const last: number[] = [];
  for (const [kind, tables] of kinds) {
    const { directory, pages: bytes } = packed(tables);
    const [row] = await home.source.query<{ id: number }[]>(
      `with made as (
         insert into reports (project_id, kind, version, request, key, watermark, item_count, annotator_count, status, directory, pages, created_at, used_at)
         select $1, $2, 1, '{}', $2 || n, 1, 1, 1, 'SUCCEEDED', $3, case when n = 500 then $4::bytea end, now(), now() from generate_series(1, 500) n returning id
       ) select max(id) as id from made`, [projectId, kind, JSON.stringify(directory), bytes],
    );
    last.push(row!.id);
  }
  return last;
}

function numberOf(id: string): number {
  return Number(Buffer.from(id, 'base64url').toString().split(':')[1]);
}

function idOf(...parts: (string | number)[]): string {
  return Buffer.from(parts.join(':')).toString('base64url');
}

/** Rows and index entries that the work had read, of all tables, by the server's own count: the least of three, since sweeps read now and then, too. */
async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let time = 0; time < 3; time++) {
    const before = await counted();
    await work();
    least = Math.min(least, await counted() - before);
  }
  return least;
}

async function counted(): Promise<number> {
  // Each connection hands in its counts once it idles after this; all are held at once, so that none is left out.
  const { downloads, lanes: connections } = Config.read({ DATABASE_POOL: String(POOL) }).connections;
  expect(downloads).toBe(1);
  for (const query of ['select pg_stat_force_next_flush()::text', 'select 1']) await service.app.get(Downloads).read(query, () => undefined, new AbortController().signal);
  // No workspace has all of a lane.
  const runners = lanes.flatMap((lane) => Array.from({ length: connections[lane] }, (_, i) => ({ place: { lane, workspaceId: i + 1 }, runner: service.source.createQueryRunner() })));
  await Promise.all(runners.map(({ place, runner }) => inPlace(place, () => runner.query('select pg_stat_force_next_flush()'))));
  await Promise.all(runners.map(({ runner }) => runner.query('select 1')));
  await Promise.all(runners.map(({ runner }) => runner.release()));
  const [row] = await service.source.query<{ rows: number }[]>(
    `select ((select sum(seq_tup_read) from pg_stat_user_tables) + (select sum(idx_tup_read) from pg_stat_user_indexes))::float8 as rows`,
  );
  return row!.rows;
}

/** An annotator's votes have no index of their own, which every vote would pay for: it reads the project's log, and says so. */
const readsTheLog = ['Annotator.reliabilityTimeline'];

/** A page of each connection, and of each filter of it that an index has; `page` stands for the page's arguments. */
const pages: Record<string, string> = {
  'Project.items': '{ project(id: $id) { page: items(PAGE) BODY } }',
  'Project.itemsByState': '{ project(id: $id) { page: itemsByState(PAGE) BODY } }',
  'Project.itemsByState, a rare state': '{ project(id: $id) { page: itemsByState(PAGE, state: OPEN) BODY } }',
  'Project.itemsByState, nearly all': '{ project(id: $id) { page: itemsByState(PAGE, state: DONE, flagged: false) BODY } }',
  'Project.itemsByState, none': '{ project(id: $id) { page: itemsByState(PAGE, flagged: true) BODY } }',
  'Project.annotators': '{ project(id: $id) { page: annotators(PAGE) BODY } }',
  'Project.annotators, of a rare status': '{ project(id: $id) { page: annotators(PAGE, status: PAUSED) BODY } }',
  'Project.annotators, nearly all': '{ project(id: $id) { page: annotators(PAGE, status: ACTIVE) BODY } }',
  'Project.flaggedAnnotators': '{ project(id: $id) { page: flaggedAnnotators(PAGE) BODY } }',
  'Project.flaggedAnnotators, of a rare kind': '{ project(id: $id) { page: flaggedAnnotators(PAGE, kind: DRIFT) BODY } }',
  'Project.gold': '{ project(id: $id) { page: gold(PAGE) BODY } }',
  'Project.annotatorPriors': '{ project(id: $id) { page: annotatorPriors(PAGE) BODY } }',
  'Project.goldSamples': '{ project(id: $id) { page: goldSamples(PAGE) BODY } }',
  'Project.softLabels': '{ project(id: $id) { page: softLabels(PAGE) BODY } }',
  'Project.softLabels, by confidence': '{ project(id: $id) { page: softLabels(PAGE, orderBy: { field: CONFIDENCE, direction: DESC }) BODY } }',
  'Project.softLabels, by entropy': '{ project(id: $id) { page: softLabels(PAGE, orderBy: { field: ENTROPY }, filter: { entropy: { min: 0.05 } }) BODY } }',
  'Project.liveSoftLabels': '{ project(id: $id) { page: liveSoftLabels(PAGE) BODY } }',
  'Project.votes': '{ project(id: $id) { page: votes(PAGE) BODY } }',
  'Project.runs': '{ project(id: $id) { page: runs(PAGE) BODY } }',
  'Project.annotatorErasures': '{ project(id: $id) { page: annotatorErasures(PAGE) BODY } }',
  'Query.deletedProjects': '{ page: deletedProjects(PAGE) BODY }',
  'Query.projects': '{ page: projects(PAGE) BODY }',
  'Query.apiKeys': '{ page: apiKeys(PAGE) BODY }',
  'Query.auditLog': '{ page: auditLog(PAGE) BODY }',
  'Item.votes': '{ node(id: $item) { ... on Item { page: votes(PAGE) BODY } } }',
  'Project.reports': '{ project(id: $id) { page: reports(PAGE) BODY } }',
  'AgreementReport.items': '{ node(id: $agreement) { ... on AgreementReport { page: items(PAGE) BODY } } }',
  'AgreementReport.pairs': '{ node(id: $agreement) { ... on AgreementReport { page: pairs(PAGE, order: VALUE) BODY } } }',
  'AnnotatorAgreementReport.annotatorAgreement': '{ node(id: $reference) { ... on AnnotatorAgreementReport { page: annotatorAgreement(PAGE) BODY } } }',
  'AnnotatorActivityReport.annotators': '{ node(id: $activity) { ... on AnnotatorActivityReport { page: annotators(PAGE, order: VOTES) BODY } } }',
  'GoldSample.items': '{ node(id: $sample) { ... on GoldSample { page: items(PAGE) BODY } } }',
};

interface Page {
  edges: { cursor: string }[];
}

async function page(name: string, args: string): Promise<Page> {
  const text = pages[name]!.replace('PAGE', args).replace('BODY', '{ edges { cursor } pageInfo { hasNextPage } }');
  const used = ['id', 'item', 'sample', 'agreement', 'reference', 'activity'].filter((variable) => text.includes(`$${variable})`));
  const data = await service.data(`query${used.length > 0 ? `(${used.map((variable) => `$${variable}: ID!`).join(', ')})` : ''} ${text}`, { id: project, ...middle });
  return data.page ?? data.project?.page ?? data.node.page;
}

describe('a table where one project holds nearly everything', () => {
  it('has a page here of every connection', () => {
    const { schema } = service.app.get(GraphQLSchemaHost);
    const connections = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type)).flatMap((type) => Object.values(type.getFields())
      .filter((field) => getNamedType(field.type).name.endsWith('Connection')).map((field) => `${type.name}.${field.name}`));
    expect(connections.length).toBeGreaterThan(15);
    expect(connections.filter((name) => !(name in pages))).toEqual(readsTheLog);
  });

  describe.each<[string, () => Promise<void>]>([
    ['misleading', async () => undefined],
    ['missing', async () => forgetStatistics(home.source)],
    ['fresh', async () => analyze(home.source)],
  ])('with %s statistics', (_, prepare) => {
    beforeAll(prepare, 120_000);

    it.each(Object.keys(pages))('gives a page of %s for what it returns', async (name) => {
      // Once, so that what is remembered of the key is.
      await page(name, `first: ${PAGE}`);
      let at: Page | undefined;
      const first = await rowsRead(async () => { at = await page(name, `first: ${PAGE}`); });
      expect(first).toBeLessThan(AROUND + 12 * PAGE);
      if (name.startsWith('Project.softLabels')) expect(at!.edges).toHaveLength(PAGE);
      if (!name.startsWith('Project') || at!.edges.length < PAGE) return;
      const cursor = at!.edges.at(-1)!.cursor;
      expect(await rowsRead(async () => { at = await page(name, `first: ${PAGE}, after: "${cursor}"`); })).toBeLessThan(AROUND + 12 * PAGE);
      expect(await rowsRead(async () => { at = await page(name, `last: ${PAGE}`); })).toBeLessThan(AROUND + 12 * PAGE);
      expect(at!.edges.length).toBeGreaterThan(0);
    }, 60_000);

    it.each(exportTables.map((table) => table.name))('gives the download %s for what it returns', async (name) => {
      let rows = 0;
      const read = await rowsRead(async () => {
        const answer = await service.http().get(`/projects/${project}/${name}.ndjson`).set('authorization', `Bearer ${service.key}`).buffer(true).parse((response, done) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks).toString()));
        });
        expect(answer.status).toBe(200);
        rows = String(answer.body).split('\n').length - 1;
      });
      expect(rows).toBeGreaterThanOrEqual({ votes: LARGE.votes, items: LARGE.items, runs: LARGE.runs }[name] ?? LARGE.annotators);
      // The row and its index's entry, the ids of its item and annotator, and of an item its counts.
      expect(read).toBeLessThan(4 * rows + 1000);
    }, 120_000);
  });
});

/** Connections of downloads that have a statement, or a transaction, under way. */
async function atWork(): Promise<number> {
  const [row] = await home.source.query<{ count: number }[]>(`select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'assay downloads' and xact_start is not null`);
  return row!.count;
}

describe('a reader of a download', () => {
  const ask = async (signal: AbortSignal, file = 'votes.ndjson') => fetch(`${service.url}/projects/${project}/${file}`, { headers: { authorization: `Bearer ${service.key}` }, signal });

  it('who reads slowly leaves no transaction open', async () => {
    const gone = new AbortController();
    const reader = (await ask(gone.signal)).body!.getReader();
    expect((await reader.read()).done).toBe(false);
    // What fits between the two of them is soon there; the rest waits for the reader.
    let quiet = 0;
    await until(async () => (quiet = await atWork() === 0 ? quiet + 1 : 0) === 50, 'fifty looks in a row that find no statement');
    let bytes = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += (next.value as Uint8Array).length;
    expect(bytes).toBeGreaterThan(LARGE.votes * 100);
  }, 60_000);

  it('who goes has their statement cancelled', async () => {
    const other = home.source.createQueryRunner();
    await other.startTransaction();
    await other.query('lock table label_blocks in access exclusive mode');
    const gone = new AbortController();
    const asked = ask(gone.signal, 'soft-labels.ndjson').then(async (answer) => answer.text()).catch(() => 'broken off');
    await until(async () => await atWork() > 0, 'a statement under way');
    gone.abort();
    await until(async () => await atWork() === 0, 'its end');
    expect(await asked).toBe('broken off');
    await other.rollbackTransaction();
    await other.release();
  }, 60_000);
});
