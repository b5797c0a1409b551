import { int2Array, int4Array, nullableTextArray } from '../platform/binary-array.js';
import type { Transaction } from '../platform/transaction.js';

/** The first half of an advisory lock's key; the second is the project. */
const GOLD_LOCK = 0x676f6c64;

export interface StandingGold {
  itemCode: number;
  classIndex: number;
  reason: string | null;
}

/** An answer on its way into the table. */
export interface NewGold extends StandingGold {
  /** Where an answer stands already, which this one replaces. */
  replaces: boolean;
}

/** SQL of gold answers. Every method runs in the caller's transaction, under the project's shared vote lock and, past the first, under the lock of gold. */
export const goldStore = {
  /**
   * Until the transaction ends, this one alone writes gold of the project. Two that wrote the same items at once would have
   * to find out who was first, row by row; gold is seldom written, and taking turns costs nothing that anybody would notice.
   */
  async lock(transaction: Transaction, projectId: number): Promise<void> {
    await transaction.query(`select pg_advisory_xact_lock($1, $2)`, [GOLD_LOCK, projectId]);
  },

  async standing(transaction: Transaction, projectId: number, items: readonly number[]): Promise<Map<number, StandingGold>> {
    const rows: StandingGold[] = await transaction.query(
      `select found.* from unnest($2::int4[]) as wanted(item)
       cross join lateral (
         select item_code as "itemCode", class_index as "classIndex", reason from gold_answers
         where project_id = $1 and item_code = wanted.item and ended_seq is null limit 1
       ) found`,
      [projectId, int4Array(items)],
    );
    return new Map(rows.map((row) => [row.itemCode, row]));
  },

  /** Writes answers and ends those that they replace, under one ticket each: at no watermark has such an item none, or two. */
  async write(transaction: Transaction, projectId: number, answers: readonly NewGold[], keyId: number | null): Promise<void> {
    const tickets: { ticket: number }[] = await transaction.query(`select nextval('vote_ticket') as ticket from generate_series(1, $1::int)`, [answers.length]);
    const seqs = tickets.map(({ ticket }) => ticket);
    await end(transaction, projectId, answers.map((answer) => answer.itemCode).filter((_, i) => answers[i]!.replaces), seqs.filter((_, i) => answers[i]!.replaces));
    await transaction.query(
      `insert into gold_answers (project_id, api_key_id, seq, item_code, class_index, reason)
       select $1, $2, * from unnest($3::int8[], $4::int4[], $5::int2[], $6::text[])`,
      [
        projectId, keyId, seqs, int4Array(answers.map((answer) => answer.itemCode)), int2Array(answers.map((answer) => answer.classIndex)),
        nullableTextArray(answers.map((answer) => answer.reason)),
      ],
    );
  },

  async remove(transaction: Transaction, projectId: number, items: readonly number[]): Promise<void> {
    const tickets: { ticket: number }[] = await transaction.query(`select nextval('vote_ticket') as ticket from generate_series(1, $1::int)`, [items.length]);
    await end(transaction, projectId, items, tickets.map(({ ticket }) => ticket));
  },
};

async function end(transaction: Transaction, projectId: number, items: readonly number[], seqs: readonly number[]): Promise<void> {
  if (items.length === 0) return;
  await transaction.query(
    `update gold_answers set ended_seq = given.seq from unnest($2::int4[], $3::int8[]) as given(item, seq)
     where project_id = $1 and item_code = given.item and ended_seq is null`,
    [projectId, int4Array(items), seqs],
  );
}
