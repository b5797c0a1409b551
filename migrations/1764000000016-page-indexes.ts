import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Filters of pages that had no index: a page of what is rare read the project until it had enough. The conditions hold for every
 * row, and only pages name them: a probe by code, planned while the table was empty or its statistics mislead, could else take
 * such an index for its own and read the whole project each time.
 */
export class PageIndexes1764000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Votes and leases, which change often, stay out of it: they are updated in place as before.
    await runner.query(`create index item_counts_by_state on item_counts (project_id, state, flagged, item_code) where item_code >= 0 and state >= 0`);
    await runner.query(`create index annotators_by_status on annotators (project_id, status, code) where code >= 0 and status > ''`);
    await runner.query(`drop index annotators_held`);
    await runner.query(`create index annotator_flags_raised on annotator_flags (project_id, kind, annotator_code) where ended_at is null and dismissed_at is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index annotator_flags_raised`);
    await runner.query(`create index annotators_held on annotators (project_id, status, code) where status <> 'ACTIVE'`);
    await runner.query(`drop index annotators_by_status`);
    await runner.query(`drop index item_counts_by_state`);
  }
}
