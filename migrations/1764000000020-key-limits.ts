import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a key may ask in a minute, where it is not what all may. */
export class KeyLimits1764000000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table api_keys add column calls_per_minute integer constraint api_keys_calls_per_minute check (calls_per_minute > 0)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table api_keys drop column calls_per_minute`);
  }
}
