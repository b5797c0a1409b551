// Downloads over a real database: `npm run build && node bench/exports/exports.mjs [votes ...]`, by default 200,000 and 1,000,000.
// An embedded PostgreSQL in a temporary folder, the service's own routes over loopback, a reader that throws away what it gets.
// It writes the figures into README.md beside it.
import { spawn } from 'node:child_process';
import { readFile, rm, mkdtemp, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { simulateCrowd } from '../../dist/src/aggregation/index.js';
import { startApi } from '../../dist/src/application.js';
import { BinaryCopy } from '../../dist/src/platform/database/binary-copy.js';
import { startEmbeddedPostgres } from '../../dist/src/platform/embedded-postgres/embedded-postgres.js';
import { LabelWriter } from '../../dist/src/results/label-writer.js';
import { FirstWorkspace } from '../../dist/src/projects/keys/first-workspace.js';

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [200_000, 1_000_000];
const K = 5;
const votesPerItem = 5;

const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const server = await startEmbeddedPostgres({ dataDir: folder });
const running = await startApi({ DATABASE_URL: server.url, PORT: '0', LOG_LEVEL: 'error', ASSAY_WORK: 'false', ASSAY_DATA_DIR: folder });
const lines = [];
try {
  const { key } = await running.app.get(FirstWorkspace).ensure();
  const url = (await running.app.getUrl()).replace('[::1]', '127.0.0.1');
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  const { rows: [{ version, postmaster }] } = await client.query(`select current_setting('server_version') as version, pg_backend_pid() as postmaster`);
  lines.push(`Measured on Node ${process.version}, PostgreSQL ${version} (embedded, fsync on), ${cpus()[0]?.model}, ${availableParallelism()} threads, load ${loadavg()[0].toFixed(1)} to begin with.`, '');
  lines.push('| rows | download | seconds | processor, service | PostgreSQL | client | rows/s | MB | resident MB | load |', '|---|---|---|---|---|---|---|---|---|---|');
  for (const [n, votes] of sizes.entries()) {
    const project = n + 1;
    await fill(client, project, votes);
    const id = Buffer.from(`Project:${project}`).toString('base64url');
    for (const name of ['votes.csv', 'votes.ndjson', 'soft-labels.ndjson', 'soft-labels.csv', 'items.ndjson']) {
      const figures = await download(`${url}/projects/${id}/${name}`, key, postmaster);
      lines.push(`| ${figures.rows.toLocaleString('en')} | ${name} | ${figures.seconds.toFixed(2)} | ${figures.node.toFixed(2)} | ${figures.server.toFixed(2)} | ${figures.client.toFixed(2)} | ${Math.round(figures.rows / figures.seconds).toLocaleString('en')} | ${figures.megabytes.toFixed(0)} | ${figures.resident.toFixed(0)} | ${figures.load.toFixed(0)} |`);
      console.log(lines.at(-1));
    }
  }
  await client.end();
} finally {
  await running.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
const readme = new URL('README.md', import.meta.url);
const text = await readFile(readme, 'utf8');
await writeFile(readme, `${text.slice(0, text.indexOf('<!-- figures -->'))}<!-- figures -->\n${lines.join('\n')}\n`);

/** As many soft labels as votes, so that both have the rows that are asked about; votes of five an item on the first fifth of the items, in rounds. */
async function fill(client, project, votes) {
  const items = votes;
  const { columns } = simulateCrowd({ items: Math.round(votes / votesPerItem), annotators: 1000, classes: K, votesPerItem }, project);
  await client.query(`insert into projects (workspace_id, name, classes, default_method) values (1, $1, $2, 'dawid-skene')`, [`bench ${project}`, Array.from({ length: K }, (_, k) => `class ${k}`)]);
  await client.query(`insert into project_codes values ($1, $2, $3)`, [project, items, 1000]);
  await client.query(`insert into items (project_id, code, external_id) select $1, n, 'item-' || lpad(n::text, 7, '0') from generate_series(0, $2::int - 1) n`, [project, items]);
  await client.query(`insert into item_counts (project_id, item_code, votes) select $1, n, 5 from generate_series(0, $2::int - 1) n`, [project, items]);
  await client.query(`insert into annotators (project_id, code, external_id) select $1, n, 'annotator ' || n from generate_series(0, 999) n`, [project]);
  // What was given together lies apart: the votes of a round before those of the next.
  const copy = new BinaryCopy(client, 'votes', ['project_id', 'item_code', 'annotator_code', 'class_index']);
  for (let round = 0; round < votesPerItem; round++) {
    for (let vote = round; vote < columns.items.length; vote += votesPerItem) {
      copy.row(4);
      copy.int4(project);
      copy.int4(columns.items[vote]);
      copy.int4(columns.annotators[vote]);
      copy.int2(columns.classes[vote]);
      if (copy.isFull) await copy.flush();
    }
  }
  await copy.end();
  const { rows: [{ id }] } = await client.query(
    `insert into runs (project_id, method_id, method_version, options, seed, watermark, origin, make_current, status, item_count, label_rows, label_blocks_since)
     values ($1, 'dawid-skene', 1, '{}', 0, 1, 'REQUEST', true, 'SUCCEEDED', $2, false, now()) returning id`, [project, items],
  );
  const writer = new LabelWriter(client, { projectId: project, runId: id }, items, K);
  for (let item = 0; item < items; item++) {
    const rest = [0.1, 0.1, 0.1, 0.01].map((most) => most * Math.random());
    writer.add(item, 5, Float64Array.of(1 - rest.reduce((sum, p) => sum + p), ...rest), 0);
    if (writer.isFull) await writer.flush();
  }
  await writer.end([]);
  await client.query(`update projects set current_run_id = $2 where id = $1`, [project, id]);
  await client.query('vacuum analyze');
  // Pages that the filling left to be written would be written by whoever reads first.
  for (const table of ['items', 'item_counts', 'votes', 'label_blocks']) await client.query(`select count(*) from ${table} rows where rows::text <> ''`);
}

/** By a client of its own, which counts line ends. */
async function download(address, key, backend) {
  let resident = 0;
  const watch = setInterval(() => (resident = Math.max(resident, process.memoryUsage().rss)), 50);
  const cpu = process.cpuUsage();
  const serverBefore = await serverSeconds(backend);
  const client = spawn(process.execPath, [fileURLToPath(new URL('client.mjs', import.meta.url)), address, key], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { rows, bytes, seconds, processor } = await json(client.stdout);
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  return {
    rows: address.endsWith('.csv') ? rows - 1 : rows, seconds, megabytes: bytes / 1e6, node: (user + system) / 1e6, server: await serverSeconds(backend) - serverBefore,
    client: processor, resident: resident / 2 ** 20, load: loadavg()[0],
  };
}

/** Seconds of processor time of the server and of all its connections; NaN where /proc is not the server's. */
async function serverSeconds(backend) {
  try {
    const fields = async (pid) => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ').map(Number);
    const postmaster = (await fields(backend))[1];
    const children = (await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')).trim().split(' ');
    let ticks = (await fields(postmaster)).slice(13, 15).reduce((sum, part) => sum + part, 0);
    for (const child of children) ticks += (await fields(child).catch(() => [])).slice(11, 13).reduce((sum, part) => sum + part, 0);
    return ticks / 100;
  } catch {
    return NaN;
  }
}
