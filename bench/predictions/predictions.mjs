// Predictions a second through the bulk route, by format, from one client, on the embedded database.
//   npm run build && node bench/predictions/predictions.mjs [--rows 1000000] [--only csv]
// Writes bench/predictions/README.md when all formats were measured. The server and this client share the machine's cores.
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parquetWriteFile } from 'hyparquet-writer';

const root = fileURLToPath(new URL('../../', import.meta.url));
const argument = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const ROWS = Number(argument('--rows') ?? 1_000_000);
const only = argument('--only');
const CLASSES = Array.from({ length: 10 }, (_, k) => `class-${k}`);
const K = CLASSES.length;
const folder = mkdtempSync(join(os.tmpdir(), 'assay-bench-'));
const port = 20_000 + (process.pid % 20_000);
let server;

/** @param work whether the API process also labels and queues the new items meanwhile, as it does where no workers run apart. */
async function start(work) {
  server = spawn(process.execPath, [join(root, 'dist/src/main.js'), '--empty'], {
    env: { ...process.env, ASSAY_DATA_DIR: join(folder, 'data'), PORT: String(port), LOG_LEVEL: 'error', ASSAY_WORK: String(work) }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  return ready();
}

async function stop() {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(join(folder, 'data'), { recursive: true, force: true });
}

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(`http://127.0.0.1:${port}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject);
    if (body?.pipe) body.pipe(request);
    else request.end(body);
  });
}

async function ready() {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await call('GET', '/readyz').catch(() => null);
    if (answer?.status === 200) {
      try {
        return readFileSync(join(folder, 'data', 'admin-key'), 'utf8').trim();
      } catch {
        // The key comes a moment after the listening.
      }
    }
    await sleep(100);
  }
  throw new Error('the server is not ready after 60 s');
}

/** Softmax of seeded noise: numbers with all their digits, as models give them. */
function probabilities() {
  const rows = new Float64Array(ROWS * K);
  let state = 1;
  for (let row = 0; row < ROWS; row++) {
    let sum = 0;
    for (let k = 0; k < K; k++) {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      sum += rows[row * K + k] = Math.exp(4 * state / 0x7fffffff);
    }
    for (let k = 0; k < K; k++) rows[row * K + k] /= sum;
  }
  return rows;
}

async function write(name, header, line) {
  const path = join(folder, name);
  const file = createWriteStream(path);
  let text = header;
  for (let row = 0; row < ROWS; row++) {
    text += line(row);
    if (text.length > 1 << 20) {
      if (!file.write(text)) await once(file, 'drain');
      text = '';
    }
  }
  file.end(text);
  await once(file, 'finish');
  return path;
}

async function writeParquet() {
  const path = join(folder, 'rows.parquet');
  parquetWriteFile({
    filename: path,
    schema: [
      { name: 'root', num_children: 2 }, { name: 'item', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'probabilities', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'DOUBLE', repetition_type: 'REQUIRED' },
    ],
    columnData: [
      { name: 'item', data: Array.from({ length: ROWS }, (_, row) => `item-${row}`) },
      { name: 'probabilities', data: Array.from({ length: ROWS }, (_, row) => Array.from(rows.subarray(row * K, (row + 1) * K))) },
    ],
  });
  return path;
}

const rows = probabilities();
const numbersOf = (row) => rows.subarray(row * K, (row + 1) * K).join(',');
const formats = [
  { id: 'csv', title: 'CSV, a column a class', type: 'text/csv', file: () => write('rows.csv', `item,${CLASSES.map((name) => `p_${name}`).join(',')}\n`, (row) => `item-${row},${numbersOf(row)}\n`) },
  { id: 'ndjson', title: 'NDJSON, a list a row', type: 'application/x-ndjson', file: () => write('rows.ndjson', '', (row) => `{"item":"item-${row}","probabilities":[${numbersOf(row)}]}\n`) },
  { id: 'parquet', title: 'Parquet, lists of doubles, Snappy', type: 'application/vnd.apache.parquet', file: writeParquet },
  { id: 'parquet-work', title: 'the same, one process for all', type: 'application/vnd.apache.parquet', file: writeParquet, work: true },
].filter(({ id }) => only === undefined || id === only);

async function newProject(key) {
  const query = `mutation { createProject(input: { name: "bench", classes: ${JSON.stringify(CLASSES)} }) { project { id } } }`;
  const { text } = await call('POST', '/graphql', JSON.stringify({ query }), { 'content-type': 'application/json', authorization: `Bearer ${key}` });
  return JSON.parse(text).data.createProject.project.id;
}

/** Seconds of processor time that the API and PostgreSQL have taken so far, by Linux. */
function processorSeconds() {
  const statOf = (pid) => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    return { parent: fields[1], own: (fields[11] + fields[12]) / 100, ended: (fields[13] + fields[14]) / 100 };
  };
  const postmaster = Number(readFileSync(join(folder, 'data', 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const { own, ended } = statOf(postmaster);
  let postgres = own + ended;
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const { parent, own: seconds } = statOf(name);
      if (parent === postmaster) postgres += seconds;
    } catch {
      // It has ended meanwhile.
    }
  }
  return { api: statOf(server.pid).own, postgres };
}

async function upload(key, projectId, version, path, type) {
  const before = processorSeconds();
  const from = performance.now();
  const { text } = await call('POST', `/projects/${projectId}/predictions?model=bench&version=${version}`, createReadStream(path, { highWaterMark: 1 << 18 }), { 'content-type': type, authorization: `Bearer ${key}` });
  const answer = JSON.parse(text);
  if (answer.created !== ROWS) throw new Error(text.slice(0, 300));
  const seconds = (performance.now() - from) / 1000;
  const after = processorSeconds();
  return { seconds, api: after.api - before.api, postgres: after.postgres - before.postgres };
}

try {
  const table = [];
  for (const { id, title, type, file, work = false } of formats) {
    const path = await file();
    const key = await start(work);
    const projectId = await newProject(key);
    const fresh = await upload(key, projectId, 'v1', path, type);
    const known = await upload(key, projectId, 'v2', path, type);
    const rate = ({ seconds, api, postgres }) => `${seconds.toFixed(1)} s | ${Math.round(ROWS / seconds).toLocaleString('en')} | ${api.toFixed(0)} + ${postgres.toFixed(0)} s`;
    table.push(`| ${title} | ${Math.round(statSync(path).size / 1e6)} MB | ${rate(fresh)} | ${rate(known)} | ${os.loadavg()[0].toFixed(1)} |`);
    console.log(id, table.at(-1));
    await stop();
    rmSync(path);
  }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  if (only === undefined) {
    writeFileSync(new URL('README.md', import.meta.url), `# Predictions into the service

\`npm run build && node bench/predictions/predictions.mjs\`; ${ROWS.toLocaleString('en')} rows of ${K} classes in one upload, every number with all its digits; one client,
${os.cpus().length} cores shared by client, API and embedded PostgreSQL (durable: fsync and synchronous_commit on), Node ${process.versions.node}, commit ${commit}. The load is the machine's when
the row was done: above 2, others were at work on the same cores.

| format | file | new items | rows/s | processor time | a second version | rows/s | processor time | load |
|---|---|---|---|---|---|---|---|---|
${table.join('\n')}

Rows of new items make the items, too: dictionary, counts, and a note for the queue. Runs, labels and the queue are worked on elsewhere (\`ASSAY_WORK=false\`), but in the last row.

Processor time is that of the API and of PostgreSQL. It hardly depends on what else the cores have to do: on idle ones the two work side by side.
`);
  }
} finally {
  server?.kill('SIGTERM');
  if (server?.exitCode === null) await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
