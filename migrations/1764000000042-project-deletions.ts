import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Projects that are deleted: they wait, are purged row by row, and leave how many rows they had. */
export class ProjectDeletions1764000000042 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The project's own row lies here as long as it may come back: whoever looks for a project finds none, in whatever statement.
    await runner.query(`
      create table project_deletions (
        id integer generated always as identity,
        workspace_id integer not null,
        project_id integer,
        project jsonb,
        touched integer[] not null default '{}',
        api_key_id integer,
        deleted_at timestamptz not null,
        purge_after timestamptz not null,
        started_at timestamptz,
        due_at timestamptz not null,
        purged_at timestamptz,
        removed jsonb not null default '{}',
        constraint project_deletions_pkey primary key (id),
        constraint project_deletions_project_id_key unique (project_id),
        constraint project_deletions_whole check ((project is null) = (started_at is not null)),
        constraint project_deletions_purged check ((project_id is null) = (purged_at is not null))
      )`);
    await runner.query(`create index project_deletions_by_workspace on project_deletions (workspace_id, id)`);
    await runner.query(`create index project_deletions_due on project_deletions (due_at) where purged_at is null`);
    // What the log says of people and projects that are to be forgotten goes, too; nothing else of it may be changed.
    await runner.query(`
      create or replace function refuse_change() returns trigger language plpgsql as $$
      begin
        if coalesce(current_setting('assay.forgetting', true), '') = 'on' then
          return case when tg_op = 'DELETE' then old else new end;
        end if;
        raise exception 'table % is append-only', tg_table_name;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'table % is append-only', tg_table_name;
      end $$`);
    await runner.query(`drop table project_deletions`);
  }
}
