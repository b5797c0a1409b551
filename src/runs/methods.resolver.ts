import { Field, Float, Int, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { methods, versionsOf, type FindingSpec, type OptionSpec } from '../aggregation/index.js';
import { RequiresScope } from '../platform/principal.js';
import { Cost } from '../platform/graphql/cost.js';
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

export enum FindingPer {
  ITEM = 'item',
  ANNOTATOR = 'annotator',
  CLASS = 'class',
  MODEL = 'model',
  RUN = 'run',
}

registerEnumType(FindingPer, { name: 'FindingPer', description: 'What each of the numbers is about.' });

export enum FindingType {
  NUMBER = 'number',
  PROBABILITY = 'probability',
  CLASS = 'class',
  BOOLEAN = 'boolean',
}

registerEnumType(FindingType, { name: 'FindingType', valuesMap: { NUMBER: {}, PROBABILITY: {}, CLASS: { description: 'A class, or no class where the answer is withheld.' }, BOOLEAN: { description: '0 or 1.' } } });

@ObjectType({ description: 'Something that a method finds beyond soft labels.' })
export class FindingInfo {
  @Field(() => String)
  name: string;

  @Field(() => FindingPer)
  per: FindingPer;

  @Field(() => FindingType)
  type: FindingType;

  @Field(() => Float, { nullable: true, description: 'Least value of a number.' })
  min?: number;

  @Field(() => Float, { nullable: true, description: 'Greatest value of a number.' })
  max?: number;

  @Field(() => [String], { nullable: true, description: 'The findings that are the lower and the upper end of its 95% interval.' })
  interval?: readonly string[];

  @Field(() => String, { description: 'What it says.' })
  meaning: string;
}

@ObjectType({ description: 'A way to turn votes into soft labels.' })
export class AggregationMethodInfo {
  @Field(() => String, { description: 'What startRun calls it.' })
  id: string;

  @Field(() => Int, { description: 'Raised whenever the same votes may give other bits.' })
  version: number;

  @Field(() => [Int], { description: 'All versions that can be run, oldest first: those before `version` to repeat earlier runs. Options and texts here are of `version`.' })
  versions: number[];

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

  @Field(() => [String], { nullable: true, description: 'The findings that are the lower and the upper end of the 95% interval of `quality`, where it has one.' })
  qualityInterval?: readonly string[];

  @Cost({ list: 20 })
  @Field(() => [FindingInfo], { description: 'What the method may find beyond these.' })
  finds: readonly FindingSpec[];

  @Field(() => String)
  cost: string;

  @Cost({ list: 20 })
  @Field(() => [MethodOption])
  options: readonly OptionSpec[];
}

@Resolver()
export class MethodsResolver {
  @Cost({ list: methods.length })
  @Query(() => [AggregationMethodInfo], { description: 'Every aggregation method there is, from the registry.' })
  @RequiresScope('results:read')
  aggregationMethods() {
    return methods.map((method) => ({ ...method, versions: versionsOf(method).map(({ version }) => version), finds: method.finds ?? [] }));
  }
}
