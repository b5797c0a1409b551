import { int4Array, nullableTextArray } from '../../platform/database/binary-array.js';
import type { Asked } from '../../platform/database/prepared.js';
import { Lease } from './lease.entity.js';
import { answered, held } from './pair-probes.js';

/** An item that may be given, with the figures it was chosen by. */
export interface Choice {
  item: number;
  strategy: string;
  score: number | null;
  /** For a class, when it was looked at. */
  votes: number;
}

/** In the order in which they should be given. */
export interface Choices extends Iterable<Choice> {
  readonly length: number;
}

export interface LeaseTerms {
  projectId: number;
  annotator: number;
  seconds: number;
}

export interface Asking {
  terms: LeaseTerms;
  choices: Choices;
  /** Items among them that were tried already. */
  tried: ReadonlySet<number>;
  count: number;
  /** How many more than `count` are tried at once: the best may have become full, or be in somebody's hands. */
  spare: number;
  /** For those who have waited longest to be served first. */
  since: number;
}

export const SHOWN = `given.project_id as "projectId", given.id as "leaseId", given.item_code as "itemCode", item.external_id as item, item.payload,
  given.leased_at as "leasedAt", given.expires_at as "expiresAt", given.strategy, given.score, given.votes`;

/**
 * For each who asks, the first `count` of their wanted items that have room and that they have not answered; those behind them
 * are not looked at. No two who ask want the same item. Whoever holds an item's counts just now is at it, too: skip it. A vote
 * since the statement began may have been this annotator's own, so that the counts must be what they were then. Full items
 * leave the project's queues, each by a probe of its own: as a join, whole queues would be read.
 *
 * Leases do not wait for the disk: they are lost if the database's machine fails in the next quarter of a second, and then
 * their items are given again. Votes wait.
 */
const GIVE = `
  with asking as materialized (
    select asked.*, project.max_votes, project.allow_repeats, set_config('synchronous_commit', 'off', true)
    from unnest($1::int4[], $2::int4[], $3::int4[], $4::int4[], $5::int4[], $6::int4[]) as asked(project, annotator, count, seconds, first, last)
    join projects project on project.id = asked.project
  ), free as materialized (
    select asking.project, asking.annotator, asking.seconds, chosen.*
    from asking cross join lateral (
      select wanted.item, wanted.score, wanted.strategy, counts.votes
      from (
        select * from unnest(($7::int4[])[asking.first:asking.last], ($8::float8[])[asking.first:asking.last], ($9::text[])[asking.first:asking.last])
          with ordinality as w(item, score, strategy, place) order by place
      ) wanted
      cross join lateral (
        select votes + other_outcomes as answers from item_counts
        where project_id = asking.project and item_code = wanted.item and state = 0 and votes + leases < asking.max_votes
          and ${held('asking.project', 'wanted.item', 'asking.annotator')} is null
          and (asking.allow_repeats or ${answered('asking.project', 'wanted.item', 'asking.annotator')} is null)
        offset 0
      ) seen
      cross join lateral (
        select votes from item_counts
        where project_id = asking.project and item_code = wanted.item and state = 0 and votes + leases < asking.max_votes and votes + other_outcomes = seen.answers
        for update skip locked
      ) counts
      limit asking.count
    ) chosen
  ), given as (
    insert into leases (project_id, item_code, annotator_code, expires_at, score, strategy, votes)
    select project, item, annotator, clock_timestamp() + seconds * interval '1 second', score, strategy, votes from free
    on conflict (project_id, annotator_code, item_code) where ended_at is null do nothing returning *
  ), counted as (
    update item_counts counts set leases = counts.leases + 1 from given
    where counts.project_id = given.project_id and counts.item_code = given.item_code
    returning counts.project_id, counts.item_code, counts.votes + counts.leases as taken
  ), dropped as (
    delete from item_queue where ctid = any(array(
      select place.ctid from counted
      cross join lateral (select max_votes from projects where id = counted.project_id offset 0) rule
      join project_queues queue on queue.project_id = counted.project_id
      cross join lateral (
        select ctid from item_queue where project_id = counted.project_id and generation = queue.generation and item_code = counted.item_code for update skip locked
      ) place where counted.taken >= rule.max_votes))
  )
  select ${SHOWN} from given join items item on item.project_id = given.project_id and item.code = given.item_code order by given.id`;

/** To each the best of their choices that nobody before them has; nothing to whoever would have too few: they ask again. */
export function share(asking: readonly Asking[]) {
  const owners = new Map<string, Asking>();
  const shares = new Map<Asking, readonly Choice[]>();
  for (const one of [...asking].sort((a, b) => a.since - b.since)) {
    const { terms: { projectId }, choices, tried, count, spare } = one;
    const own: Choice[] = [];
    for (const choice of choices) {
      if (own.length === count + spare) break;
      if (!tried.has(choice.item) && !owners.has(placeOf(projectId, choice.item))) own.push(choice);
    }
    const isEnough = own.length >= Math.min(count, choices.length - tried.size);
    if (isEnough) for (const { item } of own) owners.set(placeOf(projectId, item), one);
    shares.set(one, isEnough ? own : []);
  }
  return { shares, owners };
}

export function placeOf(projectId: number, item: number): string {
  return `${projectId}:${item}`;
}

export async function give(database: Asked, asking: readonly { terms: LeaseTerms; choices: readonly Choice[]; count: number }[]): Promise<Lease[]> {
  const choices = asking.flatMap((one) => one.choices);
  let end = 0;
  const ends = asking.map((one) => (end += one.choices.length));
  const terms = (field: keyof LeaseTerms) => int4Array(asking.map((one) => one.terms[field]));
  return leasesOf(await database.query<Lease>(GIVE, [
    terms('projectId'), terms('annotator'), int4Array(asking.map((one) => one.count)), terms('seconds'),
    int4Array(asking.map((one, i) => ends[i]! - one.choices.length + 1)), int4Array(ends),
    int4Array(choices.map((one) => one.item)), choices.map((one) => one.score), nullableTextArray(choices.map((one) => one.strategy)),
  ]));
}

export function leasesOf(rows: Lease[]): Lease[] {
  return rows.map((row) => Object.assign(new Lease(), row));
}
