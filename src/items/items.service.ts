import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodeDictionary } from '../projects/code-dictionary.js';
import { byIndex } from '../platform/database/by-index.js';
import { notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { Principal } from '../platform/principal.js';
import type { RequestContext } from '../platform/request-context.js';
import { rejectedRow, requireRowCount, RowStatus, type RowResult } from '../platform/row-result.js';
import { excerpt, textFault } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { Item } from './item.entity.js';
import { touchItems } from './touched-items.js';
import type { ItemInput } from './items.inputs.js';
import { payloadText } from './payload.js';

export const ItemConnection = connectionType(Item);

const byCode = new Keyset<Item>([{ sql: 'item.code', type: 'int4' }], (item) => [item.code]);

@Injectable()
export class ItemsService {
  readonly dictionary: CodeDictionary;

  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly access: ProjectAccess,
  ) {
    this.dictionary = new CodeDictionary(source, transactions, 'items', touchItems);
  }

  /**
   * New items; those that are there already stay as they are (UNCHANGED).
   * @param alongside more to be done in the same transaction: bulk imports note how far they are
   */
  async add(project: Project, rows: ItemInput[], alongside?: (transaction: Transaction, results: RowResult[]) => Promise<void>): Promise<RowResult[]> {
    const { accepted, results } = checkRows(rows);
    const ids = [...accepted.keys()];
    await this.transactions.run(async (transaction) => {
      const known = await this.knownIds(project.id, ids);
      const payloads = ids.map((id) => accepted.get(id)!.payload);
      await this.dictionary.insertIn(transaction, project.id, ids, [{ name: 'payload', sqlType: 'jsonb', values: payloads }]);
      for (const [id, { index }] of accepted) results[index] = { index, status: known.has(id) ? RowStatus.UNCHANGED : RowStatus.CREATED };
      await alongside?.(transaction, results);
    });
    return results;
  }

  /** Other payloads for items that are there; unknown ones are rejected. */
  async update(project: Project, rows: ItemInput[]): Promise<RowResult[]> {
    const { accepted, results } = checkRows(rows);
    const ids = [...accepted.keys()];
    const updated: { external_id: string }[] = await this.transactions.run(async (transaction) => {
      const [changed] = await transaction.query<[{ external_id: string }[], number]>(
        `update items set payload = given.payload from unnest($2::text[], $3::jsonb[]) as given(external_id, payload)
         where items.project_id = $1 and items.external_id = given.external_id returning items.external_id`,
        [project.id, ids, ids.map((id) => accepted.get(id)!.payload)],
      );
      return changed;
    });
    const found = new Set(updated.map((row) => row.external_id));
    for (const [id, { index }] of accepted) {
      results[index] = found.has(id)
        ? { index, status: RowStatus.UPDATED }
        : rejectedRow(index, 'UNKNOWN_ITEM', `item ${excerpt(id)} is not in the project; add it first`);
    }
    return results;
  }

  async findByExternalId(project: Project, externalId: string): Promise<Item | null> {
    return textFault(externalId) ? null : this.source.getRepository(Item).findOneBy({ projectId: project.id, externalId });
  }

  /** By global id; what the caller may not see is absent. */
  async find(caller: Principal, id: string): Promise<Item> {
    const [projectId, code] = readGlobalId('Item', id);
    const absent = () => notFound('item', id);
    const project = await this.access.findByNumber(caller, projectId!, absent);
    const item = code == null || code > 0x7fffffff ? null : await this.source.getRepository(Item).findOneBy({ projectId: project.id, code });
    if (!item) throw absent();
    return item;
  }

  /** All that a request asks for at once are one statement. */
  ofCode(context: RequestContext, projectId: number, code: number): Promise<Item | null> {
    return context.loader<number, Item>(`items:${projectId}`, (codes) => this.byCodes(projectId, codes)).load(code);
  }

  async byCodes(projectId: number, codes: readonly number[]): Promise<(Item | null)[]> {
    const query = this.source.getRepository(Item).createQueryBuilder('item')
      .where('item.project_id = :projectId and item.code = any(:codes)', { projectId, codes }).orderBy('item.code');
    const rows = await byIndex(this.source, (runner) => query.setQueryRunner(runner).getMany());
    const found = new Map(rows.map((item) => [item.code, item]));
    return codes.map((code) => found.get(code) ?? null);
  }

  async page(project: Project, args: PageArgs): Promise<ConnectionOf<Item>> {
    const query = this.source.getRepository(Item).createQueryBuilder('item').where('item.project_id = :projectId', { projectId: project.id });
    return readPage(query, byCode, args);
  }

  private async knownIds(projectId: number, ids: string[]): Promise<Set<string>> {
    const rows: { external_id: string }[] = await this.source.query(
      `select external_id from items where project_id = $1 and external_id = any($2)`, [projectId, ids],
    );
    return new Set(rows.map((row) => row.external_id));
  }
}

interface CheckedRow {
  index: number;
  payload: string | null;
}

/** Rows that may be written, by id, and the results of those that may not. */
function checkRows(rows: ItemInput[]): { accepted: Map<string, CheckedRow>; results: RowResult[] } {
  requireRowCount(rows, 'input.items');
  const accepted = new Map<string, CheckedRow>();
  const results: RowResult[] = [];
  rows.forEach((row, index) => {
    const [name, id] = idOf(row);
    const fault = textFault(id);
    const earlier = accepted.get(id);
    const payload = payloadText(row.payload);
    if (row.item != null && row.externalId != null && row.item !== row.externalId) {
      results[index] = rejectedRow(index, 'INVALID_ID', `item ${excerpt(row.item)} and externalId ${excerpt(row.externalId)} are two names for one thing; give item alone`);
    } else if (fault) results[index] = rejectedRow(index, 'INVALID_ID', `${name} ${excerpt(id)}: ${fault}`);
    else if (earlier) results[index] = rejectedRow(index, 'REPEATED_ROW', `${name} ${excerpt(id)} is row ${earlier.index} already`);
    else if ('fault' in payload) results[index] = rejectedRow(index, 'INVALID_PAYLOAD', payload.fault);
    else accepted.set(id, { index, payload: payload.text });
  });
  return { accepted, results };
}

/** The id of a row, "" where there is none, and the field that has it. */
function idOf({ item, externalId }: ItemInput): [name: string, id: string] {
  return item == null && externalId != null ? ['externalId', externalId] : ['item', item ?? ''];
}
