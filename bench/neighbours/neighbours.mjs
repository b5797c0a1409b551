// What a neighbour's worst cases do to others' votes and next items. One service, two workspaces: one labels at a steady rate, the
// other attacks. Usage: npm run build && node bench/neighbours/neighbours.mjs [seconds a row] [a word of the attacks to measure]
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runToEnd, startService } from '../assignment/service.mjs';
import { names } from './attack.mjs';

const seconds = Number(process.argv[2] ?? 20);
const word = process.argv[3] ?? '';
const VOTES = Number(process.env.NEIGHBOUR_VOTES ?? 1_000_000);
const ITEMS = VOTES / 5;
const CLASSES = ['a', 'b', 'c', 'd'];
/** Of the one who labels: calls of nextItems a second, each followed by a vote. */
const RATE = 20;

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const start = (script) => fork(file(script), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
const ended = (child) => new Promise((resolve, reject) => child.once('message', (found) => (found.fault ? reject(new Error(found.fault)) : resolve(found))));

const service = await startService();
try {
  const client = await service.connect();
  const { rows: [theirs] } = await client.query(`insert into workspaces (name) values ('neighbour') returning id`);
  const { createApiKey } = await service.ask(`mutation { createApiKey(input: { name: "neighbour", scopes: [WORKSPACE_ADMIN] }) { secret apiKey { prefix } } }`);
  await client.query(`update api_keys set workspace_id = $1 where prefix = $2`, [theirs.id, createApiKey.apiKey.prefix]);
  const asNeighbour = async (path, body, type) => {
    const answer = await fetch(`http://127.0.0.1:${service.port}${path}`, { method: 'POST', headers: { authorization: `Bearer ${createApiKey.secret}`, 'content-type': type }, body, ...(typeof body !== 'string' && { duplex: 'half' }) });
    const told = await answer.json();
    if (!answer.ok || told.errors) throw new Error(JSON.stringify(told));
    return told.data ?? told;
  };
  const graphql = (query, variables) => asNeighbour('/graphql', JSON.stringify({ query, variables }), 'application/json');
  const create = 'mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }';
  const large = (await graphql(create, { input: { name: 'large', classes: CLASSES, rules: { maxVotes: 10 } } })).createProject.project.id;
  await asNeighbour(`/projects/${large}/votes`, ReadableStream.from((async function* () {
    for (let at = 0; at < VOTES; at += 5000) yield Buffer.from(Array.from({ length: 5000 }, (_, i) => `{"item":"i${(at + i) % ITEMS}","annotator":"a${Math.floor((at + i) / ITEMS) * 8 + ((at + i) % 8)}","class":"${CLASSES[(at + i) % 4]}"}\n`).join(''));
  })()), 'application/x-ndjson');
  await runToEnd({ ask: graphql }, large, 'majority-vote');
  const mine = (await service.ask(create, { input: { name: 'mine', classes: CLASSES, rules: { maxVotes: 5 } } })).createProject.project.id;
  await service.call('POST', `/projects/${mine}/items`, Array.from({ length: 20_000 }, (_, i) => `{"item":"m${i}"}\n`).join(''), { 'content-type': 'application/x-ndjson' });
  const label = async (lasting) => {
    const load = start('../assignment/load.mjs');
    load.send({ port: service.port, key: service.key, projectId: mine, annotators: 40, classes: CLASSES, rate: RATE, answers: true, seconds: lasting });
    return ended(load);
  };
  await sleep(5000);
  await label(5);

  const measured = [];
  const measure = async (name) => {
    const attack = name && start('attack.mjs');
    if (attack) {
      attack.send({ name, port: service.port, key: createApiKey.secret, projectId: large });
      await sleep(2000);
    }
    let healthWorst = 0;
    let isOver = false;
    const health = (async () => {
      while (!isOver) {
        const from = performance.now();
        await service.call('GET', '/livez').catch(() => undefined);
        healthWorst = Math.max(healthWorst, performance.now() - from);
        await sleep(100);
      }
    })();
    const found = await label(seconds).catch((error) => ({ fault: error.message }));
    isOver = true;
    await health;
    let told = null;
    if (attack) {
      attack.send('end');
      told = await ended(attack);
    }
    measured.push({ name, found, told, healthWorst });
    console.error(name ?? 'nobody', JSON.stringify(found.fault ?? { next: found.asked, vote: found.voted }), JSON.stringify(told), Math.round(healthWorst));
    await atRest();
  };
  /** What a row has left to do (votes that were sent, files that are cleared away) must not count in the next. */
  const atRest = async () => {
    const used = async () => Number(/^process_cpu_seconds_total ([\d.]+)/m.exec(await service.call('GET', '/metrics'))[1]);
    const busy = async () => (await client.query(`select count(*)::int as count from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'`)).rows[0].count;
    for (let quiet = 0, waited = 0; quiet < 5 && waited < 30; waited++) {
      const before = await used();
      await sleep(1000);
      quiet = (await used()) - before < 0.15 && (await busy()) === 0 ? quiet + 1 : 0;
    }
  };
  await atRest();
  await measure(null);
  for (const name of names.filter((one) => one.includes(word))) await measure(name);
  await measure(null);

  const quiet = measured.filter(({ name }) => name == null).map(({ found }) => found);
  const base = (pick) => Math.min(...quiet.map(pick));
  const [next50, next99, vote50, vote99] = [(f) => f.asked.p50, (f) => f.asked.p99, (f) => f.voted.p50, (f) => f.voted.p99];
  const cell = (found, pick) => `${pick(found).toFixed(0)} (${(pick(found) / base(pick)).toFixed(1)})`;
  const rows = measured.map(({ name, found, told, healthWorst }) => (found.fault
    ? `| ${name} | ${found.fault} | | | | | |`
    : `| ${name ?? 'nobody'} | ${cell(found, next50)} | ${cell(found, next99)} | ${cell(found, vote50)} | ${cell(found, vote99)} | ${healthWorst.toFixed(0)} | ${told ? Object.entries(told.statuses).map(([status, count]) => `${count} x ${status}`).join(', ') : ''} |`));
  const table = ['| the neighbour does | nextItems p50 ms | p99 ms | submitVotes p50 ms | p99 ms | /livez at most ms | and is answered |', '|---|---|---|---|---|---|---|', ...rows].join('\n');
  console.log(`${table}\n\n${os.cpus().length} cores, Node ${process.versions.node}, ${VOTES} votes, ${RATE} nextItems and votes a second, ${seconds} s a row, load ${os.loadavg()[0].toFixed(1)}`);
  if (process.env.NEIGHBOUR_TABLE) writeFileSync(process.env.NEIGHBOUR_TABLE, table);
  await client.end();
} finally {
  await service.stop();
}
