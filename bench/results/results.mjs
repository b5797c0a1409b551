// Soft labels of a run as rows with indices, as they were kept before, and as blocks: `npm run build && node bench/results/results.mjs [items]`, by default 1,000,000.
// An embedded PostgreSQL in a temporary folder. It writes the figures into README.md beside it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { bestClass, entropy, tiedClasses } from '../../dist/src/aggregation/index.js';
import { startApi } from '../../dist/src/application.js';
import { BinaryCopy } from '../../dist/src/platform/database/binary-copy.js';
import { readBy, readCopy } from '../../dist/src/platform/database/binary-copy-reader.js';
import { startEmbeddedPostgres } from '../../dist/src/platform/embedded-postgres/embedded-postgres.js';
import { FirstWorkspace } from '../../dist/src/projects/keys/first-workspace.js';
import { LabelWriter } from '../../dist/src/results/label-writer.js';
import { readAllLabels } from '../../dist/src/results/stored-labels.js';

const N = Number(process.argv[2] ?? 1_000_000);
const K = 5;
const [MANY, FEW] = [1000, Math.round(N / 50)];
const PAGES = 30;

const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const server = await startEmbeddedPostgres({ dataDir: folder });
const running = await startApi({ DATABASE_URL: server.url, PORT: '0', LOG_LEVEL: 'error', ASSAY_WORK: 'false', ASSAY_DATA_DIR: folder });
const client = new pg.Client({ connectionString: server.url });
await client.connect();
const lines = [];
const say = (line) => {
  lines.push(line);
  console.log(line);
};
try {
  const { key } = await running.app.get(FirstWorkspace).ensure();
  const url = (await running.app.getUrl()).replace('[::1]', '127.0.0.1');
  const { rows: [{ version }] } = await client.query(`select current_setting('server_version') as version`);
  say(`Measured on Node ${process.version}, PostgreSQL ${version} (embedded, fsync on), ${cpus()[0]?.model}, ${availableParallelism()} threads, load ${loadavg()[0].toFixed(1)} to begin with.\n`);
  const large = await newProject(1, K, N);
  const many = await newProject(2, MANY, FEW);
  const dense = posteriorsOf(N, K, K);
  const sparse = posteriorsOf(FEW, MANY, 3);

  say(`| | rows and their indices | blocks | ratio |\n|---|---|---|---|`);
  for (const [name, project, rows, count, classes] of [[`${N.toLocaleString('en')} items of ${K} classes`, large, dense, N, K], [`${FEW.toLocaleString('en')} items of ${MANY.toLocaleString('en')} classes, three of them above 0`, many, sparse, FEW, MANY]]) {
    const before = await stored('soft_labels', () => writeRows(project, rows, count, classes));
    const after = await stored('label_blocks', () => writeBlocks(project, rows, count, classes));
    compare(`${name}: stored, s`, before.seconds, after.seconds, 2);
    compare('on disk, MB', before.megabytes, after.megabytes, 0);
    const all = new Float64Array(count * classes);
    compare('all read for a scoring, s', await seconds(() => readRows(project, all, classes)), await seconds(() => readAllLabels(readBy(client), project.key, classes, all, () => {})), 2);
  }
  await client.query('vacuum analyze');

  const ask = (query, variables = {}) => graphql(url, key, query, { id: large.id, ...variables });
  // Cursors as a client has them who has read so far.
  const cursor = (...parts) => Buffer.from(JSON.stringify([...parts, large.key.runId])).toString('base64url');
  const page = (args) => `query ($id: ID!) { project(id: $id) { softLabels(first: 100${args}) { nodes { probabilities } pageInfo { endCursor } } } }`;
  const order = (field, direction = 'ASC') => `, orderBy: { field: ${field}, direction: ${direction} }`;
  const anywhere = () => Math.floor(Math.random() * N);
  const cases = {
    'the first 100 items': [() => page(''), `true order by item_code`],
    '100 items behind any': [() => page(`, after: "${cursor(anywhere())}"`), () => `item_code > ${anywhere()} order by item_code`],
    'the 100 least sure': [() => page(order('CONFIDENCE')), `true order by confidence, item_code`],
    '100 by confidence behind any place': [() => page(`${order('CONFIDENCE')}, after: "${cursor(0.6 + 0.4 * Math.random(), 5)}"`), () => `(confidence, item_code) > (${0.6 + 0.4 * Math.random()}, 5) order by confidence, item_code`],
    '100 by entropy, downwards, in a narrow range': [() => page(`${order('ENTROPY', 'DESC')}, filter: { entropy: { min: 0.5, max: 0.501 } }`), `entropy between 0.5 and 0.501 order by entropy desc, item_code desc`],
    '100 by votes behind any': [() => page(`${order('VOTES')}, after: "${cursor(4, anywhere())}"`), () => `(votes, item_code) > (4, ${anywhere()}) order by votes, item_code`],
    '100 of a class by entropy': [() => page(`${order('ENTROPY', 'DESC')}, filter: { class: "class 2" }`), `consensus = 2 order by entropy desc, item_code desc`],
    '100 of a rare class, two ranges, by item': [() => page(`, filter: { class: "class 4", votes: { min: 7 }, confidence: { max: 0.7 } }`), `consensus = 4 and votes >= 7 and confidence <= 0.7 order by item_code`],
  };
  say(`\nA page of 100 by GraphQL, ms from asking to the last byte (median of ${PAGES}, and the first one, before anything of it was read); beside it what the database took for the same page from rows.\n`);
  say('| page | blocks, median | blocks, the first | rows, database alone, median |\n|---|---|---|---|');
  for (const [name, [query, sql]] of Object.entries(cases)) {
    const times = [];
    for (let n = 0; n < PAGES; n++) times.push(await seconds(() => ask(query())) * 1000);
    const before = [];
    for (let n = 0; n < Math.min(PAGES, 9); n++) {
      const condition = typeof sql === 'function' ? sql() : sql;
      before.push(await seconds(() => client.query(`select *, probabilities::text from soft_labels where project_id = 1 and run_id = ${large.key.runId} and ${condition} limit 101`)) * 1000);
    }
    say(`| ${name} | ${median(times).toFixed(1)} | ${times[0].toFixed(1)} | ${median(before).toFixed(1)} |`);
  }
  const items = [];
  for (let n = 0; n < PAGES; n++) {
    const item = Buffer.from(`Item:1:${anywhere()}`).toString('base64url');
    items.push(await seconds(() => ask(`query ($item: ID!) { node(id: $item) { ... on Item { softLabel { probabilities } } } }`, { item })) * 1000);
  }
  say(`| the label of one item | ${median(items).toFixed(1)} | ${items[0].toFixed(1)} | |`);

  say('\n| | rows and their indices | blocks | ratio |\n|---|---|---|---|');
  compare(`A run of ${N.toLocaleString('en')} items dropped, s`, await seconds(() => client.query(`delete from soft_labels where project_id = 1`)), await seconds(() => client.query(`delete from label_blocks where project_id = 1`)), 2);
} finally {
  await client.end();
  await running.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
const readme = new URL('README.md', import.meta.url);
const text = await readFile(readme, 'utf8');
await writeFile(readme, `${text.slice(0, text.indexOf('<!-- figures -->'))}<!-- figures -->\n${lines.join('\n')}\n`);

function compare(name, before, after, digits) {
  say(`| ${name} | ${before.toFixed(digits)} | ${after.toFixed(digits)} | ${(before / after).toFixed(1)} |`);
}

async function newProject(id, classes, items) {
  await client.query(`insert into projects (workspace_id, name, classes, default_method) values (1, $1, $2, 'dawid-skene')`, [`bench ${id}`, Array.from({ length: classes }, (_, k) => `class ${k}`)]);
  await client.query(`insert into project_codes values ($1, $2, 10)`, [id, items]);
  await client.query(`insert into items (project_id, code, external_id) select $1, n, 'item ' || n from generate_series(0, $2::int - 1) n`, [id, items]);
  const { rows: [run] } = await client.query(
    `insert into runs (project_id, method_id, method_version, options, seed, watermark, origin, make_current, status, item_count, label_rows, label_blocks_since)
     values ($1, 'dawid-skene', 2, '{}', 0, 1, 'REQUEST', true, 'SUCCEEDED', $2, false, now()) returning id`, [id, items],
  );
  await client.query(`update projects set current_run_id = $2 where id = $1`, [id, run.id]);
  return { id: Buffer.from(`Project:${id}`).toString('base64url'), key: { projectId: id, runId: Number(run.id) } };
}

/** As a crowd's: mostly sure of some class; `above` classes are not 0. */
function posteriorsOf(items, classes, above) {
  const rows = new Float64Array(items * classes);
  for (let item = 0; item < items; item++) {
    const best = item % 1000 === 0 ? classes - 1 : Math.floor(Math.random() * (classes - 1));
    let left = 1;
    for (let n = 0; n < above; n++) {
      const p = n === above - 1 ? left : left * (0.6 + 0.4 * Math.random());
      rows[item * classes + ((best + n) % classes)] += p;
      left -= p;
    }
  }
  return rows;
}

function votesOf(item) {
  return 1 + (item % 9);
}

async function writeRows({ key }, rows, items, classes) {
  const columns = ['confidence', 'entropy', 'run_id', 'project_id', 'item_code', 'votes', 'consensus', 'tie', 'probabilities', 'findings'];
  const copy = new BinaryCopy(client, 'soft_labels', columns);
  for (let item = 0; item < items; item++) {
    const at = item * classes;
    const best = bestClass(rows, at, classes);
    copy.row(columns.length);
    copy.float8(rows[at + best]);
    copy.float8(entropy(rows, at, classes));
    copy.int8(key.runId);
    copy.int4(key.projectId);
    copy.int4(item);
    copy.int4(votesOf(item));
    copy.int2(best);
    copy.boolean(tiedClasses(rows, at, classes) > 1);
    copy.float8Array(rows, at, at + classes);
    copy.null();
    if (copy.isFull) await copy.flush();
  }
  await copy.end();
}

async function writeBlocks({ key }, rows, items, classes) {
  const writer = new LabelWriter(client, key, items, classes);
  for (let item = 0; item < items; item++) {
    writer.add(item, votesOf(item), rows, item * classes);
    if (writer.isFull) await writer.flush();
  }
  await writer.end([]);
}

async function readRows({ key }, target, classes) {
  for await (const rows of readCopy(client, `select item_code, probabilities from soft_labels where project_id = ${key.projectId} and run_id = ${key.runId}`)) {
    while (rows.next()) rows.float8Array(target, rows.int4() * classes);
  }
}

/** In a transaction with its commit. */
async function stored(table, write) {
  const before = await sizeOf(table);
  await client.query('begin');
  const time = await seconds(async () => {
    await write();
    await client.query('commit');
  });
  return { seconds: time, megabytes: (await sizeOf(table) - before) / 1e6 };
}

async function sizeOf(table) {
  return Number((await client.query(`select pg_total_relation_size($1) as bytes`, [table])).rows[0].bytes);
}

async function seconds(work) {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}

async function graphql(url, key, query, variables) {
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
