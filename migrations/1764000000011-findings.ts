import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What methods find beyond soft labels, skills and matrices. */
export class Findings1764000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The names of the numbers in the rows of soft_labels and annotator_results; null for methods that find nothing more.
    await runner.query(`alter table runs add column item_findings text[]`);
    await runner.query(`alter table runs add column annotator_findings text[]`);
    // What is found of classes, models and the run itself: {"class": {"name": [...]}, "model": {...}, "run": {...}}; null for unknown.
    await runner.query(`alter table runs add column findings jsonb`);
    // The pairs of classes that items have as their two answers: [{"first", "second", "items", "meanConfusion", "examples"}].
    await runner.query(`alter table runs add column confusable_pairs jsonb`);
    // No index: who asks for their order has the run's rows sorted. One would cost a run as much as the rows themselves.
    await runner.query(`alter table soft_labels add column findings double precision[]`);
    await runner.query(`alter table annotator_results add column findings double precision[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table annotator_results drop column findings`);
    await runner.query(`alter table soft_labels drop column findings`);
    await runner.query(`alter table runs drop column confusable_pairs`);
    await runner.query(`alter table runs drop column findings`);
    await runner.query(`alter table runs drop column annotator_findings`);
    await runner.query(`alter table runs drop column item_findings`);
  }
}
