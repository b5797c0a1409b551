import type { Transaction } from './transaction.js';

/** The database's clock, to be passed to statements: of several processes there is only one that counts. To the millisecond. */
export async function databaseTime(transaction: Transaction): Promise<Date> {
  const [row]: { now: Date }[] = await transaction.query(`select clock_timestamp() as now`);
  return row!.now;
}
