import { Injectable } from '@nestjs/common';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../../platform/graphql/pagination.js';
import type { Transaction } from '../../platform/database/transaction.js';
import { DataSource } from 'typeorm';
import { AuditEntry } from './audit-entry.entity.js';

/** Who did something: a key in a request; or an operator, or a project's rule (no key). */
export interface Actor {
  workspaceId: number;
  keyId?: number;
  requestId?: string;
}

export const AuditConnection = connectionType(AuditEntry);

const newestFirst = new Keyset<AuditEntry>([{ sql: 'entry.id', type: 'int8', descending: true }], (entry) => [entry.id]);

/** The audit log: every administrative write leaves a line in the same transaction; some reads, where asked, one before their answer. */
@Injectable()
export class Audit {
  constructor(private readonly source: DataSource) {}

  /**
   * What was looked at, for workspaces that ask for it (auditReads). Committed when it returns: nothing may be given before, or where
   * it throws. In a statement of its own, so that a database that only reads still serves workspaces that do not ask.
   */
  async recordRead(actor: Actor, action: 'readGold' | 'download', projectId: number, detail: object): Promise<void> {
    const [row] = await this.source.query<{ asks: boolean }[]>(`select audit_reads as asks from workspaces where id = $1`, [actor.workspaceId]);
    if (row!.asks) await this.record(this.source.manager, actor, action, projectId, detail);
  }

  async record(transaction: Transaction, actor: Actor, action: string, projectId: number | null, detail: object): Promise<void> {
    await transaction.query(
      `insert into audit_log (workspace_id, project_id, api_key_id, action, detail, request_id) values ($1, $2, $3, $4, $5, $6)`,
      [actor.workspaceId, projectId, actor.keyId ?? null, action, JSON.stringify(detail), actor.requestId ?? null],
    );
  }

  async page(workspaceId: number, args: PageArgs): Promise<ConnectionOf<AuditEntry>> {
    const query = this.source.getRepository(AuditEntry).createQueryBuilder('entry').where('entry.workspace_id = :workspaceId', { workspaceId });
    return readPage(query, newestFirst, args);
  }
}
