import { int4Array } from '../platform/binary-array.js';
import type { Transaction } from '../platform/transaction.js';

/** A note that is longer would make whoever brings its items up to date hold on to them for long. */
const LONGEST_NOTE = 500;

/**
 * Notes, in the transaction of a write, that something about these items changed: their label, state and place in the queue
 * are to be worked out anew. Rows of the write's own, without a conflict with any other, so that writers do not wait for each other.
 */
export async function touchItems(transaction: Transaction, projectId: number, codes: readonly number[]): Promise<void> {
  if (codes.length === 0) return;
  await transaction.query(
    `insert into touched_items (project_id, items)
     select $1, array_agg(item) from unnest($2::int4[]) with ordinality as touched(item, place) group by (place - 1) / ${LONGEST_NOTE}`,
    [projectId, int4Array([...new Set(codes)])],
  );
}
