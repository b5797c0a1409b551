import pg from 'pg';
import { Connection } from './connection.js';

/**
 * The snapshot of a client's transaction on a second connection, so that two of its statements are answered at once. The
 * client's own transaction, repeatable read, must stay open until then.
 */
export async function beside<Result>(client: pg.Client, url: string, read: (other: pg.Client) => Promise<Result>): Promise<Result> {
  const { rows: [exported] } = await client.query<{ id: string }>('select pg_export_snapshot() as id');
  const other = await Connection.open(url, 'assay beside');
  try {
    await other.query('begin isolation level repeatable read read only');
    await other.query(`set transaction snapshot ${pg.escapeLiteral(exported!.id)}`);
    return await read(other);
  } finally {
    await other.end();
  }
}
