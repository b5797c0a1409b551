import { Injectable } from '@nestjs/common';
import { int4Array, nullableTextArray } from '../../platform/database/binary-array.js';
import { batched } from '../../platform/database/batched.js';
import { Prepared, type Asked } from '../../platform/database/prepared.js';
import type { Transaction } from '../../platform/database/transaction.js';
import { LeaseEnd, type Lease } from './lease.entity.js';
import { give, leasesOf, placeOf, share, SHOWN, type Asking, type Choice, type Choices, type LeaseTerms } from './lease-giving.js';

/** Whoever asks for more than this does so by a statement of their own: those who ask for few would wait for them. */
const LARGEST_SHARED = 32;
const FIRST_SPARE = 3;
/** Whoever was given too few tries so many times as many more. */
const SPARE_GROWTH = 4;

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
const release = (which: string) => `
  with named as (
    select id, item_code from leases where project_id = $1 and ${which} ended_at is null
  ), held as (
    select counts.item_code from item_counts counts where counts.project_id = $1 and counts.item_code in (select item_code from named)
    order by counts.item_code for update
  ), ${takeBack(`ended as (
    update leases set ended_at = clock_timestamp(), ended_by = ${LeaseEnd.RELEASED}
    where project_id = $1 and id in (select named.id from named join held on held.item_code = named.item_code) and ended_at is null returning id, item_code, is_gold
  )`)}
  select id, item_code as item from ended`;

const RELEASE = release('annotator_code = $2 and id = any($3::int8[]) and');
const RELEASE_ALL = release('');

const HEARTBEAT = `
  update leases set expires_at = clock_timestamp() + $4 * interval '1 second'
  where project_id = $1 and annotator_code = $2 and id = any($3::int8[]) and ended_at is null and expires_at > clock_timestamp()
  returning id, expires_at as "expiresAt"`;

/** Live leases whose time is over, as the index of leases by expiry knows them. */
export const IS_DUE = `ended_at is null and expires_at > '-infinity' and expires_at < now()`;

/** In one project's turn; an item whose counts somebody holds has its turn a second later. */
const EXPIRE = `
  with due as (
    select id, item_code from leases where project_id = $1 and ${IS_DUE} order by item_code limit 10000
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
  /** @returns for each who asks what they are given, and what was tried for them. */
  private readonly giveTogether = batched<Asking, { given: Lease[]; tried: readonly Choice[] }>('give leases', async (asking) => {
    const { shares, owners } = share(asking);
    const given = new Map(asking.map((one) => [one, [] as Lease[]]));
    const served = asking.filter((one) => shares.get(one)!.length > 0);
    const leases = await give(this.prepared, served.map((one) => ({ ...one, choices: shares.get(one)! })));
    for (const lease of leases) given.get(owners.get(placeOf(lease.projectId, lease.itemCode))!)!.push(lease);
    return asking.map((one) => ({ given: given.get(one)!, tried: shares.get(one)! }));
  });

  constructor(private readonly prepared: Prepared) {}

  /** @returns the leases that were given, `count` at most, in the order of the choices. */
  async give(database: Asked, terms: LeaseTerms, choices: Choices, count: number): Promise<Lease[]> {
    if (choices.length === 0) return [];
    // A transaction has locks to keep.
    if (!(database instanceof Prepared) || count > LARGEST_SHARED) return give(database, [{ terms, choices: [...choices], count }]);
    const leases: Lease[] = [];
    const since = performance.now();
    const tried = new Set<number>();
    let spare = FIRST_SPARE;
    while (leases.length < count && tried.size < choices.length) {
      const answer = await this.giveTogether({ terms, choices, tried, count: count - leases.length, spare, since });
      leases.push(...answer.given);
      for (const { item } of answer.tried) tried.add(item);
      if (answer.tried.length > 0) spare *= SPARE_GROWTH;
    }
    return leases;
  }

  async giveGold(database: Asked, { projectId, annotator, seconds }: LeaseTerms, checks: readonly Choice[]): Promise<Lease[]> {
    if (checks.length === 0) return [];
    return leasesOf(await database.query<Lease>(GIVE_GOLD, [
      projectId, int4Array(checks.map((one) => one.item)), int4Array(checks.map((one) => one.votes)), checks.map((one) => one.score),
      nullableTextArray(checks.map((one) => one.strategy)), annotator, seconds,
    ]));
  }

  /** @returns the leases that were live, with their items. */
  release(transaction: Transaction, projectId: number, annotator: number, ids: readonly number[]): Promise<{ id: number; item: number }[]> {
    return transaction.query(RELEASE, [projectId, annotator, ids]);
  }

  /** @returns those that were live, with their items. */
  endAll(transaction: Transaction, projectId: number): Promise<{ id: number; item: number }[]> {
    return transaction.query(RELEASE_ALL, [projectId]);
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
    return leasesOf(rows);
  }
}
