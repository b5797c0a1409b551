import { Injectable } from '@nestjs/common';
import { scopes } from '../../platform/principal.js';
import { Transactions } from '../../platform/database/transaction.js';
import { formatKey, hashOf, newKey, parseKey } from './api-key-secret.js';

const FIRST_START_LOCK = 0x66697273;

/** Makes the first workspace and its admin key, where there is no workspace at all. */
@Injectable()
export class FirstWorkspace {
  constructor(private readonly transactions: Transactions) {}

  /**
   * @param chosenKey the key to install instead of a random one.
   * @returns the key's text when this call made it, which is the only time it can be read; null in a database that is in use.
   */
  async ensure(chosenKey?: string): Promise<{ workspaceId: number; key: string } | null> {
    return this.transactions.run(async (transaction) => {
      // Replicas that start together take turns.
      await transaction.query(`select pg_advisory_xact_lock($1)`, [FIRST_START_LOCK]);
      const existing: unknown[] = await transaction.query(`select 1 from workspaces limit 1`);
      if (existing.length > 0) return null;
      const [workspace]: { id: number }[] = await transaction.query(`insert into workspaces (name) values ('default') returning id`);
      const key = (chosenKey && parseKey(chosenKey)) || newKey();
      await transaction.query(
        `insert into api_keys (workspace_id, name, prefix, secret_hash, scopes) values ($1, 'first key', $2, $3, $4)`,
        [workspace!.id, key.prefix, hashOf(key.secret), [...scopes]],
      );
      await transaction.query(
        `insert into audit_log (workspace_id, action, detail) values ($1, 'createWorkspace', '{"name": "default"}')`, [workspace!.id],
      );
      return { workspaceId: workspace!.id, key: formatKey(key) };
    });
  }
}
