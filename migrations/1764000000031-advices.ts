import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was worked out about the methods on the votes of a run. */
export class Advices1764000000031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // By the gold answers that judged (a digest of them) and the methods that were named: what it says follows from these.
    await runner.query(`
      create table run_advices (
        run_id bigint not null,
        made_at timestamptz not null default clock_timestamp(),
        project_id integer not null,
        version integer not null,
        gold text not null,
        methods text not null,
        advice jsonb not null,
        constraint run_advices_pkey primary key (project_id, run_id, version, gold, methods)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table run_advices`);
  }
}
