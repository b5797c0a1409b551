import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was worked out about majority vote on the votes of a run. */
export class Certificates1764000000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One row a run that somebody asked of, by the version of the certificate: processes of two versions do not overwrite each other's.
    // Figures are null where there is nothing to judge.
    await runner.query(`
      create table run_certificates (
        run_id bigint not null,
        holds double precision,
        refuted double precision,
        regret_mean double precision,
        regret_low double precision,
        regret_high double precision,
        tie_rate double precision,
        project_id integer not null,
        version integer not null,
        voted_items integer not null,
        evaluated_items integer not null,
        draws integer not null,
        verdict text not null,
        assumption text not null,
        advice text not null,
        constraint run_certificates_verdict check (verdict in ('MV_OPTIMAL_UNDER_MODEL', 'MV_NOT_OPTIMAL_UNDER_MODEL', 'INSUFFICIENT_DATA')),
        constraint run_certificates_pkey primary key (project_id, run_id, version)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table run_certificates`);
  }
}
