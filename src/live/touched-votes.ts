import { VoteTable } from '../aggregation/index.js';
import { int4Array } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';

/** The votes of some items as they are now, and what changed since a watermark. Items are numbered by their place in `codes`. */
export interface TouchedVotes {
  /** Ascending codes of the items. */
  codes: Int32Array;
  /** The code of each annotator of the tables. */
  annotatorCodes: number[];
  standing: VoteTable;
  /** Standing votes that were written after the watermark. */
  came: VoteTable;
  /** Votes that stood at the watermark and have ended since. */
  went: VoteTable;
}

interface Row {
  item: number;
  annotator: number;
  class_index: number;
  kind: 0 | 1 | 2;
}

/** kind: 0 stood at the watermark and stands, 1 came since, 2 went since. */
const READ = `
  select item_code as item, annotator_code as annotator, class_index, case when seq > $3 then 1 else 0 end as kind
  from votes where project_id = $1 and item_code = any($2::int4[]) and ended_seq is null and outcome = 0
  union all
  select item_code, annotator_code, class_index, 2
  from votes where project_id = $1 and item_code = any($2::int4[]) and ended_seq > $3 and seq <= $3 and outcome = 0`;

/** Class votes only. @param watermark 0 where no run has read anything. */
export async function readTouchedVotes(transaction: Transaction, projectId: number, codes: Int32Array, classCount: number, watermark: number): Promise<TouchedVotes> {
  const rows: Row[] = await transaction.query(READ, [projectId, int4Array(codes), watermark]);
  const placeOf = new Map(Array.from(codes, (code, place) => [code, place]));
  const localOf = new Map<number, number>();
  for (const { annotator } of rows) if (!localOf.has(annotator)) localOf.set(annotator, localOf.size);
  const table = (chosen: Row[]) => new VoteTable({
    items: chosen.map((row) => placeOf.get(row.item)!),
    annotators: chosen.map((row) => localOf.get(row.annotator)!),
    classes: chosen.map((row) => row.class_index),
    itemCount: codes.length, annotatorCount: localOf.size, classCount,
  });
  return {
    codes,
    annotatorCodes: [...localOf.keys()],
    standing: table(rows.filter((row) => row.kind !== 2)),
    came: table(rows.filter((row) => row.kind === 1)),
    went: table(rows.filter((row) => row.kind === 2)),
  };
}
