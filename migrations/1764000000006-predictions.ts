import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Models' predictions, in versions that never change. */
export class Predictions1764000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // pinned_version is null where the newest complete version is the current one.
    await runner.query(`
      create table prediction_models (
        project_id integer not null,
        pinned_version integer,
        active boolean not null default true,
        model text collate "C" not null,
        primary key (project_id, model)
      )`);
    // last_seq is the newest ticket of its rows; changes_before is what project_counts made of the votes that the model was trained on.
    // complete: all rows that were announced are in, so that it may be the current one.
    await runner.query(`
      create table prediction_versions (
        created_at timestamptz not null default clock_timestamp(),
        training_watermark bigint,
        changes_before bigint,
        last_seq bigint,
        project_id integer not null,
        id integer generated always as identity,
        row_count integer not null default 0 check (row_count >= 0),
        out_of_sample boolean not null,
        complete boolean not null default false,
        model text collate "C" not null,
        version text collate "C" not null,
        primary key (project_id, id),
        unique (project_id, model, version),
        check ((training_watermark is null) = (changes_before is null))
      )`);
    // The tickets of predictions are those of the votes, so that a run's watermark says which rows it reads; rows of one call share one.
    await runner.query(`
      create table predictions (
        seq bigint not null,
        project_id integer not null,
        version_id integer not null,
        item_code integer not null,
        probabilities double precision[] not null,
        primary key (project_id, version_id, item_code)
      )`);
    // Digits of probabilities do not pack: long rows are moved out of the table without a try at it.
    await runner.query(`alter table predictions alter column probabilities set storage external`);
    await runner.query(`alter table predictions alter column project_id set statistics 0`);
    await runner.query(`alter table projects add column prediction_stale_votes integer not null default 1000 check (prediction_stale_votes >= 0)`);
    // The versions that a run reads; null for methods that read none.
    await runner.query(`alter table runs add column prediction_versions integer[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs drop column prediction_versions`);
    await runner.query(`alter table projects drop column prediction_stale_votes`);
    await runner.query(`drop table predictions, prediction_versions, prediction_models`);
  }
}
