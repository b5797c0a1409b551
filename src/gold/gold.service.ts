import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ItemsService } from '../items/items.service.js';
import { touchItems } from '../items/touched-items.js';
import { rejectedRow, RowStatus, type RowResult } from '../platform/row-result.js';
import { excerpt } from '../platform/text.js';
import type { Transaction } from '../platform/database/transaction.js';
import type { Actor } from '../projects/audit/audit.js';
import { FactChanges, type Written } from '../projects/fact-changes.js';
import { stillOpen } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { CANDIDATES } from './candidates.js';
import { checkGoldRows, checkItems, type CheckedGold, type GoldRow } from './gold-row.js';
import { GOLD_LOCK, goldStore, type NewGold } from './gold.store.js';

export interface WriteOptions {
  idempotencyKey?: string | null;
  /** More to be done in the transaction of the answers: bulk imports note how far they are. */
  alongside?: (transaction: Transaction, results: RowResult[]) => Promise<void>;
}

/** A checked row, with its item's code: -1 where the project has no such item. */
type CodedGold = CheckedGold & { itemCode: number };

@Injectable()
export class GoldService {
  constructor(
    private readonly source: DataSource,
    private readonly changes: FactChanges,
    private readonly items: ItemsService,
  ) {}

  /**
   * Up to 10,000 answers: new ones are CREATED, others than before UPDATED. What is answered is committed; new items are
   * committed before it, and stay if it fails.
   */
  async set(project: Project, actor: Actor, rows: readonly GoldRow[], options: WriteOptions = {}): Promise<Written> {
    const { accepted, results } = checkGoldRows(rows, project.classes);
    const codes = await this.items.dictionary.codes(project.id, accepted.map((row) => row.item), project.createUnknownItems);
    const coded = accepted.map((row, i) => ({ ...row, itemCode: codes[i]! }));
    for (const { index, item, itemCode } of coded) {
      if (itemCode < 0) results[index] = rejectedRow(index, 'UNKNOWN_ITEM', `item ${excerpt(item)} is not in the project, which makes no items of itself; add it first`);
    }
    return this.change(project, actor, 'setGold', rows, results, options, (transaction) => this.write(transaction, project.id, actor, coded.filter((row) => row.itemCode >= 0)));
  }

  /** Ends answers (UPDATED); items without one are UNCHANGED. They stay in the history, and runs of older watermarks read them. */
  async remove(project: Project, actor: Actor, ids: readonly string[], options: WriteOptions = {}): Promise<Written> {
    const { accepted, results } = checkItems(ids);
    const codes = await this.items.dictionary.codes(project.id, [...accepted.keys()], false);
    const named = [...accepted].map(([item, index], i) => ({ item, index, itemCode: codes[i]! }));
    for (const { index, item, itemCode } of named) {
      if (itemCode < 0) results[index] = rejectedRow(index, 'UNKNOWN_ITEM', `item ${excerpt(item)} is not in the project`);
    }
    return this.change(project, actor, 'removeGold', ids, results, options, async (transaction) => {
      const known = named.filter((one) => one.itemCode >= 0);
      const standing = await goldStore.standing(transaction, project.id, known.map((one) => one.itemCode));
      const ended = [...standing.values()];
      await goldStore.end(transaction, project.id, ended.map((answer) => answer.seq));
      await touchItems(transaction, project.id, ended.map((answer) => answer.itemCode));
      return known.map(({ index, itemCode }) => ({ index, status: standing.has(itemCode) ? RowStatus.UPDATED : RowStatus.UNCHANGED }));
    });
  }

  /**
   * Codes of up to `limit` items with a gold answer that the annotator neither voted on nor holds, from a random place on:
   * another call gives others. Looks at 1,000 answers at most, so that an annotator who has answered nearly all of
   * very many costs no more than anybody else, and may be told of none.
   */
  async candidates(projectId: number, annotatorCode: number, limit: number): Promise<number[]> {
    const rows: { code: number }[] = await this.source.query(CANDIDATES, [projectId, annotatorCode, limit, Math.random()]);
    return rows.map((row) => row.code);
  }

  /** `write` answers for the rows that `refused` does not. */
  private change(
    project: Project, actor: Actor, action: 'setGold' | 'removeGold', request: readonly unknown[], refused: readonly RowResult[], { idempotencyKey, alongside }: WriteOptions,
    write: (transaction: Transaction) => Promise<RowResult[]>,
  ): Promise<Written> {
    return this.changes.make(project, actor, { action, request, lock: GOLD_LOCK, refused, idempotencyKey, requireProject: stillOpen, alongside }, write);
  }

  private async write(transaction: Transaction, projectId: number, actor: Actor, rows: readonly CodedGold[]): Promise<RowResult[]> {
    const standing = await goldStore.standing(transaction, projectId, rows.map((row) => row.itemCode));
    const statusOf = ({ itemCode, classIndex, reason }: CodedGold) => {
      const before = standing.get(itemCode);
      if (!before) return RowStatus.CREATED;
      return before.classIndex === classIndex && before.reason === reason ? RowStatus.UNCHANGED : RowStatus.UPDATED;
    };
    const changed: NewGold[] = rows.filter((row) => statusOf(row) !== RowStatus.UNCHANGED)
      .map(({ itemCode, classIndex, reason }) => ({ itemCode, classIndex, reason, before: standing.get(itemCode) }));
    if (changed.length > 0) await goldStore.write(transaction, projectId, changed, actor.keyId ?? null);
    await touchItems(transaction, projectId, changed.map((answer) => answer.itemCode));
    return rows.map((row) => ({ index: row.index, status: statusOf(row) }));
  }
}
