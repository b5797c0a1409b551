import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runs and their immutable results. */
export class Runs1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table runs (
        project_id integer not null,
        id bigint generated always as identity,
        method_id text not null,
        method_version integer not null,
        options jsonb not null,
        seed bigint not null,
        watermark bigint,
        changes_at_watermark bigint,
        origin text not null check (origin in ('REQUEST', 'RULE')),
        make_current boolean not null,
        status text not null default 'QUEUED'
          check (status in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
        attempt integer not null default 0,
        fence uuid,
        lease_until timestamptz,
        phase text,
        iteration integer,
        log_likelihood double precision,
        item_count integer,
        annotator_count integer,
        vote_count bigint,
        iterations integer,
        converged boolean,
        ties integer,
        trace double precision[],
        warnings text[],
        class_priors double precision[],
        seconds jsonb,
        failure text,
        results_dropped_at timestamptz,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        primary key (project_id, id)
      )`);
    // A handful of rows at any time: for the sweeps, and for the rule that a project has one automatic run at a time.
    await runner.query(`create index runs_unfinished on runs (project_id) where status in ('QUEUED', 'RUNNING')`);
    await runner.query(`create index runs_droppable on runs (finished_at)
      where origin = 'RULE' and status = 'SUCCEEDED' and results_dropped_at is null`);
    // One row for each item that had votes. consensus is the class index of the largest probability, of tied ones the first.
    await runner.query(`
      create table soft_labels (
        confidence double precision not null,
        entropy double precision not null,
        run_id bigint not null,
        project_id integer not null,
        item_code integer not null,
        votes integer not null,
        consensus smallint not null,
        tie boolean not null,
        probabilities double precision[] not null,
        primary key (project_id, run_id, item_code)
      )`);
    // Each index costs a run as much as its rows themselves do. The order by votes, seldom asked for, is sorted when it is.
    await runner.query(`create index soft_labels_by_confidence on soft_labels (project_id, run_id, confidence, item_code)`);
    await runner.query(`create index soft_labels_by_entropy on soft_labels (project_id, run_id, entropy, item_code)`);
    // confusion_values is cardinality(confusion_labels) x K, row-major: P(vote = label of the row | true class).
    await runner.query(`
      create table annotator_results (
        project_id integer not null,
        run_id bigint not null,
        annotator_code integer not null,
        votes integer not null,
        quality double precision,
        accuracy double precision,
        accuracy_low double precision,
        accuracy_high double precision,
        confusion_labels integer[],
        confusion_values double precision[],
        primary key (project_id, run_id, annotator_code)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table annotator_results, soft_labels, runs`);
  }
}
