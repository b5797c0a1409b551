// Seconds for a look at all annotators of a large project: `npm run build && node bench/reliability/scale.mjs [votes] [annotators]`.
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { simulateCrowd } from '../../dist/src/aggregation/index.js';
import { Compute } from '../../dist/src/compute/compute.service.js';
import { BinaryCopy } from '../../dist/src/platform/database/binary-copy.js';
import { dataSourceOptions } from '../../dist/src/platform/database/database.js';
import { TimelineService } from '../../dist/src/reliability/timeline.service.js';
import { openDatabase } from '../database.mjs';
import { runMethod } from '../run.mjs';

const voteCount = Number(process.argv[2] ?? 1_000_000);
const annotatorCount = Number(process.argv[3] ?? 1000);
const K = 5;
const votesPerItem = 5;

const { url, client, stop } = await openDatabase();
try {
  const { columns } = simulateCrowd({ items: Math.round(voteCount / votesPerItem), annotators: annotatorCount, classes: K, votesPerItem, spammers: 0.1, drifters: 0.1 }, 1);
  await fill(client, columns);
  await runMethod({ client, url }, 'dawid-skene', columns);
  console.log(`Node ${process.version}, ${cpus()[0]?.model}, ${availableParallelism()} threads, load ${loadavg()[0].toFixed(1)}`);
  console.log(`${voteCount} votes, ${columns.itemCount} items, ${annotatorCount} annotators, ${K} classes\n`);
  await looks(client, url);
  await timelines(url, columns);
} finally {
  await stop();
}

/** The crowd as project 1, its votes in the order of items, with times from 2 to 14 seconds. */
async function fill(client, { items, annotators, classes, itemCount }) {
  await client.query(`insert into workspaces (name) values ('bench')`);
  await client.query(`insert into projects (workspace_id, name, classes, default_method, pause_rule) values (1, 'bench', $1, 'dawid-skene', 'votes > 1e9')`, [Array.from({ length: K }, (_, k) => `class ${k}`)]);
  await client.query(`insert into project_codes values (1, $1, $2)`, [itemCount, annotatorCount]);
  const copy = new BinaryCopy(client, 'votes', ['project_id', 'seq', 'item_code', 'annotator_code', 'duration_ms', 'class_index']);
  for (let vote = 0; vote < items.length; vote++) {
    copy.row(6);
    copy.int4(1);
    copy.int8(vote + 1);
    copy.int4(items[vote]);
    copy.int4(annotators[vote]);
    copy.int4(2000 + ((vote * 7919) % 12_000));
    copy.int2(classes[vote]);
    if (copy.isFull) await copy.flush();
  }
  await copy.end();
  await client.query('vacuum analyze votes');
}

async function looks(client, url) {
  console.log('| look | read | evaluate | store | in all, thread included | processor, Node | processor, PostgreSQL | flags | resident MB |\n|---|---|---|---|---|---|---|---|---|');
  const { rows: [{ pid }] } = await client.query('select pg_backend_pid() as pid');
  for (let n = 1; n <= 3; n++) {
    let resident = 0;
    const watch = setInterval(() => (resident = Math.max(resident, process.memoryUsage().rss)), 20);
    const cpu = process.cpuUsage();
    const serverCpu = await endedBackendsCpu(pid);
    const from = performance.now();
    const { seconds, flags } = await new Compute().run({ module: new URL('../../dist/src/reliability/reliability.task.js', import.meta.url), input: { url, projectId: 1 } });
    const total = (performance.now() - from) / 1000;
    clearInterval(watch);
    const { user, system } = process.cpuUsage(cpu);
    // Until the server has taken note of the backend's end.
    await sleep(500);
    const processor = [(user + system) / 1e6, await endedBackendsCpu(pid) - serverCpu].map((used) => used.toFixed(2)).join(' | ');
    console.log(`| ${n} | ${seconds.read} | ${seconds.evaluate} | ${seconds.store} | ${total.toFixed(2)} | ${processor} | ${flags} | ${(resident / 2 ** 20).toFixed(0)} |`);
  }
  const { rows } = await client.query(`select kind, count(*)::int from annotator_flags where project_id = 1 and ended_at is null group by kind order by kind`);
  console.log(`\n${rows.map((row) => `${row.count} ${row.kind}`).join(', ')}`);
}

/** Milliseconds of a page of an annotator's timeline, as the API works it out. */
async function timelines(url, { annotators }) {
  const source = await new DataSource(dataSourceOptions(url, 2, 60_000)).initialize();
  const service = new TimelineService(source);
  const votes = annotators.filter((annotator) => annotator === 7).length;
  for (const args of [{ window: 'VOTES', votes: 50, first: 10 }, { window: 'DAY', first: 50 }]) {
    const spent = [];
    for (let n = 0; n < 5; n++) {
      const from = performance.now();
      await service.of({ projectId: 1, code: 7 }, args);
      spent.push(performance.now() - from);
    }
    console.log(`\ntimeline of an annotator of ${votes} votes, ${JSON.stringify(args)}: ${Math.min(...spent).toFixed(0)} to ${Math.max(...spent).toFixed(0)} ms`);
  }
  await source.destroy();
}

/** Seconds of processor time of the server's ended backends, the look's own among them; NaN where /proc is not the server's. */
async function endedBackendsCpu(backend) {
  const fields = async (pid) => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ').map(Number);
  try {
    const postmaster = (await fields(backend))[1];
    const stat = await fields(postmaster);
    return (stat[13] + stat[14]) / 100;
  } catch {
    return NaN;
  }
}
