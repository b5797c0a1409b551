import type { Transaction } from '../../platform/database/transaction.js';

/** Halves of advisory keys, apart from those of votes, sweeps and gold. */
const BUDGET_LOCK = 0x62756467;
const CAPACITY_LOCK = 0x63617061;

/** Until the transaction ends, nobody else is given items of the project under its budget. */
export async function lockBudget(transaction: Transaction, projectId: number): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock($1, $2)`, [BUDGET_LOCK, projectId]);
}

/** The same for one annotator and their capacity; two whose keys fall together wait for each other needlessly, and that is all. */
export async function lockCapacity(transaction: Transaction, projectId: number, annotator: number): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock($1, hashtext($2))`, [CAPACITY_LOCK, `${projectId}:${annotator}`]);
}
