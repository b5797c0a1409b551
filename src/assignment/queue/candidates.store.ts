import { int4Array } from '../../platform/database/binary-array.js';
import type { Asked } from '../../platform/database/prepared.js';
import { answered, held } from '../leases/pair-probes.js';
import type { QueuePlace } from './queue-front.js';

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

export const QUEUE_START: QueuePlace = { priority: -Infinity, item: -1 };

const WALK = `
  select queue.item_code as item, queue.priority, queue.score, queue.strategy, counts.votes, counts.leases,
    counts.state = 0 and counts.votes + counts.leases < (select max_votes from projects where id = $1) as "hasRoom",
    ${answered('$1', 'queue.item_code', '$2')} is not null as answered, ${held('$1', 'queue.item_code', '$2')} is not null as held
  from (
    select * from item_queue where project_id = $1 and generation = $3 and (priority, item_code) > ($4::float8, $5::int4)
    order by priority, item_code limit $6
  ) queue
  cross join lateral (
    select votes, leases, state from item_counts where project_id = $1 and item_code = queue.item_code offset 0
  ) counts
  order by queue.priority, queue.item_code`;

const FREE = `
  select counts.item_code as item, counts.votes
  from item_counts counts cross join (select max_votes, allow_repeats from projects where id = $1) rule
  where counts.project_id = $1 and counts.item_code = any($3::int4[]) and counts.state = 0 and counts.votes + counts.leases < rule.max_votes
    and (rule.allow_repeats or ${answered('$1', 'counts.item_code', '$2')} is null) and ${held('$1', 'counts.item_code', '$2')} is null`;

/** SQL of the queue, for whoever walks along it. */
export const candidatesStore = {
  /** The next `limit` entries of the queue behind a place, in their order, whether they can be given or not. */
  walk(database: Asked, projectId: number, annotator: number, generation: number, after: QueuePlace, limit: number): Promise<Candidate[]> {
    return database.query(WALK, [projectId, annotator, generation, after.priority, after.item, limit]);
  },

  /** Those of the items that the annotator can be given, in the queue or behind it. */
  free(database: Asked, projectId: number, annotator: number, items: readonly number[]): Promise<Pick<Candidate, 'item' | 'votes'>[]> {
    return database.query(FREE, [projectId, annotator, int4Array(items)]);
  },
};
