import pg from 'pg';
import { freshDatabase } from '../setup/database.js';

/** A vote log that is written by hand, with the counters beside it, in a database where nothing else happens. */
export class VoteLog {
  private repeats = 0;

  private constructor(readonly url: string, readonly client: pg.Client, private readonly dropDatabase: () => Promise<void>, readonly projectId: number) {}

  static async make(): Promise<VoteLog> {
    const database = await freshDatabase();
    const { url } = database;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`insert into workspaces (name) values ('one')`);
    const log = new VoteLog(url, client, () => database.drop(), 1);
    await log.newProject();
    return log;
  }

  /** Of another project of the same database, on the same connection. */
  async another(): Promise<VoteLog> {
    return new VoteLog(this.url, this.client, async () => undefined, await this.newProject());
  }

  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    return client;
  }

  /**
   * Votes drawn at random, in the order of nothing: on items below `items` by annotators below `annotators`, for one of 4
   * classes or, one in fifty, for none. Pairs are met again and again, for other classes and for the same.
   */
  async give(count: number, { items = 3000, annotators = 40 } = {}): Promise<void> {
    const from = this.repeats;
    this.repeats += count;
    await this.client.query(`
      with given as (
        insert into votes (project_id, item_code, annotator_code, class_index, outcome, repeat_index)
        select $1, hash % $4::int, hash / 1000 % $5::int, case when hash % 50 = 7 then -1 else hash % 4 end, case when hash % 50 = 7 then 1 else 0 end, n
        from (select n, (hashint4(n + $1)::bigint + 2147483648) as hash from generate_series($2::int + 1, $2::int + $3::int) n) drawn
        returning outcome)
      insert into project_counts (project_id, stripe, votes, other_outcomes)
      select $1, 0, count(*) filter (where outcome = 0), count(*) filter (where outcome <> 0) from given
      on conflict (project_id, stripe) do update set votes = project_counts.votes + excluded.votes, other_outcomes = project_counts.other_outcomes + excluded.other_outcomes`,
    [this.projectId, from, count, items, annotators]);
  }

  /** Ends so many of the standing votes, here and there. */
  async end(count: number, salt = 1): Promise<void> {
    await this.client.query(`
      with ended as (
        update votes set ended_seq = nextval('vote_ticket'), ended_reason = 2
        where project_id = $1 and seq in (select seq from votes where project_id = $1 and ended_seq is null order by hashint8(seq * $3) limit $2)
        returning outcome)
      update project_counts set votes = votes - (select count(*) from ended where outcome = 0),
        other_outcomes = other_outcomes - (select count(*) from ended where outcome <> 0), ended = ended + (select count(*) from ended)
      where project_id = $1 and stripe = 0`, [this.projectId, count, salt]);
  }

  async watermark(): Promise<number> {
    const { rows } = await this.client.query<{ at: string }>(`select greatest(max(seq), max(ended_seq)) as at from votes where project_id = $1`, [this.projectId]);
    return Number(rows[0]!.at);
  }

  async drop(): Promise<void> {
    await this.client.end();
    await this.dropDatabase();
  }

  private async newProject(): Promise<number> {
    const { rows } = await this.client.query<{ id: number }>(
      `insert into projects (workspace_id, name, classes, default_method) values (1, 'crowd', '{a,b,c,d}', 'dawid-skene') returning id`);
    return rows[0]!.id;
  }
}
