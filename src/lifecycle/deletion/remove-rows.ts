import type { Transaction } from '../../platform/database/transaction.js';
import type { ProjectTable } from './project-tables.js';

const AT_ONCE = 10_000;

/** The last row that was removed, by its key. */
export type RowKey = readonly string[];

export interface Removed {
  rows: number;
  /** Behind which more may be; null where nothing is left. */
  last: RowKey | null;
}

/**
 * Removes the next rows of a project behind a key. In the order of the primary key from there on: a search from its start would go
 * over all that was removed before and is not vacuumed yet, again for each batch.
 */
export async function removeRows(transaction: Transaction, table: ProjectTable, project: { id: number; workspaceId: number }, after: RowKey | null): Promise<Removed> {
  const atOnce = table.atOnce ?? AT_ONCE;
  const [found]: [{ rows: number; last: RowKey | null }] = await transaction.query(
    statementFor(table, atOnce, after !== null), [project.id, ...(table.byWorkspace ? [project.workspaceId] : []), ...(after ?? [])],
  );
  return { rows: found.rows, last: found.rows < atOnce ? null : found.last };
}

function statementFor({ name, key, byWorkspace }: ProjectTable, atOnce: number, goesOn: boolean): string {
  const first = byWorkspace ? 3 : 2;
  const columns = key.map(([column]) => column);
  const mine = `project_id = $1${byWorkspace ? ' and workspace_id = $2' : ''}`;
  const behind = goesOn ? `and (${columns.join(', ')}) > (${key.map(([, type], i) => `$${first + i}::${type}`).join(', ')})` : '';
  const order = columns.length > 0 ? `order by ${columns.join(', ')}` : '';
  const same = ['project_id', ...columns].map((column) => `gone.${column} = next.${column}`).join(' and ');
  const last = `(select array[${columns.map((column) => `${column}::text`).join(', ')}]::text[] from next order by ${columns.map((column) => `${column} desc`).join(', ') || '1'} limit 1)`;
  return `
    with next as materialized (
      select ${['project_id', ...columns].join(', ')} from ${name} where ${mine} ${behind} ${order} limit ${atOnce}
    ), removed as (
      delete from ${name} gone using next where gone.project_id = $1 and ${same} returning 1
    )
    select (select count(*)::int from removed) as rows, ${last} as last`;
}
