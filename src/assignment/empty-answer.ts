import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { Asked } from '../platform/database/prepared.js';
import { answered, held } from './leases/pair-probes.js';
import type { AssignmentTerms } from './queue/terms.store.js';

export enum EmptyReason {
  NO_ITEMS = 'NO_ITEMS',
  PROJECT_DONE = 'PROJECT_DONE',
  NOTHING_LEFT_FOR_ANNOTATOR = 'NOTHING_LEFT_FOR_ANNOTATOR',
  ALL_LEASED = 'ALL_LEASED',
  NOT_READY = 'NOT_READY',
  BUDGET_SPENT = 'BUDGET_SPENT',
  STOP_RULE = 'STOP_RULE',
  CAPACITY_REACHED = 'CAPACITY_REACHED',
  ANNOTATOR_PAUSED = 'ANNOTATOR_PAUSED',
  ANNOTATOR_BLOCKED = 'ANNOTATOR_BLOCKED',
}

registerEnumType(EmptyReason, {
  name: 'EmptyReason',
  description: 'Why nextItems gave fewer items than were asked for.',
  valuesMap: {
    NO_ITEMS: { description: 'The project has no items yet.' },
    PROJECT_DONE: { description: 'No item is open.' },
    NOTHING_LEFT_FOR_ANNOTATOR: { description: 'This annotator has answered, or holds, every item that is open. To a key of one annotator also whatever else is the reason, but for what lies in them alone.' },
    ALL_LEASED: { description: 'What is left is in the hands of others: come back.' },
    NOT_READY: { description: 'Items have just changed and are being put in order: come back.' },
    BUDGET_SPENT: {},
    STOP_RULE: { description: "The project's stopBelowGain holds." },
    CAPACITY_REACHED: { description: "The annotator's capacity is reached." },
    ANNOTATOR_PAUSED: {},
    ANNOTATOR_BLOCKED: {},
  },
});

@ObjectType()
export class EmptyAnswer {
  @Field(() => EmptyReason)
  reason: EmptyReason;

  @Field(() => String)
  message: string;

  @Field(() => Int, { nullable: true, description: 'When to ask again; null where asking again does not help until somebody changes something.' })
  retryAfterSeconds: number | null;
}

/** A lease may end long before it expires. */
const LONGEST_WAIT_SECONDS = 30;

/**
 * Whether the queue is behind, or has given way to another since it was walked along; when the first lease of somebody else
 * expires that may then come to this annotator; and failing those, whether an item is free for this annotator after all,
 * since it came back meanwhile, or was in somebody's hands for a moment.
 */
const LOOK = `
  with others as materialized (
    select min(lease.expires_at) as first
    from leases lease
    where lease.project_id = $1 and lease.ended_at is null and lease.annotator_code <> $2 and not lease.is_gold
      and ${answered('$1', 'lease.item_code', '$2')} is null and ${held('$1', 'lease.item_code', '$2')} is null
  )
  select ceil(extract(epoch from others.first - clock_timestamp()))::int as seconds,
    exists (select 1 from touched_items where project_id = $1)
      or not exists (select 1 from project_queues where project_id = $1 and generation = $3) as behind,
    exists (select 1 from item_queue where project_id = $1 and generation = $3)
      or exists (select 1 from leases where project_id = $1 and annotator_code = $2 and ended_at is null) as open,
    others.first is null and exists (
      select 1 from item_queue queue cross join lateral (
        select 1 from item_counts counts where project_id = $1 and item_code = queue.item_code and state = 0 and votes + leases < rule.max_votes offset 0
      ) open
      where queue.project_id = $1 and queue.generation = $3
        and (rule.allow_repeats or ${answered('$1', 'queue.item_code', '$2')} is null) and ${held('$1', 'queue.item_code', '$2')} is null
    ) as free
  from others, (select max_votes, allow_repeats from projects where id = $1) rule`;

/** For a walk that came to the queue's end. */
export async function explainEmpty(database: Asked, projectId: number, annotator: number, terms: AssignmentTerms): Promise<EmptyAnswer> {
  if (terms.itemCount === 0) return { reason: EmptyReason.NO_ITEMS, message: 'the project has no items: add some (addItems), or send votes on them', retryAfterSeconds: null };
  if (terms.hasMore) return { reason: EmptyReason.NOT_READY, message: 'more items are being put in order', retryAfterSeconds: 1 };
  const [row] = await database.query<{ seconds: number | null; behind: boolean; open: boolean; free: boolean }>(LOOK, [projectId, annotator, terms.generation]);
  if (row!.behind) return { reason: EmptyReason.NOT_READY, message: 'items have just changed and are being put in order', retryAfterSeconds: 1 };
  if (row!.seconds != null) {
    return {
      reason: EmptyReason.ALL_LEASED, message: 'what is left is in the hands of other annotators',
      retryAfterSeconds: Math.min(LONGEST_WAIT_SECONDS, Math.max(1, row!.seconds)),
    };
  }
  if (row!.free) return { reason: EmptyReason.NOT_READY, message: 'an item has just come back', retryAfterSeconds: 1 };
  if (row!.open) return { reason: EmptyReason.NOTHING_LEFT_FOR_ANNOTATOR, message: 'this annotator has answered, or holds, every item that is open', retryAfterSeconds: null };
  return { reason: EmptyReason.PROJECT_DONE, message: 'no item is open', retryAfterSeconds: null };
}

export function shortOf(reason: EmptyReason, { budget, capacity }: AssignmentTerms): EmptyAnswer {
  const message = reason === EmptyReason.BUDGET_SPENT ? `votes and live leases have used the budget of ${budget}` : `the annotator has reached their capacity of ${capacity}`;
  return { reason, message, retryAfterSeconds: null };
}
