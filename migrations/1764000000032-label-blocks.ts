import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Soft labels as blocks of columns in place of a row an item; those of older runs are taken over in the background. */
export class LabelBlocks1764000000032 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What is in a block of which part: src/results/blocks.ts.
    await runner.query(`
      create table label_blocks (
        run_id bigint not null,
        first double precision,
        project_id integer not null,
        block integer not null,
        first_item integer,
        part smallint not null,
        starts integer[],
        bytes bytea not null,
        constraint label_blocks_pkey primary key (project_id, run_id, part, block)
      )`);
    // Uncompressed, so that some bytes of a block are read without the others; starts beside the row's own columns.
    await runner.query(`alter table label_blocks alter column bytes set storage external`);
    await runner.query(`alter table label_blocks alter column starts set storage plain`);
    await runner.query(`alter table label_blocks alter column project_id set statistics 0`);
    // Where in an order a page begins.
    await runner.query(`create index label_blocks_by_first on label_blocks (project_id, run_id, part, first, first_item) where first is not null`);
    // Whether the run has rows in soft_labels, as those of older versions have, and since when its labels are in blocks.
    await runner.query(`alter table runs add column label_rows boolean not null default true`);
    await runner.query(`alter table runs add column label_blocks_since timestamptz`);
    await runner.query(`create index runs_with_label_rows on runs (label_blocks_since) where label_rows and status = 'SUCCEEDED' and results_dropped_at is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index runs_with_label_rows`);
    await runner.query(`alter table runs drop column label_blocks_since, drop column label_rows`);
    await runner.query(`drop table label_blocks`);
  }
}
