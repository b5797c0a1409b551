// Simulated campaigns through the running API: accuracy of the consensus against votes spent, for each policy.
//   npm run build && node bench/assignment/campaign.mjs [--seeds 6] [--policies random,information-gain] [--keep FILE]
// Writes bench/assignment/CAMPAIGN.md and docs/campaign.svg of the policies asked for and kept, random and information gain among them. Takes about half
// an hour; with --keep, what was measured is kept in the file, and a later start goes on behind it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { campaignReport, POLICIES } from './campaign-report.mjs';
import { CROWD, drawCrowd, generator, shuffled } from './crowd.mjs';
import { root, runToEnd, startService } from './service.mjs';

const asked = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const SEEDS = Array.from({ length: Number(asked('--seeds', '6')) }, (_, seed) => seed + 1);
const policies = asked('--policies', POLICIES.join()).split(',');
const kept = asked('--keep', null);

export const PLAN = {
  votes: 5 * CROWD.items, maxVotes: 10, capacity: 110,
  /** Dawid-Skene with priors on the matrices: without them, matrices of few votes are too sure, and send votes astray. */
  method: 'ibcc',
  /** Annotators who hold an item at the same time; after their answers everything is brought up to date. */
  atOnce: 10,
  /** The first run comes when each item might have a vote, the others after so many votes. */
  firstRun: CROWD.items, runEvery: 50, lookEvery: 100,
};

/** Policies that look at votes alone: runs change nothing of what they give, and are made to be looked at only. */
const NEED_NO_RUN = ['random', 'fewest-votes', 'beta-tail'];

const CLASSES = ['ant', 'bee', 'cat', 'dog'];
const NEXT = 'mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { item } empty { reason message } } }';
const VOTE = 'mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }';
const PREDICT = 'mutation ($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { results { status message } } }';

/** @returns accuracy after each `lookEvery` votes */
async function campaign(service, policy, seed) {
  const { truth, answers } = drawCrowd(seed);
  const random = generator(seed + 1000);
  const projectId = await newProject(service, policy);
  const database = await service.connect();
  const settled = () => settle(database, projectId);
  await settled();
  const runEvery = NEED_NO_RUN.includes(policy) ? PLAN.lookEvery : PLAN.runEvery;
  const curve = [];
  const turns = [];
  for (let votes = 0; votes < PLAN.votes;) {
    const given = [];
    while (given.length < PLAN.atOnce) {
      // In rotation: everybody once, in an order of its own each time.
      if (turns.length === 0) turns.push(...shuffled(Array(CROWD.annotators).keys(), random));
      const a = turns.pop();
      const annotator = `annotator ${a}`;
      const { leases: [lease], empty } = (await service.ask(NEXT, { input: { projectId, annotator, count: 1 } })).nextItems;
      if (!lease) throw new Error(`${policy}, seed ${seed}, ${votes} votes: ${annotator} was given nothing: ${empty.message}`);
      given.push({ item: lease.item, annotator, class: CLASSES[answers[Number(lease.item.split(' ')[1])][a]] });
    }
    await service.ask(VOTE, { input: { projectId, votes: given } });
    votes += given.length;
    await settled();
    if (votes < PLAN.firstRun || votes % runEvery !== 0) continue;
    await runToEnd(service, projectId, null);
    const labels = await readLabels(service, projectId);
    if (policy === 'activelab') await predict(service, projectId, votes, labels);
    await settled();
    if (votes % PLAN.lookEvery === 0) curve.push({ votes, accuracy: accuracy(labels, truth) });
  }
  await database.end();
  return curve;
}

async function newProject({ ask }, policy) {
  const { createProject } = await ask('mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }', {
    input: {
      name: policy, classes: CLASSES,
      rules: { policy, maxVotes: PLAN.maxVotes, explorationShare: 0, defaultMethod: PLAN.method },
    },
  });
  const projectId = createProject.project.id;
  const names = (what, count) => Array.from({ length: count }, (_, place) => ({ externalId: `${what} ${place}` }));
  await ask('mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }', { input: { projectId, items: names('item', CROWD.items) } });
  await ask('mutation ($input: AnnotatorsInput!) { upsertAnnotators(input: $input) { results { status } } }', {
    input: { projectId, annotators: names('annotator', CROWD.annotators).map((one) => ({ ...one, capacity: PLAN.capacity })) },
  });
  return projectId;
}

/** Item -> K probabilities of the current run; null for an item without votes. */
async function readLabels({ call }, projectId) {
  const rows = (await call('GET', `/projects/${projectId}/soft-labels.ndjson`)).trim().split('\n').map((line) => JSON.parse(line));
  const labels = Array.from({ length: CROWD.items }, () => null);
  for (const row of rows) labels[Number(row.item.split(' ')[1])] = CLASSES.map((name) => row[`p_${name}`]);
  return labels;
}

/** An item without votes is a guess. */
function accuracy(labels, truth) {
  const right = labels.map((row, item) => (row ? Number(row.indexOf(Math.max(...row)) === truth[item]) : 1 / CROWD.classes));
  return right.reduce((sum, one) => sum + one, 0) / right.length;
}

/** The run's soft labels as a model's predictions; for an item without votes, the classes' shares among the others. */
async function predict({ ask }, projectId, votes, labels) {
  const known = labels.filter((row) => row);
  const shares = CLASSES.map((_, k) => known.reduce((sum, row) => sum + row[k], 0) / known.length);
  const rows = labels.map((row, item) => ({ item: `item ${item}`, probabilities: normalized(row ?? shares) }));
  const { submitPredictions } = await ask(PREDICT, { input: { projectId, model: 'soft labels', version: String(votes), rows } });
  const rejected = submitPredictions.results.find(({ status }) => status === 'REJECTED');
  if (rejected) throw new Error(rejected.message);
}

function normalized(row) {
  const sum = row.reduce((total, p) => total + p, 0);
  return row.map((p) => p / sum);
}

/** Until no item waits to be looked at, and the queue is of the current run, rules and predictions: then nothing depends on timing. */
async function settle(database, projectId) {
  const number = Number(Buffer.from(projectId, 'base64url').toString().split(':')[1]);
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(25)) {
    const { rows: [row] } = await database.query(
      `select exists (select 1 from touched_items where project_id = $1)
         or exists (select 1 from projects project left join project_queues queue on queue.project_id = project.id
                    where project.id = $1 and (project.current_run_id is distinct from project.live_run_id or queue.scored_at is null
                      or queue.run_id is distinct from project.current_run_id or queue.scoring_version is distinct from project.scoring_version)) as busy`,
      [number],
    );
    // The first entries of a queue are believed for a tenth of a second.
    if (!row.busy) return sleep(120);
  }
  throw new Error('the queue did not settle within a minute');
}

const service = await startService();
try {
  const curves = kept && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {};
  for (const policy of policies) {
    if (curves[policy]?.length === SEEDS.length) continue;
    const from = performance.now();
    // The seeds side by side: each waits most of its time.
    curves[policy] = await Promise.all(SEEDS.map((seed) => campaign(service, policy, seed)));
    if (kept) writeFileSync(kept, JSON.stringify(curves));
    const shown = curves[policy][0].map(({ votes }, look) => `${votes}: ${(curves[policy].reduce((sum, curve) => sum + curve[look].accuracy, 0) / SEEDS.length).toFixed(3)}`);
    console.log(`${policy} (${((performance.now() - from) / 1000).toFixed(0)} s): ${shown.join(', ')}`);
  }
  if (curves.random && curves['information-gain']) {
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
    const { markdown, svg } = campaignReport(curves, PLAN, commit);
    writeFileSync(new URL('CAMPAIGN.md', import.meta.url), markdown);
    writeFileSync(join(root, 'docs/campaign.svg'), svg);
    console.log(markdown);
  }
} finally {
  await service.stop();
}
