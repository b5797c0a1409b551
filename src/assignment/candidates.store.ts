import { int4Array } from '../platform/binary-array.js';
import type { Asked } from '../platform/prepared.js';

/** An entry of the queue, with how its item stands. */
export interface Candidate {
  item: number;
  priority: number;
  score: number;
  strategy: string;
  votes: number;
  leases: number;
  hasRoom: boolean;
  /** Whether the annotator answered it, or holds it. */
  answered: boolean;
  held: boolean;
}

/** A place in the queue; the walk goes on behind it. */
export interface QueuePlace {
  priority: number;
  item: number;
}

export const QUEUE_START: QueuePlace = { priority: -Infinity, item: -1 };

/** Each entry is looked at by single probes: joined, the planner may read all votes, or all counts, of a project first. */
const LOOK = `
  select queue.item_code as item, queue.priority, queue.score, queue.strategy, counts.votes, counts.leases,
    counts.state = 0 and counts.votes + counts.leases < (select max_votes from projects where id = $1) as "hasRoom",
    (select true from votes where project_id = $1 and item_code = queue.item_code and annotator_code = $2 and ended_seq is null limit 1) is not null as answered,
    (select true from leases where project_id = $1 and annotator_code = $2 and item_code = queue.item_code and ended_at is null limit 1) is not null as held`;

const WALK = `
  ${LOOK}
  from (
    select * from item_queue where project_id = $1 and generation = $3 and (priority, item_code) > ($4::float8, $5::int4)
    order by priority, item_code limit $6
  ) queue
  cross join lateral (
    select votes, leases, state from item_counts where project_id = $1 and item_code = queue.item_code offset 0
  ) counts
  order by queue.priority, queue.item_code`;

const PICK = `
  ${LOOK}
  from item_queue queue cross join lateral (
    select votes, leases, state from item_counts where project_id = $1 and item_code = queue.item_code offset 0
  ) counts
  where queue.project_id = $1 and queue.generation = $3 and queue.item_code = any($4::int4[])`;

const LABELS = `
  select wanted.code, array_to_string(coalesce(
    (select probabilities from live_labels where project_id = $1 and item_code = wanted.code and run_id = $2),
    (select probabilities from soft_labels where project_id = $1 and run_id = $2 and item_code = wanted.code)), ' ') as row
  from unnest($3::int4[]) as wanted(code)`;

/** SQL of the queue, for whoever walks along it. */
export const candidatesStore = {
  /** The next `limit` entries of the queue behind a place, in their order, whether they can be given or not. */
  walk(database: Asked, projectId: number, annotator: number, generation: number, after: QueuePlace, limit: number): Promise<Candidate[]> {
    return database.query(WALK, [projectId, annotator, generation, after.priority, after.item, limit]);
  },

  /** Those of the items that are in the queue. */
  pick(database: Asked, projectId: number, annotator: number, generation: number, items: readonly number[]): Promise<Candidate[]> {
    return database.query(PICK, [projectId, annotator, generation, int4Array(items)]);
  },

  /** K probabilities an item, where there are any. */
  async labels(database: Asked, projectId: number, runId: number, items: readonly number[]): Promise<Map<number, Float64Array>> {
    const rows = await database.query<{ code: number; row: string | null }>(LABELS, [projectId, runId, int4Array(items)]);
    return new Map(rows.filter(({ row }) => row != null).map(({ code, row }) => [code, Float64Array.from(row!.split(' '), Number)]));
  },
};
