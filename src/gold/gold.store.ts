import { int2Array, int4Array, nullableTextArray } from '../platform/database/binary-array.js';
import type { Transaction } from '../platform/database/transaction.js';
import { endFacts } from '../projects/fact-changes.js';

/** The first half of an advisory lock's key; the second is the project. */
export const GOLD_LOCK = 0x676f6c64;

export interface StandingGold {
  seq: number;
  itemCode: number;
  classIndex: number;
  reason: string | null;
}

/** An answer on its way into the table. */
export interface NewGold {
  itemCode: number;
  classIndex: number;
  reason: string | null;
  /** The answer that stands, which this one is to replace. */
  before: StandingGold | undefined;
}

/** SQL of gold answers. Every method runs in the caller's transaction, under the project's shared vote lock and the lock of gold. */
export const goldStore = {
  async standing(transaction: Transaction, projectId: number, items: readonly number[]): Promise<Map<number, StandingGold>> {
    const rows: StandingGold[] = await transaction.query(
      `select found.* from unnest($2::int4[]) as wanted(item)
       cross join lateral (
         select seq, item_code as "itemCode", class_index as "classIndex", reason from gold_answers
         where project_id = $1 and item_code = wanted.item and ended_seq is null limit 1
       ) found`,
      [projectId, int4Array(items)],
    );
    return new Map(rows.map((row) => [row.itemCode, row]));
  },

  /** Writes answers. One begins with the ticket that the one it replaces ends with: at no watermark has its item none, or two. */
  async write(transaction: Transaction, projectId: number, answers: readonly NewGold[], keyId: number | null): Promise<void> {
    const ended = await goldStore.end(transaction, projectId, answers.flatMap(({ before }) => (before ? [before.seq] : [])));
    await transaction.query(
      `insert into gold_answers (project_id, place, api_key_id, seq, item_code, class_index, reason)
       select $1::int4, $1::int4 + random(), $2, coalesce(given.seq, nextval('vote_ticket')), item, class, reason
       from unnest($3::int8[], $4::int4[], $5::int2[], $6::text[]) as given(seq, item, class, reason)`,
      [
        projectId, keyId, answers.map((answer) => ended.get(answer.itemCode) ?? null), int4Array(answers.map((answer) => answer.itemCode)),
        int2Array(answers.map((answer) => answer.classIndex)), nullableTextArray(answers.map((answer) => answer.reason)),
      ],
    );
  },

  /** @returns the ticket that each item's answer ended with. */
  end(transaction: Transaction, projectId: number, seqs: readonly number[]): Promise<Map<number, number>> {
    return endFacts(transaction, 'gold_answers', 'item_code', projectId, seqs);
  },
};
