import { Field, Float, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { findingsPer, type FindingSpec } from '../../aggregation/index.js';
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

@InputType({ description: 'By the two answers that runs of method top-two find. All that is given must hold.' })
export class TopTwoFilter {
  @Field(() => String, { nullable: true, description: 'The right answer.' })
  first?: string | null;

  @Field(() => String, { nullable: true, description: 'The plausible wrong answer.' })
  second?: string | null;

  @Field(() => FloatRange, { nullable: true })
  confusionProbability?: FloatRange | null;

  @Field(() => Boolean, { nullable: true })
  tied?: boolean | null;

  @Field(() => Boolean, { nullable: true })
  disagreesWithMajority?: boolean | null;
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

  @Field(() => TopTwoFilter, { nullable: true, description: 'For runs of method top-two.' })
  topTwo?: TopTwoFilter | null;

  @Field(() => FloatRange, { nullable: true, description: 'For runs of method glad.' })
  difficulty?: FloatRange | null;

  @Field(() => FloatRange, { nullable: true, description: 'In nats. For runs of method soft-label-mean.' })
  disagreement?: FloatRange | null;
}

/** The findings about items that have an order, by the name the API gives it: confusionProbability is CONFUSION_PROBABILITY. */
export const orderedFindings: ReadonlyMap<string, FindingSpec & { methods: string[] }> = new Map(
  findingsPer('item').filter(({ type }) => type === 'number' || type === 'probability').map((spec) => [spec.name.replace(/[A-Z]/g, '_$&').toUpperCase(), spec]),
);

/** ITEM, CONFIDENCE, ENTROPY, VOTES, or a key of `orderedFindings`. */
export const SoftLabelField: Readonly<Record<string, string>> = Object.fromEntries(['ITEM', 'CONFIDENCE', 'ENTROPY', 'VOTES', ...orderedFindings.keys()].map((name) => [name, name]));

registerEnumType(SoftLabelField, {
  name: 'SoftLabelField',
  valuesMap: {
    ITEM: { description: 'The order in which items became known.' },
    ...Object.fromEntries(Array.from(orderedFindings, ([name, { meaning, methods }]) =>
      [name, { description: `${meaning} Of runs of ${methods.join(', ')}; items without the figure come last.` }])),
  },
});

export enum SortDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}

registerEnumType(SortDirection, { name: 'SortDirection' });

@InputType({ description: 'Equal ones follow in the order of items.' })
export class SoftLabelOrder {
  @Field(() => SoftLabelField)
  field: string;

  @Field(() => SortDirection, { defaultValue: SortDirection.ASC })
  direction: SortDirection;
}
