// A run's work over a real database: `npm run build && node bench/snapshot/snapshot.mjs [votes] [method]`.
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { simulateCrowd } from '../../dist/src/aggregation/index.js';
import { readSnapshot } from '../../dist/src/runs/snapshot/snapshot.js';
import { openDatabase } from '../database.mjs';
import { runMethod } from '../run.mjs';
import { fill, K } from './filled.mjs';

const voteCount = Number(process.argv[2] ?? 1_000_000);
const methodId = process.argv[3] ?? 'dawid-skene';
const votesPerItem = 5;

const { url, client, stop } = await openDatabase();
try {
  const { columns } = simulateCrowd({ items: Math.round(voteCount / votesPerItem), annotators: 1000, classes: K, votesPerItem }, 1);
  await fill(client, columns);
  const { rows: [{ version }] } = await client.query(`select current_setting('server_version') as version`);
  console.log(`Node ${process.version}, PostgreSQL ${version}, ${cpus()[0]?.model}, ${availableParallelism()} threads, load ${loadavg()[0].toFixed(1)}`);
  console.log(`${voteCount} votes, ${columns.itemCount} items, ${columns.annotatorCount} annotators, ${K} classes\n`);
  await readBack(client);
  await wholeRuns(client, url, columns);
} finally {
  await stop();
}

async function readBack(client) {
  const sql = 'select item_code, annotator_code, class_index from votes where project_id = 1 and seq <= $1 and (ended_seq is null or ended_seq > $1) and outcome = 0';
  const ways = [
    ['COPY binary into columns', () => readSnapshot(client, 1, voteCount)],
    ['rows of the driver', () => client.query(sql, [voteCount])],
  ];
  console.log('| read-back, best of 3 | ms | million votes/s |\n|---|---|---|');
  for (const [name, read] of ways) {
    let best = Infinity;
    for (let n = 0; n < 3; n++) {
      const from = performance.now();
      await read();
      best = Math.min(best, performance.now() - from);
    }
    console.log(`| ${name} | ${best.toFixed(0)} | ${(voteCount / best / 1000).toFixed(2)} |`);
  }
}

/** Three runs on kernel threads, as a worker does them, with the run's own clock for each phase. */
async function wholeRuns(client, url, columns) {
  const { rows: [{ pid }] } = await client.query('select pg_backend_pid() as pid');
  console.log('\n| run, seconds | snapshot | sort | aggregate | store | in all | processor, Node | processor, PostgreSQL | iterations | resident MB |\n|---|---|---|---|---|---|---|---|---|---|');
  for (let n = 1; n <= 3; n++) {
    let resident = 0;
    const watch = setInterval(() => (resident = Math.max(resident, process.memoryUsage().rss)), 20);
    const cpu = process.cpuUsage();
    const serverCpu = await endedBackendsCpu(pid);
    const from = performance.now();
    const { id, seconds } = await runMethod({ client, url }, methodId, columns);
    const total = (performance.now() - from) / 1000;
    clearInterval(watch);
    const { user, system } = process.cpuUsage(cpu);
    // Until the server has taken note of the backend's end.
    await sleep(500);
    const processor = [(user + system) / 1e6, await endedBackendsCpu(pid) - serverCpu].map((used) => used.toFixed(2)).join(' | ');
    const { rows: [{ iterations }] } = await client.query('select iterations from runs where id = $1', [id]);
    console.log(`| ${methodId} ${n} | ${seconds.snapshot} | ${seconds.sort} | ${seconds.aggregate} | ${seconds.store} | ${total.toFixed(2)} | ${processor} | ${iterations} | ${(resident / 2 ** 20).toFixed(0)} |`);
  }
}

/** Seconds of processor time of the server's ended backends, the run's own among them; NaN where /proc is not the server's. */
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
