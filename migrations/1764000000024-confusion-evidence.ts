import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the columns of an annotator's confusion matrix rest on, for their intervals. */
export class ConfusionEvidence1764000000024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table annotator_results add column confusion_evidence double precision[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table annotator_results drop column confusion_evidence`);
  }
}
