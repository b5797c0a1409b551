// Votes read whole against votes kept from an earlier run: `npm run build && node bench/snapshot/kept.mjs [votes]`.
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { simulateCrowd } from '../../dist/src/aggregation/index.js';
import { VotesAt } from '../../dist/src/runs/snapshot/votes-at.js';
import { openDatabase } from '../database.mjs';
import { fill, K } from './filled.mjs';

const voteCount = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 3;

const { client, folder, stop } = await openDatabase();
try {
  const { columns } = simulateCrowd({ items: Math.round(voteCount / 5), annotators: 1000, classes: K, votesPerItem: 5 }, 1);
  await fill(client, columns);
  const { rows: [{ version }] } = await client.query(`select current_setting('server_version') as version`);
  console.log(`Node ${process.version}, PostgreSQL ${version}, ${cpus()[0]?.model}, ${availableParallelism()} threads, load ${loadavg()[0].toFixed(1)}`);
  console.log(`${voteCount} votes, ${columns.itemCount} items, ${columns.annotatorCount} annotators, ${K} classes\n`);
  await compare(client, { itemCount: columns.itemCount, annotatorCount: columns.annotatorCount, classCount: K });
  console.log(`\nload at the end ${loadavg()[0].toFixed(1)}`);
} finally {
  await stop();
}

/** Round by round: 1% more votes, a tenth of which take back earlier ones; read whole, and by what was kept before they came. */
async function compare(client, size) {
  const keeping = { folder: join(folder, 'kept'), mostBytes: 1e12, fromVotes: 1 };
  console.log('| | read, s | sort or merge, s | in all, s | processor of Node, s | votes sent | file, MB | MB/s |\n|---|---|---|---|---|---|---|---|');
  for (let round = 1; round <= ROUNDS; round++) {
    const first = await read(client, size, null);
    show(`read whole ${round}`, first);
    const { reader, table } = await read(client, size, keeping);
    const from = performance.now();
    const { end } = await reader.keep(table);
    const seconds = (performance.now() - from) / 1000;
    const bytes = (await stat(join(keeping.folder, (await readdir(keeping.folder))[0]))).size;
    console.log(`| kept (${end}) ${round}, after the run | | | ${seconds.toFixed(2)} | | | ${(bytes / 1e6).toFixed(1)} | ${(bytes / 1e6 / seconds).toFixed(0)} |`);
    await change(client, size);
    show(`1% later, whole ${round}`, await read(client, size, null));
    const again = await read(client, size, keeping);
    show(`1% later, by what was kept ${round}`, again, bytes);
  }
}

async function read(client, size, keeping) {
  const { rows: [{ at }] } = await client.query('select greatest((select max(seq) from votes where project_id = 1), (select max(ended_seq) from votes where project_id = 1 and ended_seq is not null)) as at');
  const cpu = process.cpuUsage();
  const from = performance.now();
  const reader = new VotesAt(client, 1, Number(at), size, keeping);
  await reader.read();
  const between = performance.now();
  const table = await reader.sorted();
  const to = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  return { reader, table, read: (between - from) / 1000, sort: (to - between) / 1000, cpu: (user + system) / 1e6 };
}

function show(name, { reader, read, sort, cpu }, bytes = NaN) {
  const rate = bytes / 1e6 / (read + sort);
  console.log(`| ${name} | ${read.toFixed(2)} | ${sort.toFixed(2)} | ${(read + sort).toFixed(2)} | ${cpu.toFixed(2)} | ${reader.votesSent} | ${bytes ? (bytes / 1e6).toFixed(1) : ''} | ${rate ? rate.toFixed(0) : ''} |`);
}

async function change(client, { itemCount, annotatorCount }) {
  const count = Math.round(voteCount / 100);
  await client.query(
    `insert into votes (project_id, item_code, annotator_code, class_index, repeat_index)
     select 1, random() * ($2 - 1), random() * ($3 - 1), random() * ($4 - 1), (random() * 2e9)::int from generate_series(1, $1) n`, [Math.round(count * 0.9), itemCount, annotatorCount, K],
  );
  await client.query(
    `update votes set ended_seq = nextval('vote_ticket'), ended_reason = 2 where project_id = 1 and ended_seq is null and seq in (select (random() * $2)::bigint from generate_series(1, $1))`,
    [Math.round(count / 10), voteCount],
  );
  await client.query(`update project_counts set votes = (select count(*) from votes where ended_seq is null), ended = (select count(*) from votes where ended_seq is not null)`);
}
