// Votes that come one a call, as labelling screens send them, with so many callers at once; and each after a nextItems of its own.
//   npm run build && node bench/ingest/singles.mjs [--before <a built checkout to compare with>] [--seconds 8]
// Writes bench/ingest/SINGLES.md. Checkouts take turns, twice each; the table has the better turn of each.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { open, quantiles } from '../assignment/client.mjs';
import { databaseSeconds, secondsOf } from '../assignment/processors.mjs';
import { root } from '../assignment/service.mjs';

const valueOf = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise);
const SECONDS = Number(valueOf('--seconds', 8));
const before = valueOf('--before', null);
const ITEMS = 20_000;
const SUBMIT = 'mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } results(only: [REJECTED]) { code message } } }';
const NEXT = 'mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { item } empty { reason message } } }';
const CREATE = 'mutation { createProject(input: { name: "bench", classes: ["a", "b", "c", "d", "e"], rules: { maxVotes: 9 } }) { project { id } } }';

/** One turn of a checkout: a service of its own, and each row of the table once. */
async function turn(checkout) {
  const { startService } = await import(join(checkout, 'bench/assignment/service.mjs'));
  const service = await startService();
  const client = await service.connect();
  const { rows: [{ pid }] } = await client.query('select pg_backend_pid() as pid');
  const rows = [];
  try {
    const { createProject } = await service.ask(CREATE);
    const projectId = createProject.project.id;
    await service.call('POST', `/projects/${projectId}/votes`, votesOf(ITEMS), { 'content-type': 'text/csv' });
    const socketOf = () => open(service.port, service.key);
    await firstItem(await socketOf(), projectId);
    for (const [pairs, inFlight] of [[false, 1], [false, 16], [false, 64], [true, 1], [true, 16], [true, 64]]) rows.push(await measure({ service, pid, projectId, socketOf, pairs, inFlight }));
  } finally {
    await client.end();
    await service.stop();
  }
  return rows;
}

async function measure({ service, pid, projectId, socketOf, pairs, inFlight }) {
  const sockets = await Promise.all(Array.from({ length: inFlight }, socketOf));
  const times = { next: [], vote: [] };
  const timed = async (list, work) => {
    const from = performance.now();
    const answer = await work();
    list.push(performance.now() - from);
    return answer;
  };
  const cpu = [secondsOf(service.pid), databaseSeconds(pid), process.cpuUsage()];
  const from = performance.now();
  const end = from + SECONDS * 1000;
  let count = 0;
  await Promise.all(sockets.map(async (socket, who) => {
    const annotator = `caller ${inFlight} ${who}`;
    while (performance.now() < end) {
      const n = count++;
      let item = `new ${pairs} ${inFlight} ${n >> 2}`;
      if (pairs) {
        const { nextItems } = await timed(times.next, () => socket({ query: NEXT, variables: { input: { projectId, annotator, count: 1 } } }));
        if (nextItems.empty) throw new Error(nextItems.empty.message);
        [{ item }] = nextItems.leases;
      }
      const vote = { item, annotator: pairs ? annotator : `annotator ${n % 997}`, class: 'abcde'[n % 5] };
      const { submitVotes } = await timed(times.vote, () => socket({ query: SUBMIT, variables: { input: { projectId, idempotencyKey: `${pairs}-${inFlight}-${n}`, votes: [vote] } } }));
      if (submitVotes.counts.created !== 1) throw new Error(JSON.stringify(submitVotes));
    }
  }));
  const seconds = (performance.now() - from) / 1000;
  const own = process.cpuUsage(cpu[2]);
  sockets.forEach((socket) => socket.close());
  return {
    pairs, inFlight, rate: count / seconds, next: pairs ? quantiles(times.next) : null, vote: quantiles(times.vote),
    cpu: [secondsOf(service.pid) - cpu[0], databaseSeconds(pid) - cpu[1], (own.user + own.system) / 1e6].map((spent) => (1000 * spent) / count),
  };
}

function votesOf(items) {
  let text = 'item,annotator,class\n';
  for (let n = 0; n < items; n++) text += `item ${n},annotator ${n % 997},${'abcde'[n % 5]}\n`;
  return text;
}

/** Until the queue has been put in order for the first time. */
async function firstItem(socket, projectId) {
  for (;;) {
    const answer = await socket({ query: NEXT, variables: { input: { projectId, annotator: 'first', count: 1 } } }).catch(() => null);
    if (answer?.nextItems.leases.length > 0) return socket.close();
    await new Promise((done) => setTimeout(done, 300));
  }
}

const checkouts = [...(before ? [['before', resolve(before)]] : []), ['now', root]];
const best = new Map();
for (let round = 0; round < 2; round++) {
  for (const [name, checkout] of checkouts) {
    for (const [at, row] of (await turn(checkout)).entries()) {
      const key = `${at} ${name}`;
      if (!best.has(key) || best.get(key).rate < row.rate) best.set(key, row);
    }
  }
}
const commitOf = (checkout) => execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: checkout, encoding: 'utf8' }).trim();
const number = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2));
const table = [...best].sort(([a], [b]) => parseInt(a) - parseInt(b) || a.localeCompare(b)).map(([key, { pairs, inFlight, rate, next, vote, cpu }]) => {
  const name = key.split(' ')[1];
  return `| ${pairs ? 'nextItems, then its vote' : 'votes'} | ${inFlight} | ${name} | ${number(rate)} | ${next ? `${number(next.p50)} / ${number(next.p99)}` : ''} | ${number(vote.p50)} / ${number(vote.p99)} | ${cpu.map((spent) => spent.toFixed(2)).join(' + ')} |`;
});
writeFileSync(new URL('SINGLES.md', import.meta.url), `# Votes that come one a call

\`node bench/ingest/singles.mjs${before ? ' --before <checkout>' : ''}\`: each call has one vote and an idempotency key; ${ITEMS.toLocaleString('en')} items, ${SECONDS} s a row, ${os.cpus().length} cores shared by callers, service and the embedded
PostgreSQL (durable), Node ${process.versions.node}, load ${os.loadavg()[0].toFixed(1)} at the end, commit ${commitOf(root)}${before ? `, before: ${commitOf(resolve(before))}; they took turns, twice each, and the better turn of each row is shown` : ''}.

| calls | in flight |  | a second | nextItems p50 / p99 ms | submitVotes p50 / p99 ms | CPU ms: service + database + callers |
|---|---|---|---|---|---|---|
${table.join('\n')}

Votes of a moment are one transaction for each project: the more of them come at once, the less each costs.
`);
console.log(table.join('\n'));
