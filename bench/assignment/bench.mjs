// What to label next with a million open items: latency and calls a second, plans, rescoring, and the age of live labels.
//   npm run build && node bench/assignment/bench.mjs [--items 1000000] [--seconds 20]
// Writes bench/assignment/README.md. Annotators, service and database share the machine's cores. About ten minutes.
import { execFileSync, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from './bench-report.mjs';
import { generator } from './crowd.mjs';
import { lastPlan, logNoPlans, logPlans } from './plans.mjs';
import { databaseSeconds, secondsOf } from './processors.mjs';
import { root, runToEnd, startService } from './service.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const asked = (name, fallback) => (process.argv.includes(name) ? Number(process.argv[process.argv.indexOf(name) + 1]) : fallback);
const ITEMS = asked('--items', 1_000_000);
const SECONDS = asked('--seconds', 20);
const ANNOTATORS = 200;
const folder = mkdtempSync(join(os.tmpdir(), 'assay-bench-'));
let service = await startService({ folder });

try {
  const found = { items: ITEMS, annotators: ANNOTATORS, seconds: SECONDS, asking: [] };
  const classes = [...'abcde'];
  const projectId = await newProject(classes, 'information-gain');
  found.votesSeconds = await timed(() => upload(projectId, 'votes', votesOf(classes)));
  found.run = await runToEnd(service, projectId, 'dawid-skene');
  found.rescored = await rescored(projectId);
  await quiet();
  for (const answers of [false, true]) {
    for (const load of [{ inFlight: 1 }, { inFlight: 16 }, { inFlight: ANNOTATORS }, { rate: 200 }, { rate: 500 }, { rate: 1000 }]) {
      if (answers && load.rate > 500) continue;
      found.asking.push({ ...load, answers, ...await asking(projectId, classes, { ...load, answers }) });
      console.log(JSON.stringify(found.asking.at(-1)));
    }
  }
  found.live = await live(projectId, classes);
  console.log(JSON.stringify(found.live));
  found.plans = await plans(projectId);

  const ten = Array.from({ length: 10 }, (_, k) => `class-${k}`);
  const predicted = await newProject(ten, 'activelab');
  await upload(predicted, 'votes', votesOf(ten));
  found.predictionsSeconds = await timed(() => upload(predicted, 'predictions?model=m&version=1', predictionsOf(ten), 'application/x-ndjson'));
  await sleep(1000);
  found.rescoredActiveLab = await rescored(predicted);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const text = report(found, { cores: os.cpus().length, node: process.versions.node, load: os.loadavg()[0], commit });
  writeFileSync(new URL('README.md', import.meta.url), text);
  console.log(text);
} finally {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function newProject(classes, policy) {
  const { createProject } = await service.ask('mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }', {
    input: { name: policy, classes, rules: { maxVotes: 5, policy, defaultMethod: 'dawid-skene' } },
  });
  return createProject.project.id;
}

async function upload(projectId, what, rows, type = 'text/csv') {
  const answer = JSON.parse(await service.call('POST', `/projects/${projectId}/${what}`, Readable.from(rows), { 'content-type': type }));
  if (answer.rejected > 0 || answer.created !== answer.rows) throw new Error(JSON.stringify(answer).slice(0, 500));
}

/** Two votes an item, by annotators who are right in 55% to 95% of their votes. */
function* votesOf(classes) {
  const random = generator(1);
  let text = 'item,annotator,class\n';
  for (let item = 0; item < ITEMS; item++) {
    const truth = Math.floor(random() * classes.length);
    const first = Math.floor(random() * ANNOTATORS);
    for (const annotator of [first, (first + 1 + Math.floor(random() * (ANNOTATORS - 1))) % ANNOTATORS]) {
      const isRight = random() < 0.55 + (0.4 * annotator) / ANNOTATORS;
      text += `item-${item},annotator-${annotator},${classes[isRight ? truth : Math.floor(random() * classes.length)]}\n`;
    }
    if (text.length > 60_000) {
      yield text;
      text = '';
    }
  }
  yield text;
}

/** Sums of 1 to the last bit but a few. */
function* predictionsOf(classes) {
  const random = generator(2);
  let text = '';
  for (let item = 0; item < ITEMS; item++) {
    const numbers = classes.map(() => random() ** 3);
    const sum = numbers.reduce((total, number) => total + number, 0);
    text += `{"item":"item-${item}","probabilities":[${numbers.map((number) => number / sum).join()}]}\n`;
    if (text.length > 60_000) {
      yield text;
      text = '';
    }
  }
  yield text;
}

async function timed(work) {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}

async function inDatabase(work) {
  const database = await service.connect();
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}

/** Once the project's queue is of its run and predictions. @returns seconds by phase, and from the first wish for it to its end */
async function rescored(projectId) {
  const number = Number(Buffer.from(projectId, 'base64url').toString().split(':')[1]);
  return inDatabase(async (database) => {
    for (;;) {
      const { rows: [queue] } = await database.query(
        `select seconds, (select count(*)::int from item_queue where project_id = $1 and generation = queue.generation) as entries
         from project_queues queue join projects project on project.id = queue.project_id
         where project.id = $1 and queue.scored_at is not null and queue.run_id is not distinct from project.current_run_id and queue.scoring_version = project.scoring_version`,
        [number],
      );
      if (queue) return queue;
      await sleep(200);
    }
  });
}

/** What the load left to do in the background is done; statistics are those of the tables as they are. */
async function quiet() {
  await inDatabase(async (database) => {
    while ((await database.query('select 1 from touched_items limit 1')).rowCount > 0) await sleep(200);
    await database.query('vacuum analyze');
    await database.query('checkpoint').catch(() => undefined);
  });
}

function child(file, plan) {
  return new Promise((resolve, reject) => {
    const process = fork(new URL(file, import.meta.url));
    process.once('message', (answer) => (answer.fault ? reject(new Error(answer.fault)) : resolve(answer)));
    process.once('error', reject);
    process.send(plan);
  });
}

async function asking(projectId, classes, load) {
  const plan = { port: service.port, key: service.key, projectId, annotators: ANNOTATORS, classes, ...load };
  await child('load.mjs', { ...plan, seconds: 3 });
  return inDatabase(async (database) => {
    const { rows: [{ pid }] } = await database.query('select pg_backend_pid() as pid');
    const before = { service: secondsOf(service.pid), database: databaseSeconds(pid) };
    const measured = await child('load.mjs', { ...plan, seconds: SECONDS });
    return { ...measured, cpu: { service: secondsOf(service.pid) - before.service, database: databaseSeconds(pid) - before.database, annotators: measured.cpuSeconds } };
  });
}

/** On items that nobody was asked about meanwhile: those at the queue's end. */
async function live(projectId, classes) {
  const { items } = await inDatabase(async (database) => {
    const { rows } = await database.query(
      `select item.external_id as item from items item join item_counts counts on counts.project_id = item.project_id and counts.item_code = item.code
       where item.project_id = 1 and counts.votes = 2 and counts.leases = 0 order by item.code desc limit $1`, [500 * SECONDS],
    );
    return { items: rows.map((row) => row.item) };
  });
  return child('live-age.mjs', { port: service.port, key: service.key, projectId, rate: 500, seconds: SECONDS, items, votesBefore: 2, classes });
}

/** Connections that log plans are those of a service started anew. */
async function plans(projectId) {
  await logPlans(folder);
  await service.stop();
  service = await startService({ folder });
  const ask = (annotator, count) => service.ask('mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id } } }', { input: { projectId, annotator, count } });
  // More than five times, after which the database keeps a plan.
  for (let n = 0; n < 200; n++) await ask(`annotator-${n % 40}`, 1);
  for (let n = 0; n < 20; n++) await ask(`annotator-${100 + n}`, 40);
  await sleep(500);
  const found = {
    head: lastPlan(folder, /from item_queue where project_id = \$1 and generation = \$2[\s\S]*array_to_string|array_to_string[\s\S]*from item_queue where project_id = \$1 and generation = \$2/),
    walk: lastPlan(folder, /\(priority, item_code\) > /),
    give: lastPlan(folder, /insert into leases[\s\S]*skip locked|skip locked[\s\S]*insert into leases/),
  };
  await logNoPlans(folder);
  await service.stop();
  service = await startService({ folder });
  return found;
}
