import type pg from 'pg';
import { BinaryCopy } from '../../platform/database/binary-copy.js';
import { readPool, type PoolFacts } from '../states/pool-facts.js';
import { frontOf, type QueueFront } from '../queue/queue-front.js';
import { Connection } from '../../platform/database/connection.js';
import { judgeAndScore, type ItemScores } from './scoring.js';

export interface RescoreTaskInput {
  url: string;
  projectId: number;
}

/** The first half of an advisory key: one scoring of a project at a time. */
const RESCORE_LOCK = 0x72657363;
/** Rows that one statement changes: writers of votes wait for no more than these. */
const ROWS_AT_ONCE = 20_000;
const QUEUE_COLUMNS = ['priority', 'score', 'project_id', 'generation', 'item_code', 'strategy'];

interface StaleQueue {
  policy: string;
  generation: number;
  building: number;
  /** Items that it is to hold. */
  length: number;
}

/**
 * Judges and scores all items of a project, on a thread and connection of its own. The front of each queue is written beside
 * the one in use, under a generation of its own, and taken over in one statement. What touches items meanwhile is noted for
 * the new generation and done again on it.
 */
export async function run({ url, projectId }: RescoreTaskInput): Promise<void> {
  const client = await Connection.open(url, 'assay rescore');
  try {
    const { rows: [lock] } = await client.query('select pg_try_advisory_lock($1, $2) as mine', [RESCORE_LOCK, projectId]);
    // Another process is at it; the sweep looks again whether anything is left to do.
    if (!lock.mine) return;
    const queues = await beginBuilding(client, projectId);
    if (queues.length === 0) return;
    const from = performance.now();
    const seconds: Record<string, number> = {};
    const lap = (phase: string) => (seconds[phase] = Number(((performance.now() - from) / 1000 - Object.values(seconds).reduce((sum, one) => sum + one, 0)).toFixed(3)));
    const pool = await readPool(client, url, projectId, queues.map((queue) => queue.policy));
    lap('read');
    let judged = false;
    for (const queue of queues) {
      const scores = judgeAndScore(pool.facts, pool.rulesOf(queue.policy), pool.run, null);
      lap(`score ${queue.policy}`);
      if (!judged) await writeStates(client, projectId, pool, scores);
      judged = true;
      lap(`states ${queue.policy}`);
      const front = frontOf(scores.priorities, pool.facts.codes, queue.length);
      await writeQueue(client, projectId, queue, pool, scores, front);
      lap(`write ${queue.policy}`);
      await takeOver(client, projectId, queue, pool, scores, front, seconds, queue === queues.at(-1));
    }
  } finally {
    // Ends the lock, too.
    await client.end();
  }
}

/** From here on, what touches items is noted for the new generations, too. */
async function beginBuilding(client: pg.Client, projectId: number): Promise<StaleQueue[]> {
  for (const generation of await lostGenerations(client, projectId)) await deleteGeneration(client, projectId, generation);
  // Noted for a generation whose thread was lost: all of that is read anew.
  await client.query(`delete from touched_items where project_id = $1 and generation is not null`, [projectId]);
  const { rows } = await client.query<StaleQueue>(
    `update project_queues queue set building = nextval('queue_generation') from projects project
     where project.id = $1 and queue.project_id = $1
       and (queue.scored_at is null or queue.run_id is distinct from project.current_run_id or queue.scoring_version is distinct from project.scoring_version)
     returning queue.policy, queue.generation, queue.building, queue.length`,
    [projectId],
  );
  return rows;
}

/** Generations that no queue is in: what threads that were lost had begun, or not yet cleared away. */
async function lostGenerations(client: pg.Client, projectId: number): Promise<number[]> {
  // From one generation to the next along the index, not over all their rows.
  const { rows } = await client.query<{ generation: number }>(
    `with recursive found as (
       select min(generation) as generation from item_queue where project_id = $1
       union all select (select min(generation) from item_queue where project_id = $1 and generation > found.generation) from found where generation is not null
     )
     select generation from found where generation is not null and generation not in (select generation from project_queues where project_id = $1)`,
    [projectId],
  );
  return rows.map((row) => row.generation);
}

async function deleteGeneration(client: pg.Client, projectId: number, generation: number): Promise<void> {
  for (let gone = ROWS_AT_ONCE; gone === ROWS_AT_ONCE;) {
    const { rowCount } = await client.query(
      `delete from item_queue where ctid = any(array(select ctid from item_queue where project_id = $1 and generation = $2 limit ${ROWS_AT_ONCE}))`, [projectId, generation],
    );
    gone = rowCount ?? 0;
  }
}

/** Only where something changed: most items are as they were. */
async function writeStates(client: pg.Client, projectId: number, { facts, before }: PoolFacts, scores: ItemScores): Promise<void> {
  const changed: number[] = [];
  for (let item = 0; item < facts.codes.length; item++) {
    if (scores.states[item] !== before.states[item] || scores.flagged[item] !== before.flagged[item]) changed.push(item);
  }
  for (let at = 0; at < changed.length; at += ROWS_AT_ONCE) {
    const part = changed.slice(at, at + ROWS_AT_ONCE);
    await client.query(
      `update item_counts counts set state = given.state, flagged = given.flagged
       from (select * from unnest($2::int4[], $3::int2[], $4::bool[]) as g(item, state, flagged) order by item) given
       where counts.project_id = $1 and counts.item_code = given.item`,
      [projectId, part.map((item) => facts.codes[item]), part.map((item) => scores.states[item]), part.map((item) => scores.flagged[item] === 1)],
    );
  }
}

async function writeQueue(
  client: pg.Client, projectId: number, { building }: StaleQueue, { facts }: PoolFacts, { priorities, scores, strategies, strategyNames }: ItemScores, { items }: QueueFront,
): Promise<void> {
  const copy = new BinaryCopy(client, 'item_queue', QUEUE_COLUMNS);
  for (const item of items) {
    copy.row(QUEUE_COLUMNS.length);
    copy.float8(priorities[item]!);
    copy.float8(scores[item]!);
    copy.int4(projectId);
    copy.int4(building);
    copy.int4(facts.codes[item]!);
    copy.text(strategyNames[strategies[item]!]!);
    if (copy.isFull) await copy.flush();
  }
  await copy.end();
}

async function takeOver(
  client: pg.Client, projectId: number, queue: StaleQueue, pool: PoolFacts, scores: ItemScores, { last }: QueueFront, seconds: object, isLast: boolean,
): Promise<void> {
  await client.query('begin');
  const { rowCount } = await client.query(
    `update project_queues set generation = building, building = null, scored_at = clock_timestamp(), scoring_version = $4, run_id = $5, mean_gain = $6, context = $7, seconds = $8,
       changes = $9, last_priority = $10, last_item = $11
     where project_id = $1 and policy = $2 and building = $3`,
    [
      projectId, queue.policy, queue.building, pool.scoringVersion, pool.runId, scores.meanGain, JSON.stringify(scores.context), JSON.stringify(seconds),
      pool.changes, last?.priority, last?.item,
    ],
  );
  await client.query(`update touched_items set generation = null where project_id = $1 and generation = $2`, [projectId, queue.building]);
  // What was given out meanwhile and is full would stand in the way until its leases end.
  await client.query(
    `delete from item_queue where project_id = $1 and generation = $2 and item_code = any(array(
       select lease.item_code from leases lease join item_counts counts on counts.project_id = $1 and counts.item_code = lease.item_code
       where lease.project_id = $1 and lease.ended_at is null and counts.votes + counts.leases >= (select max_votes from projects where id = $1)))`,
    [projectId, queue.building],
  );
  if (isLast) await client.query(`delete from touched_items where project_id = $1 and id = any($2::int8[])`, [projectId, pool.covered]);
  await client.query('commit');
  // Nobody finds the way to the one that is left behind; or to the new one, where the policy was dropped meanwhile.
  await deleteGeneration(client, projectId, rowCount === 1 ? queue.generation : queue.building);
}
