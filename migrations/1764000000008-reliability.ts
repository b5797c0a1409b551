import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is found about annotators while votes come in: figures, flags, and who was paused when. */
export class Reliability1764000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The votes an annotator had when their status changed: a rule does not overrule a person before there are more.
    await runner.query(`alter table annotators add column status_votes integer`);
    await runner.query(`create index annotators_held on annotators (project_id, status, code) where status <> 'ACTIVE'`);
    // One row a project: what its newest figures are of. changes counts as project_counts does; requested_at is the last time they were asked for.
    await runner.query(`
      create table reliability_states (
        requested_at timestamptz not null,
        evaluated_at timestamptz,
        run_id bigint,
        changes bigint,
        gold_seq bigint,
        seconds double precision,
        project_id integer primary key,
        pause_rule text
      )`);
    // Figures that are not known are null. Replaced as a whole.
    await runner.query(`
      create table annotator_reliability (
        agreement double precision,
        chance double precision,
        informedness double precision,
        accuracy double precision,
        accuracy_low double precision,
        accuracy_high double precision,
        gold_accuracy double precision,
        gold_accuracy_low double precision,
        gold_accuracy_high double precision,
        top_class_share double precision,
        median_seconds double precision,
        recent_accuracy double precision,
        project_id integer not null,
        annotator_code integer not null,
        votes integer not null,
        gold_votes integer not null,
        timed_votes integer not null,
        recent_votes integer not null,
        skips integer not null,
        top_class smallint,
        primary key (project_id, annotator_code)
      )`);
    // A flag ends when it no longer holds; raised again it is another row.
    await runner.query(`
      create table annotator_flags (
        since timestamptz not null default clock_timestamp(),
        ended_at timestamptz,
        dismissed_at timestamptz,
        id bigint generated always as identity,
        value double precision not null,
        threshold double precision not null,
        project_id integer not null,
        annotator_code integer not null,
        kind text not null check (kind in ('BELOW_CHANCE', 'CHANCE_AGREEMENT', 'ONE_CLASS', 'TOO_FAST', 'DRIFT')),
        explanation text not null,
        primary key (project_id, id)
      )`);
    await runner.query(`create unique index annotator_flags_standing on annotator_flags (project_id, annotator_code, kind) where ended_at is null`);
    for (const table of ['annotator_reliability', 'annotator_flags']) await runner.query(`alter table ${table} alter column project_id set statistics 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table annotator_flags, annotator_reliability, reliability_states`);
    await runner.query(`drop index annotators_held`);
    await runner.query(`alter table annotators drop column status_votes`);
  }
}
