import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { invalid, notFound } from '../../platform/errors.js';
import { globalId, readGlobalId } from '../../platform/graphql/global-id.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../../platform/graphql/pagination.js';
import { annotatorScopes, mayUse, type Principal, type Scope } from '../../platform/principal.js';
import { excerpt, requireText } from '../../platform/text.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { ApiKey } from './api-key.entity.js';
import { formatKey, hashOf, newKey, type KeyText } from './api-key-secret.js';
import { Audit, type Actor } from '../audit/audit.js';

export interface NewApiKey {
  name: string;
  scopes: Scope[];
  projectId?: number | null;
  /** External id: the key's one annotator. */
  annotator?: string | null;
  expiresAt?: Date | null;
  callsPerMinute?: number | null;
}

export interface ApiKeyWithSecret {
  apiKey: ApiKey;
  secret: string;
}

const LONGEST_OVERLAP_SECONDS = 7 * 24 * 3600;

export const ApiKeyConnection = connectionType(ApiKey);

const byId = new Keyset<ApiKey>([{ sql: 'api_key.id', type: 'int4' }], (key) => [key.id]);

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: Audit,
  ) {}

  /** `key` is given only where the operator chose it (first start); else it is drawn. */
  async create(actor: Actor, asked: NewApiKey, key: KeyText = newKey()): Promise<ApiKeyWithSecret> {
    requireText(asked.name, 'input.name');
    if (asked.expiresAt && asked.expiresAt.getTime() <= Date.now()) {
      throw invalid(`input.expiresAt is ${asked.expiresAt.toISOString()}, which is past`, 'input.expiresAt');
    }
    if (asked.projectId != null && asked.scopes.includes('workspace:admin')) {
      throw invalid('workspace:admin reaches every project: leave out projectId, or take project:admin', 'input.scopes');
    }
    if (asked.annotator != null) requireAnnotatorKey(asked);
    return this.transactions.run(async (transaction) => {
      const apiKey = await this.insert(transaction, actor.workspaceId, asked, key);
      await this.audit.record(transaction, actor, 'createApiKey', apiKey.projectId, { id: apiKey.nodeId, name: asked.name, scopes: asked.scopes, annotator: asked.annotator ?? undefined });
      return { apiKey, secret: formatKey(key) };
    });
  }

  /**
   * The old secret ends with the answer, or works for `overlapSeconds` more by the database's clock; one that was old before ends in
   * any case. Name, scopes, restrictions and expiry stay.
   */
  async rotate(actor: Actor, id: string, overlapSeconds = 0): Promise<ApiKeyWithSecret> {
    if (!Number.isInteger(overlapSeconds) || overlapSeconds < 0 || overlapSeconds > LONGEST_OVERLAP_SECONDS) {
      throw invalid(`input.overlapSeconds is ${overlapSeconds}; the old secret may work for 0 to ${LONGEST_OVERLAP_SECONDS} seconds (7 days) more`, 'input.overlapSeconds');
    }
    const key = newKey();
    const overlaps = overlapSeconds > 0;
    const apiKey = await this.change(actor, id, 'rotateApiKey', {
      prefix: key.prefix, secretHash: hashOf(key.secret), lastUsedAt: null,
      previousPrefix: overlaps ? () => 'prefix' : null, previousSecretHash: overlaps ? () => 'secret_hash' : null,
      previousEndsAt: overlaps ? () => `now() + ${overlapSeconds} * interval '1 second'` : null,
    }, { overlapSeconds });
    return { apiKey, secret: formatKey(key) };
  }

  /** Ends the key with all its secrets. Revoking twice is the same as once. */
  async revoke(actor: Actor, id: string): Promise<ApiKey> {
    return this.change(actor, id, 'revokeApiKey', { revokedAt: new Date() });
  }

  /** For holders of workspace:admin; to others a key is absent. */
  async find(caller: Principal, id: string): Promise<ApiKey> {
    const mayLook = mayUse(caller, 'workspace:admin');
    const apiKey = mayLook && await this.source.getRepository(ApiKey).findOneBy({ id: readKeyId(id), workspaceId: caller.workspaceId });
    if (!apiKey) throw notFound('api key', id);
    return apiKey;
  }

  async page(workspaceId: number, args: PageArgs): Promise<ConnectionOf<ApiKey>> {
    const query = this.source.getRepository(ApiKey).createQueryBuilder('api_key').where('api_key.workspace_id = :workspaceId', { workspaceId });
    return readPage(query, byId, args);
  }

  private async insert(transaction: Transaction, workspaceId: number, asked: NewApiKey, key: KeyText): Promise<ApiKey> {
    const repository = transaction.getRepository(ApiKey);
    const saved = await repository.save(repository.create({
      workspaceId, projectId: asked.projectId ?? null, annotator: asked.annotator ?? null, name: asked.name, scopes: asked.scopes,
      expiresAt: asked.expiresAt ?? null, callsPerMinute: asked.callsPerMinute ?? null, prefix: key.prefix, secretHash: hashOf(key.secret),
    }));
    return repository.findOneByOrFail({ id: saved.id });
  }

  private async change(actor: Actor, id: string, action: string, change: QueryDeepPartialEntity<ApiKey>, detail: object = {}): Promise<ApiKey> {
    return this.transactions.run(async (transaction) => {
      const repository = transaction.getRepository(ApiKey);
      const where = { id: readKeyId(id), workspaceId: actor.workspaceId };
      const found = await repository.findOne({ where, lock: { mode: 'pessimistic_write' } });
      if (!found) throw notFound('api key', id);
      if (found.revokedAt) {
        if (action === 'revokeApiKey') return found;
        throw invalid(`the API key ${globalId('ApiKey', found.id)} was revoked; make a new one`, 'input.id');
      }
      await repository.update(where, change);
      await this.audit.record(transaction, actor, action, found.projectId, { id, name: found.name, ...detail });
      return repository.findOneByOrFail(where);
    });
  }
}

/** @throws INVALID_INPUT where it would be a key for more than one annotator's asking and voting. */
function requireAnnotatorKey({ annotator, projectId, scopes }: NewApiKey): void {
  requireText(annotator, 'input.annotator');
  if (projectId == null) throw invalid(`input.annotator is ${excerpt(annotator)}, and input.projectId does not tell in which project; give both`, 'input.projectId');
  const stray = scopes.find((scope) => !annotatorScopes.includes(scope));
  if (stray) throw invalid(`input.scopes has ${stray}; a key for one annotator takes ${annotatorScopes.join(' and ')} only: leave out the others, or the annotator`, 'input.scopes');
}

function readKeyId(id: string): number {
  const number = readGlobalId('ApiKey', id)[0]!;
  if (number > 0x7fffffff) throw notFound('api key', id);
  return number;
}
