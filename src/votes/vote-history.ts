import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryByIndex } from '../platform/database/by-index.js';
import { notFound } from '../platform/errors.js';
import { readGlobalId } from '../platform/graphql/global-id.js';
import { connectionType, Keyset, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { Principal } from '../platform/principal.js';
import type { RequestContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Item } from '../items/item.entity.js';
import { Vote, VOTE_COLUMNS } from './vote.entity.js';

export const VoteConnection = connectionType(Vote);

const bySeq = new Keyset<Vote>([{ sql: 'v.seq', type: 'int8' }], (vote) => [vote.seq]);

/** Reads votes, ended ones too. */
@Injectable()
export class VoteHistory {
  constructor(
    private readonly source: DataSource,
    private readonly access: ProjectAccess,
  ) {}

  /** One page an item, for all items of a request in one statement. */
  async ofItem(context: RequestContext, item: Item, args: PageArgs, includeEnded: boolean): Promise<ConnectionOf<Vote>> {
    const loader = context.loader<number, Vote[]>(
      `votes:${item.projectId}:${includeEnded}:${JSON.stringify(args)}`,
      (codes) => this.ofItems(item.projectId, codes, args, includeEnded),
    );
    return bySeq.connection(args, await loader.load(item.code) ?? [], (vote) => vote);
  }

  async ofProject(projectId: number, classes: readonly string[], args: PageArgs): Promise<ConnectionOf<Vote>> {
    const parameters: unknown[] = [projectId];
    const { where, orderBy, limit } = bySeq.page(args, parameters);
    const rows = await queryByIndex<object>(this.source,
      `select ${VOTE_COLUMNS} from votes v where v.project_id = $1 and ${where} order by ${orderBy} limit ${limit}`, parameters,
    );
    return bySeq.connection(args, rows.map((row) => Object.assign(new Vote(), row, { classes })), (vote) => vote);
  }

  async find(caller: Principal, id: string): Promise<Vote> {
    const [projectId, seq] = readGlobalId('Vote', id);
    const absent = () => notFound('vote', id);
    const project = await this.access.findByNumber(caller, projectId!, absent);
    const rows: object[] = await this.source.query(`select ${VOTE_COLUMNS} from votes v where v.project_id = $1 and v.seq = $2`, [project.id, seq ?? -1]);
    if (!rows[0]) throw absent();
    return Object.assign(new Vote(), rows[0], { classes: project.classes });
  }

  private async ofItems(projectId: number, codes: readonly number[], args: PageArgs, includeEnded: boolean): Promise<Vote[][]> {
    const parameters: unknown[] = [projectId, codes];
    const { where, orderBy, limit } = bySeq.page(args, parameters);
    // Standing and ended votes have an index each; a condition on neither would use none.
    const half = (condition: string) => `select * from votes where project_id = $1 and item_code = wanted.code and ${condition}`;
    const votes = includeEnded ? `${half('ended_seq is null')} union all ${half('ended_seq is not null')}` : half('ended_seq is null');
    const rows: (object & { itemCode: number })[] = await this.source.query(
      `select page.*, project.classes from unnest($2::int4[]) as wanted(code)
       cross join lateral (select ${VOTE_COLUMNS} from (${votes}) v where ${where} order by ${orderBy} limit ${limit}) page
       join projects project on project.id = $1`,
      parameters,
    );
    const byItem = new Map<number, Vote[]>(codes.map((code) => [code, []]));
    for (const row of rows) byItem.get(row.itemCode)!.push(Object.assign(new Vote(), row));
    return codes.map((code) => byItem.get(code)!);
  }
}
