import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Confusion matrices by what is not the same in a row: of a thousand classes they took half a megabyte an annotator. */
export class PackedMatrices1764000000033 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // In place of confusion_values, which older runs have: src/results/packed-matrix.ts.
    await runner.query(`alter table annotator_results add column confusion_starts integer[]`);
    await runner.query(`alter table annotator_results add column confusion_rows bytea`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table annotator_results drop column confusion_rows`);
    await runner.query(`alter table annotator_results drop column confusion_starts`);
  }
}
