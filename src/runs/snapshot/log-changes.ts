import type { Client } from 'pg';
import { ordersByIndex } from '../../platform/database/by-index.js';
import { changesOf } from '../../projects/vote-changes.js';
import { copiedVotes, integer, type Snapshot } from './copied-votes.js';

/** Whose votes a file has, so that none is taken for another's: numbers of projects and databases are given again. */
export interface LogIdentity {
  projectId: number;
  /** Since when there are the database and the project, by its own clock, with the database's number on its server. */
  database: string;
  project: string;
}

/**
 * What tells whether a log is still the one that was read up to a ticket: how many votes were given or ended until then, and
 * digests of the last of each. After a restore from a backup tickets are given again. What was lost is told by the count, unless as
 * much was written under the old tickets; and then it is the last of them, with another time.
 */
export interface LogState {
  events: number;
  lastGiven: string;
  lastEnded: string;
}

const DIGESTED = 100;

export async function readIdentity(client: Client, projectId: number): Promise<LogIdentity> {
  const text = async (sql: string, values: unknown[] = []) => (await client.query<{ text: string }>(sql, values)).rows[0]?.text ?? '';
  const since = `extract(epoch from created_at)::text as text`;
  const number = await text(`select oid::text as text from pg_database where datname = current_database()`);
  const database = await text(`select ${since} from workspaces order by id limit 1`);
  return { projectId, database: `${number} ${database}`, project: await text(`select ${since} from projects where id = $1`, [projectId]) };
}

/** Of these projects, those that still take votes. */
export async function openProjects(client: Client, projectIds: readonly number[]): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(`select id from projects where id = any($1::int[]) and archived_at is null`, [projectIds]);
  return rows.map(({ id }) => id);
}

/** The ticket of what last happened to the project's votes up to a watermark; 0 where nothing did. */
export async function lastTicket(client: Client, projectId: number, watermark: number): Promise<number> {
  return byIndex(client, async () => {
    const { rows: [row] } = await client.query<{ ticket: number }>(
      `select greatest(
         (select seq from votes where project_id = $1 and seq <= $2 order by seq desc limit 1),
         (select ended_seq from votes where project_id = $1 and ended_seq <= $2 order by ended_seq desc limit 1), 0)::float8 as ticket`, [projectId, watermark],
    );
    return row!.ticket;
  });
}

/**
 * The state at a ticket that is settled. In one statement, so that the counters, which are of this moment, fit what is counted
 * back from them.
 * @param most how many changes since are counted back. @returns null where there were more.
 */
export async function readState(client: Client, projectId: number, ticket: number, most: number): Promise<LogState | null> {
  return byIndex(client, async () => {
    const { rows: [row] } = await client.query<{ changes: number; given: number; ended: number; lastGiven: string | null; lastEnded: string | null }>(STATE, [projectId, ticket, most + 1, DIGESTED]);
    const { changes, given, ended, lastGiven, lastEnded } = row!;
    return given + ended > most ? null : { events: changes - given - ended, lastGiven: lastGiven ?? '', lastEnded: lastEnded ?? '' };
  });
}

const since = (ticket: string) => `(select count(*) from (select 1 from votes where project_id = $1 and ${ticket} > $2 order by ${ticket} limit $3) since)::float8`;

const STATE = `
  select ${changesOf('$1')}::float8 as changes, ${since('seq')} as given, ${since('ended_seq')} as ended,
    (select md5(string_agg(concat_ws(' ', seq, extract(epoch from received_at), item_code, annotator_code, class_index, outcome), ',' order by seq))
     from (select * from votes where project_id = $1 and seq <= $2 order by seq desc limit $4) last) as "lastGiven",
    (select md5(string_agg(concat_ws(' ', ended_seq, seq, extract(epoch from received_at)), ',' order by ended_seq))
     from (select * from votes where project_id = $1 and ended_seq <= $2 order by ended_seq desc limit $4) last) as "lastEnded"`;

/** What differs between the votes that stood at one ticket and those that stood at a later one. */
export async function changesBetween(client: Client, projectId: number, earlier: number, later: number): Promise<{ came: Snapshot; went: Snapshot }> {
  const [low, high] = [integer(earlier), integer(later)];
  const votes = (where: string) => `select item_code, annotator_code, class_index from votes where project_id = ${integer(projectId)} and outcome = 0 and ${where}`;
  return byIndex(client, async () => ({
    came: await copiedVotes(client, votes(`seq > ${low} and seq <= ${high} and (ended_seq is null or ended_seq > ${high}) order by seq`)),
    went: await copiedVotes(client, votes(`ended_seq > ${low} and ended_seq <= ${high} and seq <= ${low} order by ended_seq`)),
  }));
}

/** The order that a statement asks for leaves the planner one index then, see platform/database/by-index.ts. */
async function byIndex<Result>(client: Client, read: () => Promise<Result>): Promise<Result> {
  await client.query(`begin read only; ${Object.entries(ordersByIndex).map(([name, value]) => `set local ${name} = ${value}`).join('; ')}`);
  try {
    return await read();
  } finally {
    // Where the connection is lost, the statement has told so.
    await client.query('rollback').catch(() => undefined);
  }
}
