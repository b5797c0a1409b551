// Votes a second through the API, by size of the call, with the share of each phase; from one client, on the embedded database.
//   npm run build && node bench/ingest/ingest.mjs [--votes 300000]
// Writes bench/ingest/README.md. The server and this client share the machine's cores.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = process.argv.indexOf('--votes');
const TOTAL = asked > 0 ? Number(process.argv[asked + 1]) : 300_000;
const folder = mkdtempSync(join(os.tmpdir(), 'assay-bench-'));
const port = 20_000 + (process.pid % 20_000);
const server = spawn(process.execPath, [join(root, 'dist/src/main.js'), '--empty'], {
  env: { ...process.env, ASSAY_DATA_DIR: folder, PORT: String(port), LOG_LEVEL: 'error' }, stdio: ['ignore', 'pipe', 'inherit'],
});
const url = `http://127.0.0.1:${port}`;
const agent = new http.Agent({ keepAlive: true });

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}${path}`, { agent, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject).end(body);
  });
}

async function ready() {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await call('GET', '/readyz').catch(() => null);
    if (answer?.status === 200) {
      try {
        return readFileSync(join(folder, 'admin-key'), 'utf8').trim();
      } catch {
        // The key comes a moment after the listening.
      }
    }
    await sleep(100);
  }
  throw new Error('the server is not ready after 60 s');
}

async function phases() {
  const { text } = await call('GET', '/metrics');
  const sum = (pattern) => [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  return {
    check: sum(/^assay_vote_phase_seconds_sum\{phase="check"\} (\S+)/gm), codes: sum(/^assay_vote_phase_seconds_sum\{phase="codes"\} (\S+)/gm),
    write: sum(/^assay_vote_phase_seconds_sum\{phase="write"\} (\S+)/gm), commit: sum(/^assay_vote_phase_seconds_sum\{phase="commit"\} (\S+)/gm),
    request: sum(/^assay_http_request_seconds_sum\{[^}]*route="\/graphql"[^}]*\} (\S+)/gm),
  };
}

const CREATE = '{"query":"mutation { createProject(input: { name: \\"bench\\", classes: [\\"a\\", \\"b\\", \\"c\\", \\"d\\", \\"e\\"] }) { project { id } } }"}';
const SUBMIT = 'mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created superseded duplicate rejected } results(only: [REJECTED]) { index code message } } }';

/** Five votes an item from 997 annotators, in the order in which people work: item after item. */
function* rows(total) {
  let state = 1;
  for (let n = 0; n < total; n++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    yield { item: `item-${Math.floor(n / 5)}`, annotator: `annotator-${(n * 7919) % 997}`, class: 'abcde'[state % 5] };
  }
}

async function newProject(key) {
  const { text } = await call('POST', '/graphql', CREATE, { 'content-type': 'application/json', authorization: `Bearer ${key}` });
  return JSON.parse(text).data.createProject.project.id;
}

async function measure(key, size, inFlight) {
  const projectId = await newProject(key);
  const total = Math.min(TOTAL, size * 2000);
  const bodies = [];
  let votes = [];
  for (const row of rows(total)) {
    votes.push(row);
    if (votes.length === size) {
      bodies.push(JSON.stringify({ query: SUBMIT, variables: { input: { projectId, votes } } }));
      votes = [];
    }
  }
  const before = await phases();
  const from = performance.now();
  let next = 0;
  let created = 0;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (next < bodies.length) {
      const { text } = await call('POST', '/graphql', bodies[next++], { 'content-type': 'application/json', authorization: `Bearer ${key}` });
      created += JSON.parse(text).data.submitVotes.counts.created;
    }
  }));
  const seconds = (performance.now() - from) / 1000;
  if (created !== bodies.length * size) throw new Error(`${created} of ${bodies.length * size} votes were created`);
  const after = await phases();
  const spent = Object.fromEntries(Object.keys(before).map((name) => [name, after[name] - before[name]]));
  return { size, inFlight, rate: created / seconds, spent };
}

async function bulk(key, total) {
  const projectId = await newProject(key);
  let body = 'item,annotator,class\n';
  for (const row of rows(total)) body += `${row.item},${row.annotator},${row.class}\n`;
  const from = performance.now();
  const { text } = await call('POST', `/projects/${projectId}/votes`, body, { 'content-type': 'text/csv', authorization: `Bearer ${key}` });
  const seconds = (performance.now() - from) / 1000;
  if (JSON.parse(text).created !== total) throw new Error(text.slice(0, 300));
  return total / seconds;
}

try {
  const key = await ready();
  await measure(key, 1000, 1);
  const table = [];
  for (const [size, inFlight] of [[1, 1], [10, 1], [100, 1], [1000, 1], [1000, 4], [10_000, 1], [10_000, 4]]) {
    const { rate, spent } = await measure(key, size, inFlight);
    const rest = spent.request - spent.check - spent.codes - spent.write - spent.commit;
    const share = (part) => `${Math.round((100 * part) / spent.request)}%`;
    table.push(`| ${size.toLocaleString('en')} | ${inFlight} | ${Math.round(rate).toLocaleString('en')} | ${[rest, spent.check, spent.codes, spent.write, spent.commit].map(share).join(' | ')} |`);
    console.log(table.at(-1));
  }
  const rate = await bulk(key, TOTAL);
  console.log('bulk', Math.round(rate));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  writeFileSync(new URL('README.md', import.meta.url), `# Votes into the service

\`npm run build && node bench/ingest/ingest.mjs\`; one client, ${os.cpus().length} cores shared by client, API and embedded PostgreSQL (durable: fsync and
synchronous_commit on), Node ${process.versions.node}, load ${os.loadavg()[0].toFixed(1)} at the end, commit ${commit}. Up to ${TOTAL.toLocaleString('en')} new votes with string ids a row, 5 an item, 997 annotators.

Shares are of the time between request and answer: GraphQL (parsing, coercion, the answer, HTTP), check (each row), codes (dictionary of ids, new
items among them), write (votes and all counts, one statement), commit.

| votes a call | calls in flight | votes/s | GraphQL | check | codes | write | commit |
|---|---|---|---|---|---|---|---|
${table.join('\n')}

Bulk route, one CSV of ${TOTAL.toLocaleString('en')} rows: ${Math.round(rate).toLocaleString('en')} votes/s.
`);
} finally {
  agent.destroy();
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}
