import type { Transaction } from '../platform/database/transaction.js';

/** The first half of the advisory lock's key, so that no other lock of Assay meets it. */
const VOTE_LOCK = 0x766f74;

/**
 * Until the transaction ends. Writers of votes share it; a run holds it alone just long enough to read its watermark. Sequence
 * numbers commit out of order, so that without it a run could read a watermark above a vote that is still to be committed.
 */
export async function lockVotes(transaction: Transaction, projectId: number, mode: 'shared' | 'exclusive'): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock${mode === 'shared' ? '_shared' : ''}($1, $2)`, [VOTE_LOCK, projectId]);
}
