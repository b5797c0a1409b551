import { createHash } from 'node:crypto';
import { conflict } from '../platform/errors.js';
import type { Transaction } from '../platform/database/transaction.js';
import type { DataSource } from 'typeorm';

/** How far an upload under an idempotency key has come: what was committed, and what the rows until there were. */
interface StoredProgress<Tally> {
  batches: number;
  digest: string;
  finished: boolean;
  tally: Tally;
}

/**
 * The memory of one upload under one Idempotency-Key: each batch of rows is committed together with a note of it. The same
 * file sent again begins behind the last noted batch; a chain of digests tells whether it is the same file until there.
 */
export class BulkProgress<Tally> {
  private batches = 0;
  private digest = '';

  private constructor(
    private readonly id: [projectId: number, workspaceId: number, key: string],
    /** Tells the key from those of other calls and of other kinds of upload. */
    private readonly kind: Buffer,
    private readonly stored: StoredProgress<Tally> | null,
  ) {}

  /** @throws CONFLICT where the key came with a request of another kind. */
  static async open<Tally>(source: DataSource, kindName: string, projectId: number, workspaceId: number, key: string): Promise<BulkProgress<Tally>> {
    const kind = createHash('sha256').update(`bulk ${kindName}`).digest();
    const rows: { request_hash: Buffer; response: StoredProgress<Tally> | null }[] = await source.query(
      `select request_hash, response from idempotency_keys where project_id = $1 and workspace_id = $2 and key = $3 and created_at >= now() - interval '24 hours'`, [projectId, workspaceId, key],
    );
    const found = rows[0];
    if (found && !kind.equals(found.request_hash)) {
      throw conflict(`the idempotency key ${JSON.stringify(key)} came with another request before; take a new key`);
    }
    return new BulkProgress([projectId, workspaceId, key], kind, found?.response ?? null);
  }

  /** What was noted before this upload; null for a new key. */
  get earlier(): Tally | null {
    return this.stored?.tally ?? null;
  }

  get wasFinished(): boolean {
    return this.stored?.finished ?? false;
  }

  /** Takes the next batch into account. @returns whether it was committed before. @throws CONFLICT where the file differs from the one noted. */
  skips(batch: object): boolean {
    if (this.wasFinished && this.batches === this.stored!.batches) throw this.differs();
    this.digest = createHash('sha256').update(this.digest).update(JSON.stringify(batch)).digest('hex');
    this.batches++;
    if (!this.stored || this.batches > this.stored.batches) return false;
    if (this.batches === this.stored.batches && this.digest !== this.stored.digest) throw this.differs();
    return true;
  }

  /** Notes, in the transaction of a batch's rows, that they are in. @throws CONFLICT where another upload under the key went ahead. */
  async note(transaction: Transaction, tally: Tally, finished: boolean, batches = this.batches): Promise<void> {
    const progress: StoredProgress<Tally> = { batches, digest: this.digest, finished, tally };
    const before = finished ? batches : batches - 1;
    const rows: unknown[] = await transaction.query(
      `insert into idempotency_keys (project_id, workspace_id, key, request_hash, response) values ($1, $2, $3, $4, $5)
       on conflict (project_id, workspace_id, key) do update set response = excluded.response, request_hash = excluded.request_hash, created_at = now()
         where (idempotency_keys.response->>'batches')::int = $6 or idempotency_keys.created_at < now() - interval '24 hours' returning 1`,
      [...this.id, this.kind, JSON.stringify(progress), before],
    );
    if (rows.length === 0) throw conflict('another upload with this idempotency key is under way, or was', 5);
  }

  /** For the file's end: a shorter file than the noted one is another file. */
  requireWhole(): void {
    if (this.stored && this.batches < this.stored.batches) throw this.differs();
  }

  private differs(): Error {
    return conflict(`the file differs from the one that came with the idempotency key ${JSON.stringify(this.id[2])} before; send the same file, or take a new key`);
  }
}
