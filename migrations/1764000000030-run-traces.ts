import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of which request a run is, and where it stands in the request's trace (W3C Trace Context): whatever process works on it goes on with these. */
export class RunTraces1764000000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs add column request_id text, add column traceparent text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs drop column request_id, drop column traceparent`);
  }
}
