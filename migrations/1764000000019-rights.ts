import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of one annotator, rotations under which the old secret works on for a while, and workspaces that want to know who read gold. */
export class Rights1764000000019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table api_keys
        add column annotator text,
        add column previous_prefix text,
        add column previous_secret_hash bytea,
        add column previous_ends_at timestamptz`);
    // A process that is misled by its caller, or by a bug of ours, cannot make such a key that may do more.
    await runner.query(`
      alter table api_keys add constraint api_keys_annotator_check
        check (annotator is null or (project_id is not null and scopes <@ array['votes:write', 'assignment']))`);
    await runner.query(`
      alter table api_keys add constraint api_keys_previous_check
        check ((previous_prefix is null) = (previous_secret_hash is null) and (previous_prefix is null) = (previous_ends_at is null))`);
    await runner.query(`alter table api_keys add constraint api_keys_previous_prefix_key unique (previous_prefix)`);
    await runner.query(`alter table workspaces add column audit_reads boolean not null default false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table workspaces drop column audit_reads`);
    await runner.query(`alter table api_keys drop column annotator, drop column previous_prefix, drop column previous_secret_hash, drop column previous_ends_at`);
  }
}
