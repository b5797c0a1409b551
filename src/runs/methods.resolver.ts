import { Field, Float, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { methods, type OptionSpec } from '../aggregation/index.js';
import { RequiresScope } from '../platform/principal.js';
import { JsonScalar } from '../platform/graphql/scalars.js';

@ObjectType({ description: 'One option of an aggregation method.' })
export class MethodOption {
  @Field(() => String)
  name: string;

  @Field(() => String, { description: 'integer, number, boolean or choice.' })
  type: string;

  @Field(() => JsonScalar)
  default: number | boolean | string;

  @Field(() => Float, { nullable: true, description: 'Least value of a number.' })
  min?: number;

  @Field(() => Float, { nullable: true, description: 'Greatest value of a number.' })
  max?: number;

  @Field(() => [String], { nullable: true, description: 'The values of a choice.' })
  choices?: readonly string[];

  @Field(() => String)
  doc: string;
}

@ObjectType({ description: 'A way to turn votes into soft labels.' })
export class AggregationMethodInfo {
  @Field(() => String, { description: 'What startRun calls it.' })
  id: string;

  @Field(() => Int, { description: 'Raised whenever the same votes may give other bits.' })
  version: number;

  @Field(() => String)
  title: string;

  @Field(() => String, { description: 'The paper it comes from.' })
  source: string;

  @Field(() => [String], { description: 'votes, gold, predictions, warm-start, prior-counts, candidate-sets.' })
  reads: readonly string[];

  @Field(() => [String], { description: 'posteriors, quality, confusion, class-priors.' })
  returns: readonly string[];

  @Field(() => String, { nullable: true, description: 'What `Annotator.quality` means under this method, with its range.' })
  quality?: string;

  @Field(() => String)
  cost: string;

  @Field(() => [MethodOption])
  options: readonly OptionSpec[];
}

@Resolver()
export class MethodsResolver {
  @Query(() => [AggregationMethodInfo], { description: 'Every aggregation method there is, from the registry.' })
  @RequiresScope('results:read')
  aggregationMethods() {
    return methods;
  }
}
