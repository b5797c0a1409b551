import type { DataSource } from 'typeorm';
import type { Transaction, Transactions } from '../platform/transaction.js';

/** Which of a project's two dictionaries: its table, and the counter of project_codes that gives its codes. */
export type DictionaryTable = 'items' | 'annotators';

const counters = { items: 'next_item_code', annotators: 'next_annotator_code' } as const;

/** A further column that new rows are given. */
export interface ExtraColumn {
  name: string;
  sqlType: string;
  values: unknown[];
}

/** Ids held in memory over all projects; about 100 bytes each. */
const CACHED_IDS = 1_000_000;

/**
 * External ids to dense codes 0, 1, 2, ... within a project. A code is given once and never again, so that what is cached
 * stays true for good; the cache is filled only after a commit.
 */
export class CodeDictionary {
  private readonly cache = new Map<number, Map<string, number>>();
  private cachedIds = 0;

  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly table: DictionaryTable,
  ) {}

  /**
   * One code an id, in the ids' order; -1 for an unknown one where `create` is false.
   * New ids are written and committed here, in a transaction of their own: it holds the project's counter, which must not wait for votes.
   */
  async codes(projectId: number, ids: readonly string[], create: boolean): Promise<Int32Array> {
    const known = this.cached(projectId);
    const missing = new Set<string>();
    for (const id of ids) if (!known.has(id)) missing.add(id);
    let found: Map<string, number> | null = null;
    if (missing.size > 0) {
      found = await this.lookUp(this.source.manager, projectId, [...missing]);
      const unknown = [...missing].filter((id) => !found!.has(id));
      if (create && unknown.length > 0) for (const [id, code] of await this.insert(projectId, unknown)) found.set(id, code);
      this.remember(projectId, found);
    }
    return Int32Array.from(ids, (id) => known.get(id) ?? found?.get(id) ?? -1);
  }

  /** Gives codes to those of the ids that have none. @returns the codes of all of them. Distinct ids only. */
  async insert(projectId: number, ids: readonly string[], extra: ExtraColumn[] = []): Promise<Map<string, number>> {
    return this.transactions.run((transaction) => this.insertIn(transaction, projectId, ids, extra));
  }

  /** Within the caller's transaction; nothing of it is cached, since it may still roll back. */
  async insertIn(transaction: Transaction, projectId: number, ids: readonly string[], extra: ExtraColumn[] = []): Promise<Map<string, number>> {
    const counter = counters[this.table];
    // The lock comes before the look: a second writer then sees what the first one has given.
    const locked: { base: number }[] = await transaction.query(
      `select ${counter} as base from project_codes where project_id = $1 for update`, [projectId],
    );
    const columns = extra.map(({ name }) => `, ${name}`).join('');
    const arrays = extra.map(({ sqlType }, i) => `, $${i + 4}::${sqlType}[]`).join('');
    const inserted: { code: number; external_id: string }[] = await transaction.query(
      `with fresh as (
         select given.*, row_number() over (order by place) - 1 as offset_
         from unnest($3::text[]${arrays}) with ordinality as given(external_id${columns}, place)
         where not exists (select from ${this.table} old where old.project_id = $1 and old.external_id = given.external_id)
       )
       insert into ${this.table} (project_id, code, external_id${columns})
       select $1, $2 + offset_, external_id${columns} from fresh returning code, external_id`,
      [projectId, locked[0]!.base, ids, ...extra.map(({ values }) => values)],
    );
    if (inserted.length > 0) {
      await transaction.query(`update project_codes set ${counter} = ${counter} + $2 where project_id = $1`, [projectId, inserted.length]);
    }
    const codes = new Map(inserted.map((row) => [row.external_id, row.code]));
    const rest = ids.filter((id) => !codes.has(id));
    if (rest.length > 0) for (const [id, code] of await this.lookUp(transaction, projectId, rest)) codes.set(id, code);
    return codes;
  }

  private async lookUp(database: Transaction, projectId: number, ids: string[]): Promise<Map<string, number>> {
    const rows: { code: number; external_id: string }[] = await database.query(
      `select code, external_id from ${this.table} where project_id = $1 and external_id = any($2)`, [projectId, ids],
    );
    return new Map(rows.map((row) => [row.external_id, row.code]));
  }

  private cached(projectId: number): Map<string, number> {
    const codes = this.cache.get(projectId) ?? new Map<string, number>();
    // Last in the map's order is last used.
    this.cache.delete(projectId);
    this.cache.set(projectId, codes);
    return codes;
  }

  private remember(projectId: number, found: Map<string, number>): void {
    const codes = this.cached(projectId);
    const before = codes.size;
    for (const [id, code] of found) codes.set(id, code);
    this.cachedIds += codes.size - before;
    for (const [oldest, dropped] of this.cache) {
      if (this.cachedIds <= CACHED_IDS) break;
      this.cachedIds -= dropped.size;
      this.cache.delete(oldest);
    }
  }
}
