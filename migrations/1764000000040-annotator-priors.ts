import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is known of annotators beforehand: facts under the tickets of votes, so that a run's watermark tells which it read. */
export class AnnotatorPriors1764000000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Either an accuracy, or counts: of each pair of a true class and a class voted for how many, brought to `votes` together.
    await runner.query(`
      create table annotator_priors (
        seq bigint not null default nextval('vote_ticket'),
        received_at timestamptz not null default clock_timestamp(),
        ended_seq bigint,
        votes double precision not null,
        accuracy double precision,
        from_run bigint,
        project_id integer not null,
        annotator_code integer not null,
        from_project integer,
        api_key_id integer,
        truths smallint[],
        labels smallint[],
        counts double precision[],
        reason text,
        constraint annotator_priors_pkey primary key (project_id, seq),
        constraint annotator_priors_votes_check check (votes > 0),
        constraint annotator_priors_kind_check check ((accuracy is null) <> (counts is null)),
        constraint annotator_priors_counts_check check (cardinality(truths) = cardinality(counts) and cardinality(labels) = cardinality(counts))
      )`);
    await runner.query(`create unique index annotator_priors_standing on annotator_priors (project_id, annotator_code) where ended_seq is null`);
    await runner.query(`create index annotator_priors_ended on annotator_priors (project_id, ended_seq) where ended_seq is not null`);
    await runner.query(`alter table runs add column prior_count integer`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs drop column prior_count`);
    await runner.query(`drop table annotator_priors`);
  }
}
