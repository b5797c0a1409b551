import { int2Array, int4Array, nullableInt4Array, nullableTextArray, nullableTimestampArray } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';
import { sqlState } from '../platform/outage.js';
import type { PendingVote } from './vote-batch.js';

export enum EndedReason {
  SUPERSEDED = 1,
  WITHDRAWN = 2,
  REPEAT = 3,
}

export interface StoredVote {
  seq: number;
  item_code: number;
  annotator_code: number;
  class_index: number;
  outcome: number;
  repeat_index: number;
  vote_id: string | null;
  voted_at: Date | null;
  ended_seq: number | null;
}

/** The votes' columns as one multi-column unnest: $2 to $11, as `batchParameters` gives them. */
const BATCH = `unnest($2::int4[], $3::int4[], $4::int2[], $5::int2[], $6::int4[], $7::timestamptz[], $8::int4[], $9::text[], $10::text[], $11::text[])
  as given(item_code, annotator_code, class_index, outcome, repeat_index, voted_at, duration_ms, vote_id, guideline_version, comment)`;

const COLUMNS = 'item_code, annotator_code, class_index, outcome, repeat_index, voted_at, duration_ms, vote_id, guideline_version, comment';

function batchParameters(projectId: number, votes: readonly PendingVote[]): unknown[] {
  const column = (read: (vote: PendingVote) => number) => votes.map(read);
  return [
    projectId,
    int4Array(column((vote) => vote.item)),
    int4Array(column((vote) => vote.annotator)),
    int2Array(column((vote) => vote.classIndex)),
    int2Array(column((vote) => vote.outcome)),
    int4Array(column((vote) => vote.repeatIndex)),
    nullableTimestampArray(votes.map((vote) => vote.row.time)),
    nullableInt4Array(votes.map((vote) => vote.row.durationMs)),
    nullableTextArray(votes.map((vote) => vote.row.voteId)),
    nullableTextArray(votes.map((vote) => vote.row.guidelineVersion)),
    nullableTextArray(votes.map((vote) => vote.row.comment)),
  ];
}

/** Counts of `written` votes added to their items, annotators and project; in one order for all writers, against deadlocks. */
function addCounts(owner: 'item' | 'annotator'): string {
  return `insert into ${owner}_counts (project_id, ${owner}_code, votes, other_outcomes)
    select $1, ${owner}_code, count(*) filter (where outcome = 0), count(*) filter (where outcome <> 0)
    from written group by ${owner}_code order by ${owner}_code
    on conflict (project_id, ${owner}_code) do update
      set votes = ${owner}_counts.votes + excluded.votes, other_outcomes = ${owner}_counts.other_outcomes + excluded.other_outcomes`;
}

function subtractCounts(owner: 'item' | 'annotator'): string {
  return `update ${owner}_counts counts
    set votes = counts.votes - change.votes, other_outcomes = counts.other_outcomes - change.other_outcomes
    from (
      select ${owner}_code, count(*) filter (where outcome = 0) as votes, count(*) filter (where outcome <> 0) as other_outcomes
      from written group by ${owner}_code order by ${owner}_code
    ) change
    where counts.project_id = $1 and counts.${owner}_code = change.${owner}_code`;
}

/** A row of its own for each of 16 connections: writers of one project do not wait for each other's commit. */
const addToProject = (votes: string, others: string, ended: string) => `
  insert into project_counts (project_id, stripe, votes, other_outcomes, ended)
  select $1, pg_backend_pid() % 16, ${votes}, ${others}, ${ended} from written having count(*) > 0
  on conflict (project_id, stripe) do update
    set votes = project_counts.votes + excluded.votes, other_outcomes = project_counts.other_outcomes + excluded.other_outcomes,
        ended = project_counts.ended + excluded.ended`;

const classes = 'count(*) filter (where outcome = 0)';
const others = 'count(*) filter (where outcome <> 0)';

const insert = (onConflict: string, result: string) => `
  with written as (
    insert into votes (project_id, ${COLUMNS}) select $1, ${COLUMNS} from ${BATCH}
    ${onConflict} returning item_code, annotator_code, repeat_index, outcome
  ),
  per_item as (${addCounts('item')}),
  per_annotator as (${addCounts('annotator')}),
  per_project as (${addToProject(classes, others, '0')})
  select ${result} from written`;

/** Two thirds of the cost of one that looks for conflicts; most batches have none. */
const INSERT_NEW = insert('', 'count(*)::int as count');

const INSERT_UNLESS_MET = insert('on conflict do nothing', 'array_agg(item_code) as items, array_agg(annotator_code) as annotators, array_agg(repeat_index) as repeats');

const END = `
  with written as (
    update votes set ended_seq = nextval('vote_ticket'), ended_reason = $3
    where project_id = $1 and seq = any($2::bigint[]) and ended_seq is null
    returning seq, item_code, annotator_code, outcome
  ),
  per_item as (${subtractCounts('item')}),
  per_annotator as (${subtractCounts('annotator')}),
  per_project as (${addToProject(`-${classes}`, `-${others}`, 'count(*)')})
  select seq from written`;

const INSERT_ENDED = `
  with written as (
    insert into votes (project_id, ${COLUMNS}, ended_seq, ended_reason)
    select $1, ${COLUMNS}, nextval('vote_ticket'), ${EndedReason.REPEAT} from ${BATCH} returning 1
  )
  ${addToProject('0', '0', 'count(*)')}`;

/** Pair by pair, so that each is one probe of the index of standing votes, and locks are taken in the order of the pairs. */
const STANDING = `
  select found.* from unnest($2::int4[], $3::int4[]) as wanted(item, annotator)
  cross join lateral (
    select seq, item_code, annotator_code, class_index, outcome, repeat_index, vote_id, voted_at, ended_seq from votes
    where project_id = $1 and item_code = wanted.item and annotator_code = wanted.annotator and ended_seq is null
    order by repeat_index for update
  ) found`;

const BY_VOTE_ID = `
  select found.* from unnest($2::text[]) as wanted(id)
  cross join lateral (
    select seq, item_code, annotator_code, class_index, outcome, repeat_index, vote_id, voted_at, ended_seq from votes
    where project_id = $1 and vote_id = wanted.id limit 1
  ) found`;

/** SQL of the vote log. Every method runs in the caller's transaction, under the project's shared vote lock. */
export const votesStore = {
  /** Writes votes that meet no other, with the counts. @returns false where one does: the transaction is lost then. */
  async insertNew(transaction: Transaction, projectId: number, votes: readonly PendingVote[]): Promise<boolean> {
    try {
      await transaction.query(INSERT_NEW, batchParameters(projectId, votes));
      return true;
    } catch (error) {
      if (sqlState(error) === '23505') return false;
      throw error;
    }
  },

  /**
   * Writes those votes that meet no standing vote of the same pair and no vote of the same vote id, with the counts.
   * @returns the votes that were not written.
   */
  async insertUnlessMet(transaction: Transaction, projectId: number, votes: readonly PendingVote[]): Promise<Set<PendingVote>> {
    const [written]: { items: number[] | null; annotators: number[]; repeats: number[] }[] = await transaction.query(
      INSERT_UNLESS_MET, batchParameters(projectId, votes),
    );
    const done = new Set(written!.items?.map((item, i) => `${item}:${written!.annotators[i]}:${written!.repeats[i]}`));
    return new Set(votes.filter((vote) => !done.has(`${vote.item}:${vote.annotator}:${vote.repeatIndex}`)));
  },

  /** Writes votes into the history only: recorded, and ended at once. */
  async insertEnded(transaction: Transaction, projectId: number, votes: readonly PendingVote[]): Promise<void> {
    await transaction.query(INSERT_ENDED, batchParameters(projectId, votes));
  },

  /** Ends standing votes, with the counts. @returns the tickets of those that stood until now. */
  async end(transaction: Transaction, projectId: number, seqs: readonly number[], reason: EndedReason): Promise<Set<number>> {
    const rows: { seq: number }[] = await transaction.query(END, [projectId, seqs, reason]);
    return new Set(rows.map((row) => row.seq));
  },

  /** The standing votes of these pairs, locked. */
  async standing(transaction: Transaction, projectId: number, items: ArrayLike<number>, annotators: ArrayLike<number>): Promise<StoredVote[]> {
    return transaction.query(STANDING, [projectId, int4Array(items), int4Array(annotators)]);
  },

  async byVoteIds(transaction: Transaction, projectId: number, voteIds: readonly string[]): Promise<Map<string, StoredVote>> {
    if (voteIds.length === 0) return new Map();
    const rows: StoredVote[] = await transaction.query(BY_VOTE_ID, [projectId, nullableTextArray(voteIds)]);
    return new Map(rows.map((row) => [row.vote_id!, row]));
  },
};
