import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Items and annotators with their dense codes: 0, 1, 2, ... within a project, given once and never again. */
export class ItemsAndAnnotators1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Locked while codes are given, so that two writers cannot give the same one; apart from projects, so that reads and rule changes never wait for it.
    await runner.query(`
      create table project_codes (
        project_id integer primary key,
        next_item_code integer not null default 0,
        next_annotator_code integer not null default 0
      )`);
    await runner.query(`
      create table items (
        project_id integer not null,
        code integer not null,
        external_id text collate "C" not null check (octet_length(external_id) between 1 and 1024),
        payload jsonb,
        created_at timestamptz not null default now(),
        primary key (project_id, code),
        unique (project_id, external_id)
      )`);
    await runner.query(`
      create table annotators (
        project_id integer not null,
        code integer not null,
        external_id text collate "C" not null check (octet_length(external_id) between 1 and 1024),
        kind text not null default 'HUMAN' check (kind in ('HUMAN', 'MODEL')),
        created_at timestamptz not null default now(),
        primary key (project_id, code),
        unique (project_id, external_id)
      )`);
    // Statistics of project_id mislead: a project younger than them is taken to have no rows, and then any index that begins with it will do.
    for (const table of ['items', 'annotators']) await runner.query(`alter table ${table} alter column project_id set statistics 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table annotators, items, project_codes`);
  }
}
