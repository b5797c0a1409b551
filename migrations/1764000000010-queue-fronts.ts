import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Of the open items, a queue holds those up to a last place: all that are to be given out for a good while, instead of a
 * million rows written and cleared away with each scoring.
 */
export class QueueFronts1764000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table project_queues
        add column length integer not null default 100000 check (length > 0),
        add column changes bigint,
        add column last_priority double precision,
        add column last_item integer,
        add check ((last_priority is null) = (last_item is null))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // What is queued is the front alone: all queues are to be scored anew.
    await runner.query(`update project_queues set scoring_version = null where last_item is not null`);
    await runner.query(`alter table project_queues drop column last_item, drop column last_priority, drop column changes, drop column length`);
  }
}
