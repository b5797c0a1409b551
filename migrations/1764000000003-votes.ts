import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The append-only vote log and the exact counts beside it. */
export class Votes1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One ticket counter for everything that happens to votes: a vote takes one when written, and another when it ends.
    await runner.query(`create sequence vote_ticket as bigint cache 1`);
    // A vote is never changed but for being ended once: superseded by a later vote of the same annotator, or withdrawn.
    // outcome 0 is a class (class_index >= 0); 1 SKIP, 2 UNSURE, 3 CANNOT_LABEL have class_index -1.
    await runner.query(`
      create table votes (
        seq bigint not null default nextval('vote_ticket'),
        voted_at timestamptz,
        received_at timestamptz not null default now(),
        ended_seq bigint,
        project_id integer not null,
        item_code integer not null,
        annotator_code integer not null,
        duration_ms integer check (duration_ms >= 0),
        class_index smallint not null,
        outcome smallint not null default 0 check (outcome between 0 and 3),
        repeat_index integer not null default 0,
        ended_reason smallint check (ended_reason between 1 and 3),
        vote_id text collate "C",
        guideline_version text,
        comment text,
        primary key (project_id, seq),
        check ((outcome = 0) = (class_index >= 0)),
        check ((ended_seq is null) = (ended_reason is null))
      )`);
    await runner.query(`
      create unique index votes_standing on votes (project_id, item_code, annotator_code, repeat_index)
        where ended_seq is null`);
    await runner.query(`
      create unique index votes_by_vote_id on votes (project_id, vote_id) where vote_id is not null`);
    await runner.query(`
      create index votes_ended on votes (project_id, ended_seq) where ended_seq is not null`);
    // For the history of one item, and of one annotator on it, ended votes included.
    await runner.query(`
      create index votes_ended_by_item on votes (project_id, item_code, annotator_code) where ended_seq is not null`);
    for (const owner of ['item', 'annotator']) {
      await runner.query(`
        create table ${owner}_counts (
          project_id integer not null,
          ${owner}_code integer not null,
          votes integer not null default 0 check (votes >= 0),
          other_outcomes integer not null default 0 check (other_outcomes >= 0),
          primary key (project_id, ${owner}_code)
        ) with (fillfactor = 70)`);
    }
    // Striped by connection: concurrent writers of one project do not wait for each other's commit on a single row.
    await runner.query(`
      create table project_counts (
        project_id integer not null,
        stripe smallint not null,
        votes bigint not null default 0,
        other_outcomes bigint not null default 0,
        ended bigint not null default 0,
        primary key (project_id, stripe)
      ) with (fillfactor = 50)`);
    // Statistics of project_id mislead: a project younger than them is taken to have no rows, and then any index that begins with it will do.
    for (const table of ['votes', 'item_counts', 'annotator_counts']) await runner.query(`alter table ${table} alter column project_id set statistics 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table project_counts, annotator_counts, item_counts, votes`);
    await runner.query(`drop sequence vote_ticket`);
  }
}
