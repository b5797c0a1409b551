import { Field, Int, ObjectType } from '@nestjs/graphql';
import { betaQuantile } from '../aggregation/index.js';
import { ProbabilityScalar } from '../platform/graphql/scalars.js';

@ObjectType({ description: "How often an annotator's votes are the gold answers, at this moment. Unlike `accuracy`, nothing of it is estimated by a run." })
export class GoldAccuracy {
  @Field(() => Int, { description: 'Standing votes on items with a gold answer.' })
  answered: number;

  @Field(() => Int, { description: 'Those of them that name the gold answer.' })
  right: number;

  @Field(() => ProbabilityScalar, { description: 'right / answered.' })
  value: number;

  @Field(() => ProbabilityScalar, { description: 'Lower end of the 95% interval of the accuracy behind the share: the 2.5% point of Beta(1 + right, 1 + wrong), as it is with every accuracy as likely beforehand.' })
  low: number;

  @Field(() => ProbabilityScalar, { description: 'Upper end: the 97.5% point. Below 1 also where every answer is right: nobody is known to be perfect.' })
  high: number;
}

/** @param answered 1 or more */
export function goldAccuracy(answered: number, right: number): GoldAccuracy {
  const [a, b] = [1 + right, 1 + answered - right];
  return { answered, right, value: right / answered, low: betaQuantile(0.025, a, b), high: betaQuantile(0.975, a, b) };
}
