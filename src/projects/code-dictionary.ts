import type { DataSource } from 'typeorm';
import { int4Array, nullableTextArray } from '../platform/database/binary-array.js';
import { notFound } from '../platform/errors.js';
import { globalId } from '../platform/graphql/global-id.js';
import type { Transaction, Transactions } from '../platform/database/transaction.js';

/** Which of a project's two dictionaries: its table, and the counter of project_codes that gives its codes. */
export type DictionaryTable = 'items' | 'annotators';

const counters = { items: 'next_item_code', annotators: 'next_annotator_code' } as const;
const owners = { items: 'item', annotators: 'annotator' } as const;

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
 * stays true until an annotator is erased, whose id is nobody's then; the cache is filled only after a commit.
 */
export class CodeDictionary {
  private readonly cache = new Map<number, { erasures: number; codes: Map<string, number> }>();
  private cachedIds = 0;

  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly table: DictionaryTable,
    /** More to be done in the transaction that gives new codes. */
    private readonly onNew?: (transaction: Transaction, projectId: number, codes: readonly number[]) => Promise<void>,
  ) {}

  /**
   * One code an id, in the ids' order; -1 for an unknown one where `create` is false.
   * New ids are written and committed here, in a transaction of their own: it holds the project's counter, which must not wait for votes.
   * @param erasures how many annotators of the project were erased, as it was read before: nothing is taken from what was cached under fewer
   */
  async codes(projectId: number, ids: readonly string[], create: boolean, erasures = 0): Promise<Int32Array> {
    const known = this.cached(projectId, erasures);
    const missing = new Set<string>();
    for (const id of ids) if (!known.has(id)) missing.add(id);
    let found: Map<string, number> | null = null;
    if (missing.size > 0) {
      found = await this.lookUp(this.source.manager, projectId, [...missing]);
      const unknown = [...missing].filter((id) => !found!.has(id));
      if (create && unknown.length > 0) for (const [id, code] of await this.insert(projectId, unknown)) found.set(id, code);
      this.remember(projectId, erasures, found);
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
    if (!locked[0]) throw notFound('project', globalId('Project', projectId));
    const codes = await this.lookUp(transaction, projectId, ids);
    const isNew = ids.map((id) => !codes.has(id));
    const fresh = ids.filter((_, i) => isNew[i]);
    if (fresh.length === 0) return codes;
    const { base } = locked[0];
    const columns = extra.map(({ name }) => `, ${name}`).join('');
    const arrays = extra.map(({ sqlType }, i) => `, $${i + 4}::${sqlType}[]`).join('');
    const owner = owners[this.table];
    // Whatever has a code has counts, if of nothing: they tell which items are open before anybody voted.
    await transaction.query(
      `with made as (
         insert into ${this.table} (project_id, code, external_id${columns}) select $1, * from unnest($2::int4[], $3::text[]${arrays}) returning code
       )
       insert into ${owner}_counts (project_id, ${owner}_code) select $1, code from made order by code`,
      [projectId, int4Array(fresh.map((_, i) => base + i)), nullableTextArray(fresh), ...extra.map(({ values }) => values.filter((_, i) => isNew[i]))],
    );
    await transaction.query(`update project_codes set ${counter} = $2 where project_id = $1`, [projectId, base + fresh.length]);
    fresh.forEach((id, i) => codes.set(id, base + i));
    await this.onNew?.(transaction, projectId, fresh.map((_, i) => base + i));
    return codes;
  }

  /** Lets go what is cached of a project: it was deleted, or one of its ids is nobody's any more. */
  forget(projectId: number): void {
    this.cachedIds -= this.cache.get(projectId)?.codes.size ?? 0;
    this.cache.delete(projectId);
  }

  private async lookUp(database: Transaction, projectId: number, ids: readonly string[]): Promise<Map<string, number>> {
    // One probe of the unique key an id. With `= any` the planner may walk the whole project instead: it knows little of a young one.
    const rows: { code: number; external_id: string }[] = await database.query(
      `select found.* from unnest($2::text[]) as wanted(id)
       cross join lateral (select code, external_id from ${this.table} where project_id = $1 and external_id = wanted.id limit 1) found`,
      [projectId, nullableTextArray(ids)],
    );
    return new Map(rows.map((row) => [row.external_id, row.code]));
  }

  private cached(projectId: number, erasures: number): Map<string, number> {
    if (erasures > (this.cache.get(projectId)?.erasures ?? 0)) this.forget(projectId);
    const cached = this.cache.get(projectId) ?? { erasures, codes: new Map<string, number>() };
    // Last in the map's order is last used.
    this.cache.delete(projectId);
    this.cache.set(projectId, cached);
    return cached.codes;
  }

  private remember(projectId: number, erasures: number, found: Map<string, number>): void {
    // Looked up before somebody was erased: not to be mixed with what was looked up since.
    if (erasures < (this.cache.get(projectId)?.erasures ?? 0)) return;
    const codes = this.cached(projectId, erasures);
    const before = codes.size;
    for (const [id, code] of found) codes.set(id, code);
    this.cachedIds += codes.size - before;
    for (const [oldest, dropped] of this.cache) {
      if (this.cachedIds <= CACHED_IDS) break;
      this.cachedIds -= dropped.codes.size;
      this.cache.delete(oldest);
    }
  }
}
