// Agreement as a job of the service, as its user waits for it: `npm run build && node bench/agreement/service.mjs [votes]`, by default 1,000,000 votes
// by 1,000 annotators. An embedded PostgreSQL in a temporary folder, API and worker in one process.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { simulateCrowd } from '../../dist/src/aggregation/index.js';
import { startApi } from '../../dist/src/application.js';
import { startEmbeddedPostgres } from '../../dist/src/platform/embedded-postgres/embedded-postgres.js';
import { FirstWorkspace } from '../../dist/src/projects/keys/first-workspace.js';
import { fill, K } from '../snapshot/filled.mjs';

const voteCount = Number(process.argv[2] ?? 1_000_000);
const votesPerItem = 5;
const { columns } = simulateCrowd({ items: Math.round(voteCount / votesPerItem), annotators: 1000, classes: K, votesPerItem }, 1);
const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const server = await startEmbeddedPostgres({ dataDir: folder });
const running = await startApi({ DATABASE_URL: server.url, PORT: '0', LOG_LEVEL: 'error', ASSAY_DATA_DIR: folder });
const client = new pg.Client({ connectionString: server.url });
await client.connect();
try {
  const { key } = await running.app.get(FirstWorkspace).ensure();
  const url = (await running.app.getUrl()).replace('[::1]', '127.0.0.1');
  await fill(client, columns);
  await client.query(`insert into items (project_id, code, external_id) select 1, n, 'i' || n from generate_series(0, $1::int - 1) n`, [columns.itemCount]);
  await client.query(`insert into annotators (project_id, code, external_id) select 1, n, 'a' || n from generate_series(0, $1::int - 1) n`, [columns.annotatorCount]);
  await client.query('vacuum analyze');
  await rest();
  console.log(`Measured on Node ${process.version}, ${cpus()[0]?.model}, ${availableParallelism()} threads, load ${loadavg()[0].toFixed(1)} to begin with; ${columns.items.length.toLocaleString('en')} votes.\n`);
  console.log('| report | seconds | rows | kept, MB | slowest page of 1,000, ms |\n|---|---|---|---|---|');
  const kinds = [
    ['krippendorff-alpha-nominal, with 200 replicates', { metric: 'krippendorff-alpha-nominal', by: ['OVERALL', 'CLASS'], replicates: 200 }],
    ['the same, and each item', { metric: 'krippendorff-alpha-nominal', by: ['OVERALL', 'CLASS', 'ITEM'], replicates: 200 }, 'items'],
    ['percent of each pair of annotators', { metric: 'percent', by: ['PAIR'] }, 'pairs'],
    ['cohen-kappa of each pair, overall and each item', { metric: 'cohen-kappa', by: ['OVERALL', 'ITEM', 'PAIR'] }, 'pairs'],
    ['krippendorff-alpha-nominal of half of the annotators', { metric: 'krippendorff-alpha-nominal', selection: { annotators: Array.from({ length: 500 }, (_, a) => `a${a}`) } }],
  ];
  const projectId = Buffer.from('Project:1').toString('base64url');
  for (const [name, asked, table] of kinds) {
    const from = performance.now();
    const { requestAgreement: { report: { id } } } = await ask(`mutation ($input: RequestAgreementInput!) { requestAgreement(input: $input) { report { id } } }`, { input: { projectId, ...asked } });
    let report;
    do {
      await sleep(20);
      ({ report } = await ask(`query ($id: ID!) { report(id: $id) { status failure } }`, { id }));
    } while (['QUEUED', 'RUNNING'].includes(report.status));
    const seconds = (performance.now() - from) / 1000;
    if (report.status !== 'SUCCEEDED') throw new Error(report.failure);
    const { rows: [kept] } = await client.query(`select octet_length(pages) / 1e6 as megabytes, directory from reports where project_id = 1 order by id desc limit 1`);
    console.log(`| ${name} | ${seconds.toFixed(1)} | ${table ? kept.directory[table].rows.toLocaleString('en') : ''} | ${Number(kept.megabytes).toFixed(1)} | ${table ? (await slowestPage(id, table)).toFixed(0) : ''} |`);
  }

  /** What follows of itself from votes that have just come: first looks at annotators, the order of items. */
  async function rest() {
    for (let quiet = 0; quiet < 10; await sleep(500)) {
      const { rows: [{ busy }] } = await client.query(`select exists (select 1 from pgboss.job where state in ('created', 'active')) as busy`);
      quiet = busy ? 0 : quiet + 1;
    }
  }

  async function slowestPage(id, table) {
    const fields = table === 'items' ? 'agreement' : 'sharedItems value';
    const order = table === 'items' ? 'AGREEMENT' : 'VALUE';
    let after = null;
    let slowest = 0;
    for (let page = 0; page < 20; page++) {
      const from = performance.now();
      const { report } = await ask(`query ($id: ID!, $after: String) { report(id: $id) { ... on AgreementReport { ${table}(order: ${order}, first: 1000, after: $after) { nodes { ${fields} } pageInfo { endCursor } } } } }`, { id, after });
      slowest = Math.max(slowest, performance.now() - from);
      after = report[table].pageInfo.endCursor;
    }
    return slowest;
  }

  async function ask(query, variables) {
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }
} finally {
  await client.end();
  await running.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
