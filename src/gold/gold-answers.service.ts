import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryByIndex } from '../platform/database/by-index.js';
import { connectionType, Keyset, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { Audit } from '../projects/audit/audit.js';
import { GOLD_COLUMNS, GoldAnswer } from './gold-answer.js';

export const GoldConnection = connectionType(GoldAnswer);

const byItem = new Keyset<GoldAnswer>([{ sql: 'gold.item_code', type: 'int4' }], (answer) => [answer.itemCode]);

/** Reads the answers that stand at this moment; the audit log knows of it before the caller does, where the workspace asks for that. */
@Injectable()
export class GoldAnswers {
  constructor(
    private readonly source: DataSource,
    private readonly audit: Audit,
  ) {}

  async page(context: RequestContext, projectId: number, args: PageArgs): Promise<ConnectionOf<GoldAnswer>> {
    const parameters: unknown[] = [projectId];
    const { where, orderBy, limit } = byItem.page(args, parameters);
    const rows = await queryByIndex<GoldAnswer>(this.source,
      `select ${GOLD_COLUMNS} from gold_answers gold where gold.project_id = $1 and gold.ended_seq is null and ${where} order by ${orderBy} limit ${limit}`, parameters,
    );
    const page = byItem.connection(args, rows, (row) => Object.assign(new GoldAnswer(), row));
    await this.audit.recordRead(actorOf(context), 'readGold', projectId, { field: 'project.gold', answers: page.nodes.length });
    return page;
  }

  async count(projectId: number): Promise<number> {
    const [row] = await this.source.query<{ count: number }[]>(`select count(*) as count from gold_answers where project_id = $1 and ended_seq is null`, [projectId]);
    return row!.count;
  }

  /** All items asked for at once are one statement. */
  ofItem(context: RequestContext, projectId: number, itemCode: number): Promise<GoldAnswer | null> {
    return context.loader<number, GoldAnswer>(`gold:${projectId}`, async (codes) => {
      const rows: GoldAnswer[] = await this.source.query(
        `select found.* from unnest($2::int4[]) as wanted(item)
         cross join lateral (
           select ${GOLD_COLUMNS} from gold_answers gold where gold.project_id = $1 and gold.item_code = wanted.item and gold.ended_seq is null limit 1
         ) found`,
        [projectId, codes],
      );
      await this.audit.recordRead(actorOf(context), 'readGold', projectId, { field: 'item.gold', items: codes.length, answers: rows.length });
      const found = new Map(rows.map((row) => [row.itemCode, Object.assign(new GoldAnswer(), row)]));
      return codes.map((code) => found.get(code) ?? null);
    }).load(itemCode);
  }
}
