import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../platform/request-context.js';
import { goldAccuracy, type GoldAccuracy } from './gold-accuracy.js';

/** Up to so many annotators their votes on an item are looked up one by one; for more, all votes of the item are read. */
const FEW = 10;

/** Annotators against gold, from the standing votes and answers themselves. */
@Injectable()
export class GoldAccuracies {
  constructor(private readonly source: DataSource) {}

  /** Null without a vote on gold; one statement for all of a request's annotators. */
  of(context: RequestContext, projectId: number, annotatorCode: number): Promise<GoldAccuracy | null> {
    return context.loader<number, GoldAccuracy>(`goldAccuracies:${projectId}`, (codes) => this.load(projectId, codes)).load(annotatorCode);
  }

  /** `offset 0` keeps the votes of an item one probe of their index: joined, the planner may read all votes of the project, since it knows little of a young one. */
  private async load(projectId: number, codes: readonly number[]): Promise<(GoldAccuracy | null)[]> {
    const annotator = codes.length <= FEW ? 'annotator_code' : 'annotator_code + 0';
    const rows: { code: number; answered: number; right: number }[] = await this.source.query(
      `select vote.annotator_code as code, count(*) as answered, count(*) filter (where vote.class_index = gold.class_index) as right
       from gold_answers gold cross join lateral (
         select annotator_code, class_index from votes
         where project_id = $1 and item_code = gold.item_code and ended_seq is null and outcome = 0 and ${annotator} = any($2::int4[]) offset 0
       ) vote
       where gold.project_id = $1 and gold.ended_seq is null group by vote.annotator_code`,
      [projectId, codes],
    );
    const found = new Map(rows.map(({ code, answered, right }) => [code, goldAccuracy(answered, right)]));
    return codes.map((code) => found.get(code) ?? null);
  }
}
