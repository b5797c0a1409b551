import { Field, Float, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ProbabilityScalar } from '../../platform/graphql/scalars.js';

/** Rows are written by COPY and read by SQL, so this is the API's type and the row's shape; the table is the migration's. */
@ObjectType({ description: 'What is known about one item by a run: K probabilities, and what follows from them.' })
export class SoftLabel {
  projectId: number;
  runId: number;
  itemCode: number;
  /** The class index of the largest probability, of tied ones the first. */
  consensusIndex: number;

  @Field(() => [ProbabilityScalar], { description: "One for each class, in the order of the project's classes; they sum to 1." })
  probabilities: number[];

  @Field(() => ProbabilityScalar, { description: 'The largest probability.' })
  confidence: number;

  @Field(() => Float, { description: 'Shannon entropy of the probabilities in nats: 0 when certain, ln K when nothing is known.' })
  entropy: number;

  @Field(() => Int, { description: 'Votes on the item that the run read; 0 for one whose class was known by gold alone.' })
  votes: number;

  @Field(() => Boolean, { description: 'Whether another class is as probable as the consensus.' })
  tie: boolean;

  @Field(() => Boolean, { description: "Whether the item's votes or gold answer changed after the run read them: then this is the run's label moved on by what came since, with the run's parameters." })
  live: boolean;

  @Field(() => Date, { nullable: true, description: 'When a live label was last moved on.' })
  updatedAt: Date | null;
}

@InputType({ description: 'Both ends belong to it; one left out is open.' })
export class FloatRange {
  @Field(() => Float, { nullable: true })
  min?: number | null;

  @Field(() => Float, { nullable: true })
  max?: number | null;
}

@InputType({ description: 'Both ends belong to it; one left out is open.' })
export class IntRange {
  @Field(() => Int, { nullable: true })
  min?: number | null;

  @Field(() => Int, { nullable: true })
  max?: number | null;
}

@InputType({ description: 'All that is given must hold.' })
export class SoftLabelFilter {
  @Field(() => String, { nullable: true, description: 'The consensus class.' })
  class?: string | null;

  @Field(() => FloatRange, { nullable: true })
  confidence?: FloatRange | null;

  @Field(() => FloatRange, { nullable: true, description: 'In nats.' })
  entropy?: FloatRange | null;

  @Field(() => IntRange, { nullable: true })
  votes?: IntRange | null;

  @Field(() => Boolean, { nullable: true })
  tie?: boolean | null;
}

export enum SoftLabelField {
  ITEM = 'ITEM',
  CONFIDENCE = 'CONFIDENCE',
  ENTROPY = 'ENTROPY',
  VOTES = 'VOTES',
}

registerEnumType(SoftLabelField, {
  name: 'SoftLabelField',
  valuesMap: { ITEM: { description: 'The order in which items became known.' }, CONFIDENCE: {}, ENTROPY: {}, VOTES: {} },
});

export enum SortDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}

registerEnumType(SortDirection, { name: 'SortDirection' });

@InputType({ description: 'Equal ones follow in the order of items.' })
export class SoftLabelOrder {
  @Field(() => SoftLabelField)
  field: SoftLabelField;

  @Field(() => SortDirection, { defaultValue: SortDirection.ASC })
  direction: SortDirection;
}
