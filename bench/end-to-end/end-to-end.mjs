// From 1M votes in a file to soft labels on disk, through a server started as the README says, with the memory of each process.
//   npm run build && node bench/end-to-end/end-to-end.mjs [--votes 1000000]
// Writes bench/end-to-end/README.md. Everything shares the machine's cores.
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = process.argv.indexOf('--votes');
const TOTAL = asked > 0 ? Number(process.argv[asked + 1]) : 1_000_000;
const { simulateCrowd } = await import(join(root, 'dist/src/aggregation/index.js'));
const folder = mkdtempSync(join(os.tmpdir(), 'assay-bench-'));
const file = join(folder, 'votes.csv');
const port = 20_000 + (process.pid % 20_000);
const url = `http://127.0.0.1:${port}`;

function writeVotes() {
  const { columns } = simulateCrowd({ items: TOTAL / 5, annotators: 1000, classes: 5, votesPerItem: 5, skill: 0.7 }, 1);
  let text = 'item,annotator,class\n';
  for (let vote = 0; vote < columns.items.length; vote++) text += `item-${columns.items[vote]},annotator-${columns.annotators[vote]},class-${columns.classes[vote]}\n`;
  writeFileSync(file, text);
  return columns.items.length;
}

function request(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = http.request(`${url}${path}`, { method, headers }, resolve);
    sent.on('error', reject);
    if (body?.pipe) body.pipe(sent);
    else sent.end(body);
  });
}

async function text(response) {
  let all = '';
  for await (const chunk of response.setEncoding('utf8')) all += chunk;
  return all;
}

/** Peak resident memory in MB: the server's, and the largest of its database's backends (shared buffers among it). */
function peaks(pid) {
  const peakOf = (one) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  const postgres = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((name) => {
    try {
      return readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'postgres';
    } catch {
      return false;
    }
  });
  return { server: peakOf(pid), database: Math.max(0, ...postgres.map((one) => { try { return peakOf(one); } catch { return 0; } })) };
}

const votes = writeVotes();
const server = spawn(process.execPath, [join(root, 'dist/src/main.js'), '--empty'], {
  env: { ...process.env, ASSAY_DATA_DIR: folder, PORT: String(port), LOG_LEVEL: 'error' }, stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  let key;
  for (let tries = 0; !key && tries < 600; tries++) {
    await sleep(100);
    try {
      key = readFileSync(join(folder, 'admin-key'), 'utf8').trim();
    } catch {
      // Not there yet.
    }
  }
  const authorization = `Bearer ${key}`;
  const ask = async (query, variables) => JSON.parse(await text(await request('POST', '/graphql', { authorization, 'content-type': 'application/json' }, JSON.stringify({ query, variables })))).data;
  const classes = Array.from({ length: 5 }, (_, k) => `class-${k}`);
  const { createProject } = await ask('mutation ($classes: [String!]!) { createProject(input: { name: "bench", classes: $classes }) { project { id } } }', { classes });
  const projectId = createProject.project.id;
  const times = [];
  const timed = async (name, work) => {
    const from = performance.now();
    const result = await work();
    times.push([name, (performance.now() - from) / 1000]);
    return result;
  };
  await timed(`POST votes.csv (${(statSync(file).size / 1e6).toFixed(0)} MB)`, async () => {
    const answer = JSON.parse(await text(await request('POST', `/projects/${projectId}/votes`, { authorization, 'content-type': 'text/csv' }, createReadStream(file))));
    if (answer.created !== votes) throw new Error(JSON.stringify(answer).slice(0, 300));
  });
  const run = await timed('startRun (dawid-skene) to its end', async () => {
    const { startRun } = await ask('mutation ($id: ID!) { startRun(input: { projectId: $id, method: "dawid-skene" }) { run { id } } }', { id: projectId });
    for (;;) {
      const { run: seen } = await ask('query ($id: ID!) { run(id: $id) { status failure seconds diagnostics { iterations converged } } }', { id: startRun.run.id });
      if (seen.status === 'SUCCEEDED') return seen;
      if (seen.status === 'FAILED') throw new Error(seen.failure);
      await sleep(20);
    }
  });
  const out = join(folder, 'soft-labels.csv');
  await timed('GET soft-labels.csv', async () => pipeline(await request('GET', `/projects/${projectId}/soft-labels.csv`, { authorization }), createWriteStream(out)));
  const { server: serverPeak, database } = peaks(server.pid);
  const total = times.reduce((sum, [, seconds]) => sum + seconds, 0);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const report = `# From votes to soft labels

\`npm run build && node bench/end-to-end/end-to-end.mjs\`; ${votes.toLocaleString('en')} votes on ${(TOTAL / 5).toLocaleString('en')} items by 1,000 annotators, K = 5, string ids; ${os.cpus().length} cores shared by
client, service and embedded PostgreSQL (durable), Node ${process.versions.node}, load ${os.loadavg()[0].toFixed(1)} at the end, commit ${commit}.

| step | seconds |
|---|---|
${times.map(([name, seconds]) => `| ${name} | ${seconds.toFixed(2)} |`).join('\n')}
| **votes posted to soft labels downloaded** (${(statSync(out).size / 1e6).toFixed(0)} MB) | **${total.toFixed(2)}** |

The run by phase: ${Object.entries(run.seconds).map(([phase, seconds]) => `${phase} ${seconds} s`).join(', ')}; ${run.diagnostics.iterations} iterations, ${run.diagnostics.converged ? 'converged' : 'not converged'}.

Peak resident memory: the server with its kernel thread ${serverPeak.toFixed(0)} MB; the largest PostgreSQL process ${database.toFixed(0)} MB (shared buffers among it).
`;
  writeFileSync(new URL('README.md', import.meta.url), report);
  console.log(report);
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}
