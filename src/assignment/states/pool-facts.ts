import type { Client } from 'pg';
import { VoteTable } from '../../aggregation/index.js';
import { CHANGED_ITEMS } from '../../live/changed-items.js';
import { beside } from '../../platform/database/beside.js';
import { readBy, readCopy, sqlInteger } from '../../platform/database/binary-copy-reader.js';
import { beginWithLabels } from '../../results/old-rows.js';
import { readAllLabels } from '../../results/stored-labels.js';
import { changesOf } from '../../projects/vote-changes.js';
import { isColdStart, type ItemFacts, type ItemRules } from './item-facts.js';
import { readPoolFindings } from './item-findings.js';
import { readPoolPredictions } from './item-predictions.js';
import type { PooledParameters } from './quantities.js';

/** All that a scoring of a whole project reads, at one moment. */
export interface PoolFacts {
  facts: ItemFacts;
  run: PooledParameters | null;
  runId: number | null;
  scoringVersion: number;
  /** Of the project's votes so far. */
  changes: number;
  rulesOf(policy: string): ItemRules;
  /** Notes of touched items that this reading makes up for: all queues are scored by it, and no label between runs hangs on them. */
  covered: number[];
  /** What the items' rows say now. */
  before: { states: Uint8Array; flagged: Uint8Array };
}

/** What is read instead of what is in force: to be tried. */
export interface Tried {
  rules?: ItemRules;
  /** Versions of predictions, whatever the policies read. */
  versions?: readonly number[];
}

interface ProjectRow extends Omit<ItemRules, 'coldStart'> {
  changes: number;
  runVotes: number | null;
  classCount: number;
  itemCount: number;
  annotatorCount: number;
  runId: number | null;
  watermark: number | null;
  scoringVersion: number;
  priors: number[] | null;
  pooledLabels: number[] | null;
  pooledValues: number[] | null;
}

/**
 * N items, codes 0 to N - 1, from one snapshot of the database, by two connections: probabilities take as long as all else.
 */
export async function readPool(client: Client, url: string, projectId: number, policies: readonly string[], { rules, versions }: Tried = {}): Promise<PoolFacts> {
  await beginWithLabels(client, url, projectId);
  try {
    const project = await readProject(client, projectId);
    const N = project.itemCount;
    const K = project.classCount;
    const run = runOf(project);
    const id = sqlInteger(projectId);
    const named = rules ?? project;
    const { doneRule, priorityRule, flagRule } = named;
    const texts = [doneRule, priorityRule, flagRule].join(' ');
    const readCrowd = async () => ({
      ...await readCounts(client, id, N),
      votes: await readVotes(client, id, project),
      gold: await readGold(client, id, N),
      ages: texts.includes('age_hours') ? await readAges(client, id, N) : null,
      annotatorCosts: texts.includes('cost') ? await readCosts(client, id, project.annotatorCount) : null,
      covered: await readCovered(client, projectId, policies, project.watermark),
    });
    const readProbabilities = async (other: Client) => ({
      ...await readLabels(other, id, project, run),
      findings: await readPoolFindings(other, projectId, N, project.runId, named),
      predictions: versions || policies.some(readsPredictions) ? await readPoolPredictions(other, projectId, N, K, versions) : null,
    });
    const [{ states, flagged, covered, ...crowd }, probabilities] = await Promise.all([readCrowd(), beside(client, url, readProbabilities)]);
    const facts: ItemFacts = {
      codes: Int32Array.from({ length: N }, (_, code) => code),
      annotatorCodes: Int32Array.from({ length: project.annotatorCount }, (_, code) => code),
      ...crowd, ...probabilities,
    };
    return {
      facts, run, runId: project.runId, covered, scoringVersion: project.scoringVersion, changes: project.changes, before: { states, flagged },
      rulesOf: (policy) => ({ ...project, policy, coldStart: isColdStart(project.runVotes, N, K), priorityRule: policy === project.policy ? project.priorityRule : null }),
    };
  } finally {
    await client.query('rollback');
  }
}

/** Policies that reason with a model's probabilities. */
function readsPredictions(policy: string): boolean {
  return policy === 'auto' || policy === 'activelab' || policy === 'beta-tail';
}

async function readProject(client: Client, projectId: number): Promise<ProjectRow> {
  const { rows: [project] } = await client.query<ProjectRow>(
    `select project.min_votes as "minVotes", project.max_votes as "maxVotes", project.confidence, project.policy, project.overlap_share as "overlapShare",
       project.done_rule as "doneRule", project.priority_rule as "priorityRule", project.flag_rule as "flagRule", project.scoring_version::float8 as "scoringVersion", ${changesOf('project.id')}::float8 as changes,
       project.classes, cardinality(project.classes) as "classCount", codes.next_item_code as "itemCount", codes.next_annotator_code as "annotatorCount",
       project.current_run_id::float8 as "runId", run.watermark::float8 as watermark, run.vote_count::float8 as "runVotes", run.class_priors as priors, run.pooled_labels as "pooledLabels", run.pooled_values as "pooledValues"
     from projects project join project_codes codes on codes.project_id = project.id
     left join runs run on run.project_id = project.id and run.id = project.current_run_id
     where project.id = $1`,
    [projectId],
  );
  return project!;
}

function runOf({ priors, pooledLabels, pooledValues }: ProjectRow): PooledParameters | null {
  if (!priors || !pooledLabels || !pooledValues) return null;
  return {
    classPriors: Float64Array.from(priors),
    pooled: { offsets: Int32Array.of(0, pooledLabels.length), labels: Int32Array.from(pooledLabels), values: Float64Array.from(pooledValues) },
  };
}

/** After a bulk load every item is noted; without this, each would be worked out again one batch after the other. */
async function readCovered(client: Client, projectId: number, policies: readonly string[], watermark: number | null): Promise<number[]> {
  const { rows: others } = await client.query(`select 1 from project_queues where project_id = $1 and policy <> all($2) limit 1`, [projectId, policies]);
  if (others.length > 0) return [];
  const { rows: notes } = await client.query<{ id: string; items: number[] }>(`select id, items from touched_items where project_id = $1 and generation is null`, [projectId]);
  // Before the first run there are no labels between runs.
  const { rows: changed } = await client.query<{ item: number }>(CHANGED_ITEMS, [projectId, watermark ?? Number.MAX_SAFE_INTEGER]);
  const live = new Set(changed.map((row) => row.item));
  return notes.filter(({ items }) => !items.some((item) => live.has(item))).map(({ id }) => Number(id));
}

async function readCounts(client: Client, projectId: number, N: number) {
  const leases = new Int32Array(N);
  const states = new Uint8Array(N);
  const flagged = new Uint8Array(N);
  for await (const rows of readCopy(client, `select item_code, leases, state, flagged from item_counts where project_id = ${projectId}`)) {
    while (rows.next()) {
      const item = rows.int4();
      leases[item] = rows.int4();
      states[item] = rows.int2();
      flagged[item] = rows.boolean() ? 1 : 0;
    }
  }
  return { leases, states, flagged };
}

async function readVotes(client: Client, projectId: number, { itemCount, annotatorCount, classCount }: ProjectRow): Promise<VoteTable> {
  let size = 1 << 16;
  let [items, annotators, classes] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  let count = 0;
  for await (const rows of readCopy(client, `select item_code, annotator_code, class_index from votes where project_id = ${projectId} and ended_seq is null and outcome = 0`)) {
    while (rows.next()) {
      if (count === size) {
        size *= 2;
        [items, annotators, classes] = [grown(items, size), grown(annotators, size), grown(classes, size)];
      }
      items[count] = rows.int4();
      annotators[count] = rows.int4();
      classes[count++] = rows.int2();
    }
  }
  return new VoteTable({ items: items.subarray(0, count), annotators: annotators.subarray(0, count), classes: classes.subarray(0, count), itemCount, annotatorCount, classCount });
}

function grown(column: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(column);
  return larger;
}

/** The run's labels, and over them the live ones that build on it. */
async function readLabels(client: Client, projectId: number, { itemCount: N, classCount: K, runId }: ProjectRow, run: PooledParameters | null) {
  const posteriors = new Float64Array(N * K);
  const labelled = new Uint8Array(N);
  if (run) for (let at = 0; at < posteriors.length; at += K) posteriors.set(run.classPriors, at);
  else posteriors.fill(1 / K);
  if (run && runId != null) {
    await readAllLabels(readBy(client), { projectId, runId }, K, posteriors, (item) => (labelled[item] = 1));
    for await (const rows of readCopy(client, `select item_code, probabilities from live_labels where project_id = ${projectId} and run_id = ${sqlInteger(runId)}`)) {
      while (rows.next()) {
        const item = rows.int4();
        rows.float8Array(posteriors, item * K);
        labelled[item] = 1;
      }
    }
  }
  return { posteriors, labelled };
}

async function readGold(client: Client, projectId: number, N: number): Promise<Int32Array> {
  const gold = new Int32Array(N).fill(-1);
  for await (const rows of readCopy(client, `select item_code, class_index from gold_answers where project_id = ${projectId} and ended_seq is null`)) {
    while (rows.next()) {
      const item = rows.int4();
      gold[item] = rows.int2();
    }
  }
  return gold;
}

async function readAges(client: Client, projectId: number, N: number): Promise<Float64Array> {
  const ages = new Float64Array(N);
  for await (const rows of readCopy(client, `select code, (extract(epoch from clock_timestamp() - created_at) / 3600)::float8 from items where project_id = ${projectId}`)) {
    while (rows.next()) {
      const item = rows.int4();
      ages[item] = rows.float8();
    }
  }
  return ages;
}

async function readCosts(client: Client, projectId: number, annotatorCount: number): Promise<Float64Array> {
  const costs = new Float64Array(annotatorCount).fill(1);
  for await (const rows of readCopy(client, `select code, cost from annotators where project_id = ${projectId}`)) {
    while (rows.next()) {
      const annotator = rows.int4();
      costs[annotator] = rows.float8();
    }
  }
  return costs;
}
