import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was worked out about a project on request, and is kept while it is asked for. */
export class Reports1764000000041 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // key: a digest of all that the answer follows from. directory tells where in pages each table of the answer lies, in each of its orders.
    await runner.query(`
      create table reports (
        id bigint generated always as identity,
        project_id integer not null,
        kind text not null,
        version integer not null,
        request jsonb not null,
        key text not null,
        watermark bigint not null,
        item_count integer not null,
        annotator_count integer not null,
        status text not null constraint reports_status_check check (status in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
        attempt integer not null default 0,
        fence uuid,
        lease_until timestamptz,
        failure text,
        result jsonb,
        directory jsonb,
        pages bytea,
        created_at timestamptz not null,
        started_at timestamptz,
        finished_at timestamptz,
        used_at timestamptz not null,
        constraint reports_pkey primary key (project_id, id),
        constraint reports_key_key unique (project_id, key)
      )`);
    // Kept as it is, so that a slice of it is read without the rest.
    await runner.query(`alter table reports alter column pages set storage external`);
    await runner.query(`create index reports_unfinished on reports (project_id) where status in ('QUEUED', 'RUNNING')`);
    await runner.query(`create index reports_by_use on reports (used_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table reports`);
  }
}
