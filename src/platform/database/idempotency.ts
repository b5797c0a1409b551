import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { conflict } from '../errors.js';
import { sqlState } from '../outage.js';
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

/** A call and the key it came with. */
export interface KeyedCall {
  scope: IdempotencyScope;
  request: unknown;
}

/** Of calls that write together one has a key that another call holds: they are to be written each by itself. */
export class KeyUnderWay extends Error {}

interface Stored {
  key: string;
  request_hash: Buffer;
  response: unknown;
}

/** How long a second call waits for the first one that is under way with the same key. */
const WAIT_MS = 10_000;
/** The same for calls that write together: the others would wait, too. */
const WAIT_TOGETHER_MS = 500;
const LOCK_NOT_AVAILABLE = '55P03';

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
    const id = [scope.projectId ?? 0, scope.workspaceId, nameOf(scope)];
    const hash = hashOf(request);
    const stored = await spanned('idempotency key', {}, async (span) => {
      const found = await this.claim(transaction, id, hash);
      span?.setAttribute('assay.known', found !== null);
      return found;
    });
    if (stored) return { answer: replayed<T>(stored, scope, hash), replayed: true };
    const answer = await write();
    await transaction.query(
      `update idempotency_keys set response = $4 where project_id = $1 and workspace_id = $2 and key = $3`,
      [...id, JSON.stringify(answer)],
    );
    return { answer, replayed: false };
  }

  /**
   * For calls of one project that write together: what those of them whose keys came before are answered, in the calls' order; null
   * for the others, an Error where a key came with another request. A call that is under way elsewhere is not seen; see `keep`.
   */
  async known<T>(transaction: Transaction, calls: readonly KeyedCall[]): Promise<(T | Error | null)[]> {
    const keyed = calls.filter(({ scope }) => scope.key != null);
    if (keyed.length === 0) return calls.map(() => null);
    const { projectId, workspaceId } = keyed[0]!.scope;
    const rows: Stored[] = await transaction.query(
      `select key, request_hash, response from idempotency_keys
       where project_id = $1 and workspace_id = $2 and key = any($3::text[]) and created_at >= now() - interval '${KEPT}'`,
      [projectId ?? 0, workspaceId, keyed.map(({ scope }) => nameOf(scope))],
    );
    const stored = new Map(rows.map((row) => [row.key, row]));
    return calls.map(({ scope, request }) => {
      const found = scope.key == null ? undefined : stored.get(nameOf(scope));
      if (!found) return null;
      try {
        return replayed<T>(found, scope, hashOf(request));
      } catch (refusal) {
        return refusal as Error;
      }
    });
  }

  /** Keeps the answers of calls whose keys were not known, in the transaction of their writes. @throws KeyUnderWay where another call took one of the keys meanwhile: nothing of the transaction may stay. */
  async keep(transaction: Transaction, answered: readonly (KeyedCall & { answer: unknown })[]): Promise<void> {
    const keyed = answered.filter(({ scope }) => scope.key != null).map((one) => ({ ...one, name: nameOf(one.scope) })).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (keyed.length === 0) return;
    const { projectId, workspaceId } = keyed[0]!.scope;
    await transaction.query(`set local lock_timeout = ${WAIT_TOGETHER_MS}`);
    const kept: unknown[] = await transaction.query(
      `insert into idempotency_keys (project_id, workspace_id, key, request_hash, response)
       select $1, $2, key, decode(hash, 'hex'), response::jsonb from unnest($3::text[], $4::text[], $5::text[]) as given(key, hash, response)
       on conflict (project_id, workspace_id, key) do update set request_hash = excluded.request_hash, response = excluded.response, created_at = excluded.created_at
         where idempotency_keys.created_at < now() - interval '${KEPT}' returning 1`,
      [projectId ?? 0, workspaceId, keyed.map(({ name }) => name), keyed.map(({ request }) => hashOf(request).toString('hex')), keyed.map(({ answer }) => JSON.stringify(answer))],
    ).catch((error: unknown) => {
      if (sqlState(error) === LOCK_NOT_AVAILABLE) throw new KeyUnderWay();
      throw error;
    });
    if (kept.length < keyed.length) throw new KeyUnderWay();
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
  private async claim(transaction: Transaction, id: unknown[], hash: Buffer): Promise<Stored | null> {
    await transaction.query(`set local lock_timeout = ${WAIT_MS}`);
    // One that is past its day is as good as none, whether the sweep has come by or not.
    await transaction.query(
      `delete from idempotency_keys where project_id = $1 and workspace_id = $2 and key = $3 and created_at < now() - interval '${KEPT}'`, id,
    );
    const inserted: unknown[] = await transaction.query(
      `insert into idempotency_keys (project_id, workspace_id, key, request_hash) values ($1, $2, $3, $4)
       on conflict do nothing returning 1`,
      [...id, hash],
    ).catch((error: unknown) => {
      if (sqlState(error) === LOCK_NOT_AVAILABLE) throw conflict('a call with this idempotency key is still under way', 5);
      throw error;
    });
    await transaction.query(`set local lock_timeout = 0`);
    if (inserted.length > 0) return null;
    const rows: Stored[] = await transaction.query(
      `select key, request_hash, response from idempotency_keys where project_id = $1 and workspace_id = $2 and key = $3`, id,
    );
    return rows[0]!;
  }
}

/** As it is stored: no caller's key has a space in it. */
function nameOf({ key, ownerKeyId }: IdempotencyScope): string {
  return ownerKeyId == null ? key! : `${key} of ${ownerKeyId}`;
}

function hashOf(request: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(request)).digest();
}

/** @throws CONFLICT where the key came with another request. */
function replayed<T>({ request_hash, response }: Stored, { key }: IdempotencyScope, hash: Buffer): T {
  if (!hash.equals(request_hash)) throw conflict(`the idempotency key ${JSON.stringify(key)} came with another request before; take a new key`);
  return response as T;
}
