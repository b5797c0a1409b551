import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Workspaces, API keys, projects, the audit log and the idempotency keys. */
export class Tenancy1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table workspaces (
        id integer generated always as identity primary key,
        name text not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table projects (
        id integer generated always as identity primary key,
        workspace_id integer not null references workspaces (id),
        name text not null,
        classes text[] not null check (cardinality(classes) between 2 and 10000),
        votes_per_item integer not null default 3 check (votes_per_item between 1 and 10000),
        repeat_policy text not null default 'KEEP_LAST'
          check (repeat_policy in ('KEEP_LAST', 'KEEP_FIRST', 'REJECT', 'KEEP_ALL')),
        create_unknown_items boolean not null default true,
        create_unknown_annotators boolean not null default true,
        default_method text not null,
        default_options jsonb not null default '{}',
        rerun_every_votes integer check (rerun_every_votes >= 1),
        rerun_every_seconds integer check (rerun_every_seconds >= 1),
        current_run_id bigint,
        archived_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    await runner.query(`create index projects_by_workspace on projects (workspace_id, id)`);
    await runner.query(`
      create table api_keys (
        id integer generated always as identity primary key,
        workspace_id integer not null references workspaces (id),
        project_id integer,
        name text not null,
        prefix text not null unique,
        secret_hash bytea not null,
        scopes text[] not null,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`create index api_keys_by_workspace on api_keys (workspace_id, id)`);
    await runner.query(`
      create table audit_log (
        id bigint generated always as identity primary key,
        workspace_id integer not null,
        project_id integer,
        api_key_id integer,
        action text not null,
        detail jsonb not null,
        request_id text,
        at timestamptz not null default now()
      )`);
    await runner.query(`create index audit_log_by_workspace on audit_log (workspace_id, id)`);
    await runner.query(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'table % is append-only', tg_table_name;
      end $$`);
    await runner.query(`
      create trigger audit_log_append_only before update or delete on audit_log
        for each row execute function refuse_change()`);
    // project_id is 0 for calls outside a project, so that one key serves every mutation.
    await runner.query(`
      create table idempotency_keys (
        project_id integer not null,
        workspace_id integer not null,
        key text not null,
        request_hash bytea not null,
        response jsonb,
        created_at timestamptz not null default now(),
        primary key (project_id, workspace_id, key)
      )`);
    await runner.query(`create index idempotency_keys_by_age on idempotency_keys (created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table idempotency_keys, audit_log, api_keys, projects, workspaces`);
    await runner.query(`drop function refuse_change()`);
  }
}
