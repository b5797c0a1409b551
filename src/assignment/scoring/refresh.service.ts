import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../../jobs/jobs.service.js';
import { CurrentRuns, type CurrentRun } from '../../live/current-run.js';
import { LiveLabels, type LabelsNow } from '../../live/live-labels.js';
import { readTouchedGold } from '../../live/touched-gold.js';
import { readTouchedVotes, type TouchedVotes } from '../../live/touched-votes.js';
import { int4Array } from '../../platform/database/binary-array.js';
import { Prepared } from '../../platform/database/prepared.js';
import type { Transaction } from '../../platform/database/transaction.js';
import { Project } from '../../projects/project.entity.js';
import { isColdStart, type ItemFacts, type ItemRules } from '../states/item-facts.js';
import { readTouchedFindings } from '../states/item-findings.js';
import { readTouchedPredictions } from '../states/item-predictions.js';
import { isBehind, type QueuePlace } from '../queue/queue-front.js';
import { judgeAndScore, type ItemScores, type PoolContext } from './scoring.js';

/** How long a change may wait to be seen; a label is then at most this and the time of one batch old. */
const LOOK_MS = 200;
/** Probabilities worked out in one transaction. */
const NUMBERS_AT_ONCE = 50_000;
const MOST_AT_ONCE = 2_000;
/** Notes that wait for one project. */
const NOTES_OF_BULK = 100;

interface Queue {
  policy: string;
  generation: number;
  /** Items behind it are not queued; null where none lies behind. */
  last: QueuePlace | null;
  building: number | null;
  scored: boolean;
  context: PoolContext | null;
}

/** Brings labels, states and places in the queues of touched items up to date, a batch of one project at a time. */
@Injectable()
export class Refresh implements OnModuleInit {
  /** Projects take turns: one with much to do does not keep the others waiting. */
  private lastServed = 0;

  constructor(
    private readonly jobs: Jobs,
    private readonly runs: CurrentRuns,
    private readonly labels: LiveLabels,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep('touched items', LOOK_MS, (transaction) => this.refreshNext(transaction));
  }

  /** @returns whether there may be more to do at once. */
  async refreshNext(transaction: Transaction): Promise<boolean> {
    const due = await nextDue(transaction, this.lastServed);
    if (!due) return false;
    this.lastServed = due.projectId;
    const project = await transaction.getRepository(Project).findOneBy({ id: due.projectId });
    // Deleted since the look.
    if (!project) return true;
    const run = await this.runs.of(Prepared.within(transaction), project.id);
    if (due.runChanged) {
      await this.labels.changeRun(transaction, project.id, run);
      await transaction.query(`update projects set live_run_id = $2 where id = $1`, [project.id, project.currentRunId]);
      return true;
    }
    if (!run && await isBulk(transaction, project.id)) return false;
    // Before anything is read: a rescoring that begins or ends waits until what was touched here is on its side, too.
    const queues = await readQueues(transaction, project.id);
    const { codes, isAll } = await takeTouched(transaction, project);
    await this.refresh(transaction, project, run, queues, codes);
    // After a bulk load there is much to do; between batches those who ask and answer have their turn.
    return isAll;
  }

  private async refresh(transaction: Transaction, project: Project, run: CurrentRun | null, queues: readonly Queue[], codes: Int32Array): Promise<void> {
    if (codes.length === 0) return;
    const K = project.classes.length;
    const votes = await readTouchedVotes(transaction, project.id, codes, K, run?.watermark ?? 0);
    const gold = await readTouchedGold(transaction, project.id, codes, run?.watermark ?? 0);
    const labels = run ? await this.labels.refresh(transaction, project.id, run, votes, gold) : evenLabels(codes.length, K);
    const facts = await factsOf(transaction, project, run?.id ?? null, votes, labels, gold.now);
    const [known]: { items: number }[] = await transaction.query(`select next_item_code as items from project_codes where project_id = $1`, [project.id]);
    const coldStart = isColdStart(run?.voteCount ?? null, known!.items, K);
    const judged = queues.filter((queue) => queue.scored).map((queue) => ({ queue, scores: judgeAndScore(facts, rulesOf(project, queue.policy, coldStart), run, queue.context) }));
    const { states, flagged } = judged[0]?.scores ?? judgeAndScore(facts, rulesOf(project, project.policy, coldStart), run, null);
    // Counts before queues, in the order of items: whoever gives items out takes them so.
    await writeStates(transaction, project.id, codes, states, flagged);
    for (const { queue, scores } of judged) await writeQueue(transaction, project.id, queue, codes, scores);
    for (const { building } of queues) {
      if (building != null) await transaction.query(`insert into touched_items (project_id, items, generation) values ($1, $2, $3)`, [project.id, int4Array(codes), building]);
    }
  }
}

/** A note of a project that was deleted may still come in. */
const IS_THERE = `exists (select 1 from projects where id = touched_items.project_id)`;

/** A project whose run changed; or the next after the one that was served last, of those with touched items. */
async function nextDue(transaction: Transaction, last: number): Promise<{ projectId: number; runChanged: boolean } | null> {
  const [due]: { projectId: number; runChanged: boolean }[] = await transaction.query(
    `select id as "projectId", true as "runChanged" from projects where current_run_id is distinct from live_run_id
     union all (select project_id, false from touched_items where generation is null and project_id > $1 and ${IS_THERE} order by project_id limit 1)
     union all (select project_id, false from touched_items where generation is null and ${IS_THERE} order by project_id limit 1) limit 1`,
    [last],
  );
  return due ?? null;
}

/**
 * After a bulk load into a project without labels, one scoring of the whole project does what batches would take far longer
 * for, and slow the load down meanwhile: it is asked for once no more comes in, or when the first notes have waited long.
 */
async function isBulk(transaction: Transaction, projectId: number): Promise<boolean> {
  const [bulk]: { isRipe: boolean }[] = await transaction.query(
    `select max(at) < clock_timestamp() - interval '1 second' or min(at) < clock_timestamp() - interval '1 minute' as "isRipe"
     from (select at from touched_items where project_id = $1 and generation is null) notes having count(*) > ${NOTES_OF_BULK}`,
    [projectId],
  );
  if (bulk?.isRipe) await transaction.query(`update project_queues set scoring_version = null where project_id = $1 and building is null and scoring_version is not null`, [projectId]);
  return bulk !== undefined;
}

function rulesOf(project: Project, policy: string, coldStart: boolean): ItemRules {
  return { ...project, policy, coldStart, priorityRule: policy === project.policy ? project.priorityRule : null };
}

/** Distinct codes, ascending, of the oldest notes: of one, and of as many more as keep to a batch. */
async function takeTouched(transaction: Transaction, project: Project): Promise<{ codes: Int32Array; isAll: boolean }> {
  const most = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(NUMBERS_AT_ONCE / project.classes.length)));
  const rows: { items: number[] }[] = await transaction.query(
    `with oldest as (
       select id, cardinality(items) as length from touched_items where project_id = $1 and generation is null order by id limit $2
     ), counted as (
       select id, row_number() over oldest_first as place, sum(length) over oldest_first as items from oldest window oldest_first as (order by id)
     ), taken as (
       delete from touched_items where project_id = $1 and id in (select id from counted where items <= $2 or place = 1) returning items
     ) select items from taken`,
    [project.id, most],
  );
  const codes = Int32Array.from(new Set(rows.flatMap((row) => row.items))).sort();
  const [left]: { is: boolean }[] = await transaction.query(`select exists (select 1 from touched_items where project_id = $1 and generation is null) as is`, [project.id]);
  return { codes, isAll: !left!.is };
}

function evenLabels(count: number, K: number): LabelsNow {
  return { posteriors: new Float64Array(count * K).fill(1 / K), labelled: new Uint8Array(count) };
}

async function readQueues(transaction: Transaction, projectId: number): Promise<Queue[]> {
  const rows: (Omit<Queue, 'last'> & { lastPriority: number; lastItem: number | null })[] = await transaction.query(
    `select policy, generation, building, scored_at is not null as scored, context, last_priority as "lastPriority", last_item as "lastItem"
     from project_queues where project_id = $1 order by policy for share`, [projectId],
  );
  return rows.map(({ lastPriority, lastItem, ...queue }) => ({ ...queue, last: lastItem == null ? null : { priority: lastPriority, item: lastItem } }));
}

async function factsOf(transaction: Transaction, project: Project, runId: number | null, votes: TouchedVotes, labels: LabelsNow, gold: Int32Array): Promise<ItemFacts> {
  const { codes, standing, annotatorCodes } = votes;
  const rows: { code: number; leases: number; age: number }[] = await transaction.query(
    `select counts.item_code as code, counts.leases, (extract(epoch from clock_timestamp() - item.created_at) / 3600)::float8 as age
     from item_counts counts join items item on item.project_id = $1 and item.code = counts.item_code
     where counts.project_id = $1 and counts.item_code = any($2::int4[])`,
    [project.id, int4Array(codes)],
  );
  const found = new Map(rows.map((row) => [row.code, row]));
  const costs: { code: number; cost: number }[] = await transaction.query(
    `select code, cost from annotators where project_id = $1 and code = any($2::int4[])`, [project.id, int4Array(annotatorCodes)],
  );
  const costOf = new Map(costs.map((row) => [row.code, row.cost]));
  return {
    codes, votes: standing, annotatorCodes, ...labels, gold,
    leases: Int32Array.from(codes, (code) => found.get(code)?.leases ?? 0),
    ages: Float64Array.from(codes, (code) => found.get(code)?.age ?? 0),
    findings: await readTouchedFindings(transaction, project.id, runId, codes, project),
    annotatorCosts: Float64Array.from(annotatorCodes, (code) => costOf.get(code) ?? 1),
    predictions: await readTouchedPredictions(transaction, project.id, codes, project.classes.length),
  };
}

async function writeStates(transaction: Transaction, projectId: number, codes: Int32Array, states: Uint8Array, flagged: Uint8Array): Promise<void> {
  await transaction.query(
    `with given as (select * from unnest($2::int4[], $3::int2[], $4::bool[]) as g(item, state, flagged)),
     changed as (
       select counts.item_code, given.state, given.flagged from item_counts counts join given on given.item = counts.item_code
       where counts.project_id = $1 and counts.item_code = any($2::int4[]) and (counts.state <> given.state or counts.flagged <> given.flagged) order by counts.item_code for update of counts
     )
     update item_counts counts set state = changed.state, flagged = changed.flagged from changed where counts.project_id = $1 and counts.item_code = changed.item_code`,
    [projectId, int4Array(codes), Array.from(states), Array.from(flagged, (flag) => flag === 1)],
  );
}

async function writeQueue(
  transaction: Transaction, projectId: number, { generation, last }: Queue, codes: Int32Array, { priorities, scores, strategies, strategyNames }: ItemScores,
): Promise<void> {
  const isOut = (item: number) => Number.isNaN(priorities[item]!) || (last != null && isBehind({ priority: priorities[item]!, item: codes[item]! }, last));
  const places = [...codes.keys()];
  const out = places.filter(isOut);
  const queued = places.filter((item) => !isOut(item));
  if (out.length > 0) {
    await transaction.query(`delete from item_queue where project_id = $1 and generation = $2 and item_code = any($3::int4[])`, [projectId, generation, int4Array(out.map((item) => codes[item]!))]);
  }
  if (queued.length === 0) return;
  await transaction.query(
    `insert into item_queue (project_id, generation, item_code, priority, score, strategy)
     select $1, $2, * from unnest($3::int4[], $4::float8[], $5::float8[], $6::text[])
     on conflict (project_id, generation, item_code) do update set priority = excluded.priority, score = excluded.score, strategy = excluded.strategy
       where (item_queue.priority, item_queue.score, item_queue.strategy) is distinct from (excluded.priority, excluded.score, excluded.strategy)`,
    [
      projectId, generation, int4Array(queued.map((item) => codes[item]!)), queued.map((item) => priorities[item]!), queued.map((item) => scores[item]!),
      queued.map((item) => strategyNames[strategies[item]!]!),
    ],
  );
}
