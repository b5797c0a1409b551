// What it costs to keep what top-two finds beside its soft labels: `npm run build && node bench/findings/findings.mjs [items] [rounds]`.
// With --save, README.md is written anew.
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { aggregate, simulateCrowd, VoteTable, findMethod } from '../../dist/src/aggregation/index.js';
import { migrateDatabase } from '../../dist/src/platform/database/database.js';
import { startEmbeddedPostgres } from '../../dist/src/platform/embedded-postgres/embedded-postgres.js';
import { foundColumns } from '../../dist/src/runs/results/found.js';
import { writeSoftLabels } from '../../dist/src/runs/results/result-rows.js';

const [items = 1_000_000, rounds = 5] = process.argv.slice(2).filter((word) => !word.startsWith('--')).map(Number);
const K = 5;
const { columns } = simulateCrowd({ items, annotators: 1000, classes: K, votesPerItem: 5, model: 'top-two' }, 1);
const votes = new VoteTable(columns);
const result = aggregate(votes, 'top-two', { options: { maxIterations: 5 } });
const found = foundColumns(findMethod('top-two'), result, 'item');

const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const server = await startEmbeddedPostgres({ dataDir: folder });
const lines = [];
const say = (line) => {
  console.log(line);
  lines.push(line);
};
try {
  await migrateDatabase(server.url);
  const watcher = await connected();
  const { rows: [{ pid }] } = await watcher.query('select pg_backend_pid() as pid');
  say(`${items.toLocaleString('en-US')} items, K = ${K}, ${found.names.length} findings an item; ${cpus()[0]?.model}, ${availableParallelism()} threads, Node ${process.version}, load ${loadavg()[0].toFixed(1)}.`);
  say('The two are stored in turn, each into an empty table; seconds of the wall and of the database\'s processor.\n');
  say('| round | labels alone, s | with findings, s | ratio | labels alone, database s | with findings, database s | ratio |\n|---|---|---|---|---|---|---|');
  const ratios = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const plain = await stored(watcher, pid, null);
    const whole = await stored(watcher, pid, found);
    // The first finds cold files.
    if (round === 0) continue;
    ratios[0].push(whole.wall / plain.wall);
    ratios[1].push(whole.processor / plain.processor);
    say(`| ${round} | ${plain.wall.toFixed(2)} | ${whole.wall.toFixed(2)} | ${ratios[0].at(-1).toFixed(2)} | ${plain.processor.toFixed(2)} | ${whole.processor.toFixed(2)} | ${ratios[1].at(-1).toFixed(2)} |`);
  }
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  say(`\nMedian ratio: ${median(ratios[0]).toFixed(2)} of the wall, ${median(ratios[1]).toFixed(2)} of the processor.`);
  await watcher.end();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
if (process.argv.includes('--save')) {
  await writeFile(new URL('README.md', import.meta.url), `# What findings cost\n\nA run of top-two keeps ten numbers an item beside the K probabilities: both answers, their probabilities, the confusion with its\ninterval, and marks. \`npm run build && node bench/findings/findings.mjs --save\` stores both ways and writes this page.\n\n${lines.join('\n')}\n`);
}

async function connected() {
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function stored(watcher, pid, findings) {
  await watcher.query('truncate label_blocks');
  const client = await connected();
  const processor = await endedBackends(pid);
  const from = performance.now();
  await client.query('begin');
  await writeSoftLabels(client, { projectId: 1, runId: 1 }, votes, result.posteriors, findings, null);
  await client.query('commit');
  const wall = (performance.now() - from) / 1000;
  await client.end();
  // Until the server has taken note of the backend's end.
  await sleep(500);
  return { wall, processor: await endedBackends(pid) - processor };
}

/** Seconds of processor time of the server's ended backends. */
async function endedBackends(backend) {
  const fields = async (pid) => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ').map(Number);
  const stat = await fields((await fields(backend))[1]);
  return (stat[13] + stat[14]) / 100;
}
