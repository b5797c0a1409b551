import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a run is going to cost, and how far its iteration is. */
export class RunCosts1764000000025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs
      add column estimated_operations double precision,
      add column estimated_bytes double precision,
      add column iteration_done real`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs drop column estimated_operations, drop column estimated_bytes, drop column iteration_done`);
  }
}
