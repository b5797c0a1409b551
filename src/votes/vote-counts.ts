import { Injectable } from '@nestjs/common';
import { Field, Int, ObjectType } from '@nestjs/graphql';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../platform/request-context.js';

@ObjectType({ description: 'Exact at every moment: written in the same transaction as the votes.' })
export class VoteCounts {
  @Field(() => BigInt, { description: 'Standing votes that name a class.' })
  votes: bigint;

  @Field(() => BigInt, { description: 'Standing SKIP, UNSURE and CANNOT_LABEL.' })
  otherOutcomes: bigint;

  @Field(() => BigInt, { description: 'Superseded and withdrawn votes, and repeats that were not taken.' })
  ended: bigint;

  @Field(() => Int)
  items: number;

  @Field(() => Int)
  annotators: number;
}

@Injectable()
export class VoteCountsService {
  constructor(private readonly source: DataSource) {}

  async ofProject(projectId: number): Promise<VoteCounts> {
    const [row] = await this.source.query<{ votes: string; others: string; ended: string; items: number; annotators: number }[]>(
      `select coalesce(sum(counts.votes), 0)::text as votes, coalesce(sum(counts.other_outcomes), 0)::text as others,
              coalesce(sum(counts.ended), 0)::text as ended, codes.next_item_code as items, codes.next_annotator_code as annotators
       from project_codes codes left join project_counts counts on counts.project_id = codes.project_id
       where codes.project_id = $1 group by codes.project_id`,
      [projectId],
    );
    const { votes, others, ended, items, annotators } = row!;
    return { votes: BigInt(votes), otherOutcomes: BigInt(others), ended: BigInt(ended), items, annotators };
  }

  /** Standing votes with a class; one statement for all of a request's items, or annotators. */
  of(context: RequestContext, owner: 'item' | 'annotator', projectId: number, code: number): Promise<number | null> {
    const loader = context.loader<number, number>(`${owner}-counts:${projectId}`, async (codes) => {
      const rows: { code: number; votes: number }[] = await this.source.query(
        `select ${owner}_code as code, votes from ${owner}_counts where project_id = $1 and ${owner}_code = any($2)`, [projectId, codes],
      );
      const counts = new Map(rows.map((row) => [row.code, row.votes]));
      return codes.map((one) => counts.get(one) ?? 0);
    });
    return loader.load(code);
  }
}
