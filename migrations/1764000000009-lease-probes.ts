import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The index of leases by expiry, with a condition that only look-ups by expiry have. Statements that were planned while the
 * table was empty took it for any live lease, and read all of them at each probe from then on.
 */
export class LeaseProbes1764000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index leases_by_expiry`);
    await runner.query(`create index leases_by_expiry on leases (expires_at) where ended_at is null and expires_at > '-infinity'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index leases_by_expiry`);
    await runner.query(`create index leases_by_expiry on leases (expires_at) where ended_at is null`);
  }
}
