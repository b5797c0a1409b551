import { Field, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { acquisitionScores } from '../../aggregation/index.js';
import { RequiresScope } from '../../platform/principal.js';

export enum ScoreEnd {
  LOWEST = 'LOWEST',
  HIGHEST = 'HIGHEST',
}

registerEnumType(ScoreEnd, { name: 'ScoreEnd', description: 'Which scores are asked about first.', valuesMap: { LOWEST: {}, HIGHEST: {} } });

@ObjectType({ description: 'How much another vote on an item would help, by one of the scores that projects and calls may name as their policy.' })
export class AcquisitionScoreInfo {
  @Field(() => String)
  id: string;

  @Field(() => String)
  title: string;

  @Field(() => String, { description: 'The paper.' })
  source: string;

  @Field(() => String, { description: 'What the numbers mean, with their range.' })
  meaning: string;

  @Field(() => ScoreEnd)
  first: ScoreEnd;

  @Field(() => Boolean, { description: 'Whether it differs between annotators.' })
  perAnnotator: boolean;

  @Field(() => [String], { description: 'What it reads; with a question mark what it can do without.' })
  reads: string[];
}

@Resolver()
export class PoliciesResolver {
  @Cost({ list: 20 })
  @Query(() => [AcquisitionScoreInfo], { description: 'The policies of nextItems, beside auto.' })
  @RequiresScope('results:read')
  acquisitionScores(): AcquisitionScoreInfo[] {
    return acquisitionScores.map(({ id, title, source, meaning, first, per, reads }) => ({
      id, title, source, meaning, first: first === 'lowest' ? ScoreEnd.LOWEST : ScoreEnd.HIGHEST, perAnnotator: per === 'item-annotator', reads: [...reads],
    }));
  }
}
