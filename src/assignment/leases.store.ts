import { Injectable } from '@nestjs/common';
import { int4Array, nullableTextArray } from '../platform/binary-array.js';
import { Prepared, type Asked } from '../platform/prepared.js';
import type { Transaction } from '../platform/transaction.js';
import { Lease, LeaseEnd } from './lease.entity.js';

/** An item that may be given, with the figures it was chosen by. */
export interface Choice {
  item: number;
  strategy: string;
  score: number | null;
  /** For a class, when it was looked at. */
  votes: number;
}

export interface LeaseTerms {
  projectId: number;
  annotator: number;
  seconds: number;
  /** The queue that full items are taken out of. */
  generation: number;
}

const SHOWN = `given.project_id as "projectId", given.id as "leaseId", given.item_code as "itemCode", item.external_id as item, item.payload,
  given.leased_at as "leasedAt", given.expires_at as "expiresAt", given.strategy, given.score, given.votes`;

/**
 * Of the wanted items the first $6 that have room and that the annotator has not answered. Whoever holds an item's counts just
 * now is at it, too: skip it. A vote since the statement began may have been this annotator's own, so that the counts must
 * be what they were then. Full items leave the queue, each by a probe of its own: as a join, the whole queue would be read.
 *
 * Leases do not wait for the disk: they are lost if the database's machine fails in the next quarter of a second, and then
 * their items are given again. Votes wait.
 */
const GIVE = `
  with wanted as (
    select * from unnest($2::int4[], $3::float8[], $4::text[]) with ordinality as w(item, score, strategy, place)
  ), rule as materialized (select max_votes, allow_repeats, set_config('synchronous_commit', 'off', true) from projects where id = $1),
  seen as materialized (
    select wanted.*, counts.votes + counts.other_outcomes as answers
    from wanted cross join lateral (
      select votes, other_outcomes, leases, state from item_counts where project_id = $1 and item_code = wanted.item offset 0
    ) counts
    where counts.state = 0 and counts.votes + counts.leases < (select max_votes from rule)
      and (select true from leases where project_id = $1 and annotator_code = $5 and item_code = wanted.item and ended_at is null limit 1) is null
      and ((select allow_repeats from rule)
        or (select true from votes where project_id = $1 and item_code = wanted.item and annotator_code = $5 and ended_seq is null limit 1) is null)
  ), free as (
    select seen.*, counts.votes from seen join item_counts counts
      on counts.project_id = $1 and counts.item_code = any((select array_agg(item) from seen)::int4[]) and counts.item_code = seen.item
    where counts.state = 0 and counts.votes + counts.leases < (select max_votes from rule) and counts.votes + counts.other_outcomes = seen.answers
    order by seen.place limit $6 for update of counts skip locked
  ), given as (
    insert into leases (project_id, item_code, annotator_code, expires_at, score, strategy, votes)
    select $1, item, $5, clock_timestamp() + $7 * interval '1 second', score, strategy, votes from free order by place
    on conflict (project_id, annotator_code, item_code) where ended_at is null do nothing returning *
  ), counted as (
    update item_counts counts set leases = counts.leases + 1 from given
    where counts.project_id = $1 and counts.item_code = given.item_code
    returning counts.item_code, counts.votes + counts.leases >= (select max_votes from rule) as is_full
  ), dropped as (
    delete from item_queue where ctid = any(array(
      select place.ctid from counted, lateral (
        select ctid from item_queue where project_id = $1 and generation = $8 and item_code = counted.item_code for update skip locked
      ) place where counted.is_full))
  )
  select ${SHOWN} from given join items item on item.project_id = $1 and item.code = given.item_code order by given.id`;

const GIVE_GOLD = `
  with given as (
    insert into leases (project_id, item_code, annotator_code, expires_at, score, strategy, votes, is_gold)
    select $1, item, $6, clock_timestamp() + $7 * interval '1 second', score, strategy, votes, true
    from unnest($2::int4[], $3::int4[], $4::float8[], $5::text[]) as w(item, votes, score, strategy)
    on conflict (project_id, annotator_code, item_code) where ended_at is null do nothing returning *
  )
  select ${SHOWN} from given join items item on item.project_id = $1 and item.code = given.item_code order by given.id`;

/** Gold checks stand beside an item's counts: they take no room. */
const takeBack = (ended: string) => `
  ${ended}, back as (
    update item_counts counts set leases = counts.leases - given.count
    from (select item_code, count(*) as count from ended where not is_gold group by item_code) given
    where counts.project_id = $1 and counts.item_code = given.item_code
  )`;

/** Counts first, then leases, as whoever votes does: two that took them in opposite orders would wait for each other. */
const RELEASE = `
  with named as (
    select id, item_code from leases where project_id = $1 and annotator_code = $2 and id = any($3::int8[]) and ended_at is null
  ), held as (
    select counts.item_code from item_counts counts where counts.project_id = $1 and counts.item_code in (select item_code from named)
    order by counts.item_code for update
  ), ${takeBack(`ended as (
    update leases set ended_at = clock_timestamp(), ended_by = ${LeaseEnd.RELEASED}
    where project_id = $1 and id in (select named.id from named join held on held.item_code = named.item_code) and ended_at is null returning id, item_code, is_gold
  )`)}
  select id, item_code as item from ended`;

const HEARTBEAT = `
  update leases set expires_at = clock_timestamp() + $4 * interval '1 second'
  where project_id = $1 and annotator_code = $2 and id = any($3::int8[]) and ended_at is null and expires_at > clock_timestamp()
  returning id, expires_at as "expiresAt"`;

/** In one project's turn; an item whose counts somebody holds has its turn a second later. */
const EXPIRE = `
  with due as (
    select id, item_code from leases where project_id = $1 and ended_at is null and expires_at < now() order by item_code limit 10000
  ), held as (
    select counts.item_code from item_counts counts where counts.project_id = $1 and counts.item_code in (select item_code from due)
    order by counts.item_code for update skip locked
  ), ${takeBack(`ended as (
    update leases set ended_at = clock_timestamp(), ended_by = ${LeaseEnd.EXPIRED}
    where project_id = $1 and id in (select due.id from due join held on held.item_code = due.item_code)
      and ended_at is null and expires_at < clock_timestamp() returning id, item_code, is_gold
  )`)}
  select distinct item_code as item from ended where not is_gold`;

/** Votes end the leases of their pairs; one that had expired before is noted as late. The votes' own statement holds the counts. */
const SETTLE = `
  with voted as (select * from unnest($2::int4[], $3::int4[], $4::int2[]) as v(item, annotator, outcome)),
  ${takeBack(`ended as (
    update leases set ended_at = clock_timestamp(), ended_by = case when voted.outcome = 0 then ${LeaseEnd.VOTED} else ${LeaseEnd.SKIPPED} end,
      late_vote_at = case when expires_at < clock_timestamp() then clock_timestamp() end
    from voted where leases.project_id = $1 and leases.annotator_code = voted.annotator and leases.item_code = voted.item and leases.ended_at is null
    returning leases.item_code, leases.annotator_code, leases.is_gold
  )`)}, late as (
    update leases set late_vote_at = clock_timestamp()
    where (project_id, id) in (
      select project_id, max(id) from leases join voted on leases.annotator_code = voted.annotator and leases.item_code = voted.item
      where project_id = $1 and ended_by = ${LeaseEnd.EXPIRED} and late_vote_at is null
        and not exists (select 1 from ended where ended.item_code = leases.item_code and ended.annotator_code = leases.annotator_code)
      group by project_id, annotator_code, item_code
    )
  )
  select count(*)::int as settled from ended`;

@Injectable()
export class LeasesStore {
  constructor(private readonly prepared: Prepared) {}

  /** @returns the leases that were given, `count` at most, in the order of the choices. */
  give(database: Asked, { projectId, annotator, seconds, generation }: LeaseTerms, choices: readonly Choice[], count: number): Promise<Lease[]> {
    return ask(database, choices.length, GIVE, [
      projectId, int4Array(choices.map((one) => one.item)), choices.map((one) => one.score), nullableTextArray(choices.map((one) => one.strategy)),
      annotator, count, seconds, generation,
    ]);
  }

  giveGold(database: Asked, { projectId, annotator, seconds }: LeaseTerms, checks: readonly Choice[]): Promise<Lease[]> {
    return ask(database, checks.length, GIVE_GOLD, [
      projectId, int4Array(checks.map((one) => one.item)), int4Array(checks.map((one) => one.votes)), checks.map((one) => one.score),
      nullableTextArray(checks.map((one) => one.strategy)), annotator, seconds,
    ]);
  }

  /** @returns the leases that were live, with their items. */
  release(transaction: Transaction, projectId: number, annotator: number, ids: readonly number[]): Promise<{ id: number; item: number }[]> {
    return transaction.query(RELEASE, [projectId, annotator, ids]);
  }

  /** An expired lease is not revived: its item may be somebody else's by now. */
  heartbeat(projectId: number, annotator: number, ids: readonly number[], seconds: number): Promise<{ id: number; expiresAt: Date }[]> {
    return this.prepared.query(HEARTBEAT, [projectId, annotator, ids, seconds]);
  }

  /** @returns the items that have room again. */
  async expire(transaction: Transaction, projectId: number): Promise<number[]> {
    const rows: { item: number }[] = await transaction.query(EXPIRE, [projectId]);
    return rows.map((row) => row.item);
  }

  async settle(transaction: Transaction, projectId: number, items: readonly number[], annotators: readonly number[], outcomes: readonly number[]): Promise<void> {
    const [row]: { any: boolean }[] = await transaction.query(`select exists (select 1 from leases where project_id = $1) as any`, [projectId]);
    // Imports into projects that never gave an item out need not look for each vote's lease.
    if (row!.any) await transaction.query(SETTLE, [projectId, int4Array(items), int4Array(annotators), outcomes]);
  }

  /** For votes by their tickets: whether each came between the expiry of its lease and the note that it was late. */
  async areLate(projectId: number, seqs: readonly number[]): Promise<boolean[]> {
    const rows = await this.prepared.query<{ seq: number }>(
      `select vote.seq from votes vote
       where vote.project_id = $1 and vote.seq = any($2::int8[]) and exists (
         select 1 from leases lease where lease.project_id = $1 and lease.item_code = vote.item_code and lease.annotator_code = vote.annotator_code
           and lease.late_vote_at >= vote.received_at and lease.leased_at <= vote.received_at)`,
      [projectId, seqs],
    );
    const late = new Set(rows.map((row) => row.seq));
    return seqs.map((seq) => late.has(seq));
  }

  /** The items of leases that this annotator holds, or held until they expired. */
  async itemsOf(projectId: number, annotator: number, ids: readonly number[]): Promise<Map<number, number>> {
    const rows = await this.prepared.query<{ id: number; item: number }>(
      `select id, item_code as item from leases
       where project_id = $1 and annotator_code = $2 and id = any($3::int8[]) and (ended_at is null or ended_by = ${LeaseEnd.EXPIRED})`,
      [projectId, annotator, ids],
    );
    return new Map(rows.map((row) => [row.id, row.item]));
  }

  /** An annotator's live leases, the oldest first: for a platform that lost its own memory. */
  async live(projectId: number, annotator: number): Promise<Lease[]> {
    const rows = await this.prepared.query<Lease>(
      `select ${SHOWN} from leases given join items item on item.project_id = given.project_id and item.code = given.item_code
       where given.project_id = $1 and given.annotator_code = $2 and given.ended_at is null and given.expires_at > clock_timestamp() order by given.id`,
      [projectId, annotator],
    );
    return rows.map((row) => Object.assign(new Lease(), row));
  }
}

async function ask(database: Asked, wanted: number, text: string, values: unknown[]): Promise<Lease[]> {
  if (wanted === 0) return [];
  const rows = await database.query<Lease>(text, values);
  return rows.map((row) => Object.assign(new Lease(), row));
}
