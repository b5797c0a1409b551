import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { batched } from '../../platform/database/batched.js';
import { AssayError } from '../../platform/errors.js';
import { Prepared } from '../../platform/database/prepared.js';
import { Authenticator, type Principal, type Scope } from '../../platform/principal.js';
import { hashOf, parseKey } from './api-key-secret.js';

interface KeyRow {
  /** Of the secret, or of the one before it. */
  prefix: string;
  id: number;
  workspace_id: number;
  project_id: number | null;
  annotator: string | null;
  secret_hash: Buffer;
  scopes: Scope[];
  calls_per_minute: number | null;
  expired: boolean;
  revoked: boolean;
  stale: boolean;
}

/** Of the previous secret no use is noted: who rotated wants to know whether the new one has arrived. */
const READ = `
  select prefix, id, workspace_id, project_id, annotator, secret_hash, scopes, calls_per_minute,
    coalesce(expires_at <= now(), false) as expired, revoked_at is not null as revoked,
    coalesce(last_used_at < now() - interval '1 minute', true) as stale
  from api_keys where prefix = any($1::text[])
  union all
  select previous_prefix, id, workspace_id, project_id, annotator, previous_secret_hash, scopes, calls_per_minute,
    coalesce(expires_at <= now(), false), revoked_at is not null, false
  from api_keys where previous_prefix = any($1::text[]) and previous_ends_at > now()`;

/** Looks a key up by its prefix and compares hashes. Every refusal reads the same but for expiry, which only the key's holder can meet. */
@Injectable()
export class KeyAuthenticator extends Authenticator {
  private readonly rowOf = batched<string, KeyRow | null>('look up the key', async (prefixes) => {
    const rows = await this.prepared.query<KeyRow>(READ, [prefixes]);
    const found = new Map(rows.map((row) => [row.prefix, row]));
    return prefixes.map((prefix) => found.get(prefix) ?? null);
  });

  constructor(private readonly prepared: Prepared) {
    super();
  }

  async authenticate(authorization: string | undefined): Promise<Principal | null> {
    if (authorization == null) return null;
    const key = parseKey(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '');
    if (!key) throw refused('the Authorization header is not "Bearer assay_<8>_<43 characters>"');
    const row = await this.rowOf(key.prefix);
    if (!row || !timingSafeEqual(row.secret_hash, hashOf(key.secret)) || row.revoked) throw refused('this API key is not in force');
    if (row.expired) throw refused('this API key has expired; rotate it or ask for a new one');
    // To the minute, so that a busy key costs one write a minute.
    if (row.stale) await this.prepared.query(`update api_keys set last_used_at = now() where id = $1 and prefix = $2`, [row.id, row.prefix]);
    return {
      keyId: row.id, workspaceId: row.workspace_id, projectId: row.project_id, annotator: row.annotator,
      scopes: new Set(row.scopes), callsPerMinute: row.calls_per_minute,
    };
  }
}

function refused(message: string): AssayError {
  return new AssayError('UNAUTHENTICATED', message);
}
