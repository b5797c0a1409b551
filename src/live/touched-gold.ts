import { int4Array } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';

/** Gold answers of some items: class indices in the order of their codes, -1 where unknown. */
export interface TouchedGold {
  now: Int32Array;
  /** As they were at a watermark. */
  then: Int32Array;
}

const READ = `
  select item_code as item, class_index as known, ended_seq is null as stands, seq <= $3 as stood
  from gold_answers where project_id = $1 and item_code = any($2::int4[]) and (ended_seq is null or (ended_seq > $3 and seq <= $3))`;

/** @param watermark 0 where no run has read anything. */
export async function readTouchedGold(transaction: Transaction, projectId: number, codes: Int32Array, watermark: number): Promise<TouchedGold> {
  const rows: { item: number; known: number; stands: boolean; stood: boolean }[] = await transaction.query(READ, [projectId, int4Array(codes), watermark]);
  const at = (chosen: typeof rows) => {
    const known = new Map(chosen.map((row) => [row.item, row.known]));
    return codes.map((code) => known.get(code) ?? -1);
  };
  return { now: at(rows.filter((row) => row.stands)), then: at(rows.filter((row) => row.stood)) };
}
