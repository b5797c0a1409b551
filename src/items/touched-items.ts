import { int4Array } from '../platform/binary-array.js';
import type { Transaction } from '../platform/transaction.js';

/**
 * Notes, in the transaction of a write, that something about these items changed: their label, state and place in the queue
 * are to be worked out anew. One row a write, without a conflict with any other, so that writers do not wait for each other.
 */
export async function touchItems(transaction: Transaction, projectId: number, codes: readonly number[]): Promise<void> {
  if (codes.length === 0) return;
  await transaction.query(`insert into touched_items (project_id, items) values ($1, $2)`, [projectId, int4Array([...new Set(codes)])]);
}
