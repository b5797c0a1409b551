import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Known answers, with their history, and the samples that are drawn to be answered. */
export class Gold1764000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // An answer is never changed but for being ended once: replaced by another, or removed. Its tickets are those of the votes,
    // so that a run's watermark says which answers stood. The one that replaces another begins with the ticket the other ends with.
    // place is project_id plus a random number below 1: whoever looks for some of a project's answers at random begins at one, on an
    // index. Were project_id a column of that index, the planner would at times take it for look-ups by item: 3 ms each instead of 2 us.
    await runner.query(`
      create table gold_answers (
        seq bigint not null default nextval('vote_ticket'),
        received_at timestamptz not null default clock_timestamp(),
        ended_seq bigint,
        place double precision not null,
        project_id integer not null,
        item_code integer not null,
        api_key_id integer,
        class_index smallint not null check (class_index >= 0),
        reason text,
        primary key (project_id, seq)
      )`);
    await runner.query(`create unique index gold_answers_standing on gold_answers (project_id, item_code) where ended_seq is null`);
    await runner.query(`create index gold_answers_by_place on gold_answers (place) include (project_id, item_code) where ended_seq is null`);
    await runner.query(`create index gold_answers_ended on gold_answers (project_id, ended_seq) where ended_seq is not null`);
    await runner.query(`
      create table gold_samples (
        created_at timestamptz not null default now(),
        id bigint generated always as identity,
        seed bigint not null,
        run_id bigint,
        project_id integer not null,
        size integer not null check (size > 0),
        frame_items integer not null check (frame_items >= size),
        api_key_id integer,
        design text not null check (design in ('UNIFORM', 'UNCERTAINTY')),
        primary key (project_id, id)
      )`);
    await runner.query(`
      create table gold_sample_items (
        sample_id bigint not null,
        probability double precision not null check (probability > 0 and probability <= 1),
        project_id integer not null,
        item_code integer not null,
        primary key (project_id, sample_id, item_code)
      )`);
    // How many items a run took the class of as given; null where its method reads no gold.
    await runner.query(`alter table runs add column gold_count integer`);
    // Statistics of project_id mislead: a project younger than them is taken to have no rows, and then any index that begins with it will do.
    for (const table of ['gold_answers', 'gold_sample_items']) await runner.query(`alter table ${table} alter column project_id set statistics 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs drop column gold_count`);
    await runner.query(`drop table gold_sample_items, gold_samples, gold_answers`);
  }
}
