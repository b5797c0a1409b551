import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** As whom the server's programs are spawned. Empty means as this process. */
export interface Account {
  uid?: number;
  gid?: number;
}

/**
 * PostgreSQL refuses to run as root, so root hands it to whom the data belongs to, else to `postgres`, else to `nobody`.
 * @param data the cluster's folder; it need not exist yet.
 */
export async function serverAccount(data: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const owner = await stat(data).catch(() => null);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (account) return account;
  throw new Error(
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody" to run it as; '
    + 'start Assay as another user, or set DATABASE_URL',
  );
}

/** initdb looks its user up; a bare uid, as `docker run --user 12345` gives, has no name to find. */
export function requireNamedUser(account: Account): void {
  if (account.uid !== undefined) return;
  try {
    userInfo();
  } catch {
    throw new Error(
      `user id ${process.getuid?.()} has no entry in the system's list of users, and PostgreSQL makes no database without one; `
      + 'start Assay as a user that has one (such as 1000 in the node images), or set DATABASE_URL',
    );
  }
}

async function lookUp(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}
