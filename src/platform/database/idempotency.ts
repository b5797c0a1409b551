import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { conflict } from '../errors.js';
import { spanned } from '../trace.js';
import type { Transaction } from './transaction.js';

/** Whose key it is: a project's, or the workspace's own where projectId is null. */
export interface IdempotencyScope {
  projectId: number | null;
  workspaceId: number;
  key: string | null;
  /** The API key that alone may be handed the answers: one of a single annotator. Other API keys of a project share theirs. */
  ownerKeyId?: number | null;
}

export interface Idempotent<T> {
  answer: T;
  /** The stored answer of an earlier call with the same key and body. */
  replayed: boolean;
}

/** How long a second call waits for the first one that is under way with the same key. */
const WAIT_MS = 10_000;

const KEPT = '24 hours';

/** Keys are kept for a day in the transaction of the write they belong to: both happen or neither. */
@Injectable()
export class Idempotency {
  /**
   * Runs `write` inside the caller's transaction, or hands back the answer it gave before. The answer must survive JSON.
   * @throws CONFLICT where the key came with another request before, or its first call is still under way after 10 s.
   */
  async once<T>(transaction: Transaction, scope: IdempotencyScope, request: unknown, write: () => Promise<T>): Promise<Idempotent<T>> {
    if (scope.key == null) return { answer: await write(), replayed: false };
    // No caller's key has a space in it.
    const key = scope.ownerKeyId == null ? scope.key : `${scope.key} of ${scope.ownerKeyId}`;
    const id = [scope.projectId ?? 0, scope.workspaceId, key];
    const hash = createHash('sha256').update(JSON.stringify(request)).digest();
    const stored = await spanned('idempotency key', {}, async (span) => {
      const found = await this.claim(transaction, id, hash);
      span?.setAttribute('assay.known', found !== null);
      return found;
    });
    if (stored) {
      if (!hash.equals(stored.request_hash)) {
        throw conflict(`the idempotency key ${JSON.stringify(scope.key)} came with another request before; take a new key`);
      }
      return { answer: stored.response as T, replayed: true };
    }
    const answer = await write();
    await transaction.query(
      `update idempotency_keys set response = $4 where project_id = $1 and workspace_id = $2 and key = $3`,
      [...id, JSON.stringify(answer)],
    );
    return { answer, replayed: false };
  }

  /** Forgets keys older than a day, some thousands at a time. @returns how many. */
  async forgetOld(transaction: Transaction): Promise<number> {
    const rows: unknown[] = await transaction.query(
      `with old as (
         delete from idempotency_keys where ctid = any(array(select ctid from idempotency_keys where created_at < now() - interval '${KEPT}' limit 5000)) returning 1
       ) select 1 from old`,
    );
    return rows.length;
  }

  /** The insert waits for an uncommitted one of the same key, which is what makes a concurrent retry safe. */
  private async claim(transaction: Transaction, id: unknown[], hash: Buffer) {
    await transaction.query(`set local lock_timeout = ${WAIT_MS}`);
    // One that is past its day is as good as none, whether the sweep has come by or not.
    await transaction.query(
      `delete from idempotency_keys where project_id = $1 and workspace_id = $2 and key = $3 and created_at < now() - interval '${KEPT}'`, id,
    );
    const inserted: unknown[] = await transaction.query(
      `insert into idempotency_keys (project_id, workspace_id, key, request_hash) values ($1, $2, $3, $4)
       on conflict do nothing returning 1`,
      [...id, hash],
    ).catch((error: { code?: string; driverError?: { code?: string } }) => {
      if ((error.code ?? error.driverError?.code) === '55P03') throw conflict('a call with this idempotency key is still under way', 5);
      throw error;
    });
    await transaction.query(`set local lock_timeout = 0`);
    if (inserted.length > 0) return null;
    const rows: { request_hash: Buffer; response: unknown }[] = await transaction.query(
      `select request_hash, response from idempotency_keys where project_id = $1 and workspace_id = $2 and key = $3`, id,
    );
    return rows[0]!;
  }
}
