import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Annotators who were erased: what was changed where, and how far their comments are gone from a long log. No word of who they were. */
export class AnnotatorErasures1764000000043 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table annotator_erasures (
        project_id integer not null,
        id bigint generated always as identity,
        annotator_code integer not null,
        erased_at timestamptz not null,
        due_at timestamptz not null,
        finished_at timestamptz,
        next_seq bigint not null,
        last_seq bigint not null,
        changed jsonb not null,
        constraint annotator_erasures_pkey primary key (project_id, id)
      )`);
    await runner.query(`create index annotator_erasures_due on annotator_erasures (due_at) where finished_at is null`);
    // Counts up, so that whoever looked up a code before knows that it may be nobody's any more.
    await runner.query(`alter table projects add column annotator_erasures integer not null default 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table projects drop column annotator_erasures`);
    await runner.query(`drop table annotator_erasures`);
  }
}
