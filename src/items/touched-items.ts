import { int4Array } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';

/** A note that is longer would make whoever brings its items up to date hold on to them for long. */
const LONGEST_NOTE = 500;

/** @param items a select of distinct `item`s of the project, $1 */
const noted = (items: string) => `
  insert into touched_items (project_id, items)
  select $1, array_agg(item) from (select item, row_number() over () - 1 as place from (${items}) touched) numbered group by place / ${LONGEST_NOTE}`;

/**
 * Notes, in the transaction of a write, that something about these items changed: their label, state and place in the queue
 * are to be worked out anew. Rows of the write's own, without a conflict with any other, so that writers do not wait for each other.
 */
export async function touchItems(transaction: Transaction, projectId: number, codes: readonly number[]): Promise<void> {
  if (codes.length === 0) return;
  await transaction.query(noted('select unnest($2::int4[]) as item'), [projectId, int4Array([...new Set(codes)])]);
}

/** The same for items that a statement finds. @param items selects distinct `item`s of the project, $1, by one more parameter */
export async function touchFound(transaction: Transaction, projectId: number, items: string, parameter: unknown): Promise<void> {
  await transaction.query(noted(items), [projectId, parameter]);
}
