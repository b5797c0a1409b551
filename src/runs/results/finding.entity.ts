import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { ProbabilityScalar } from '../../platform/graphql/scalars.js';

@ObjectType({ description: 'A number with the interval that holds it in 95% of the cases, where the method has one.' })
export class Estimated {
  @Field(() => Float)
  value: number;

  @Field(() => Float, { nullable: true })
  low: number | null;

  @Field(() => Float, { nullable: true })
  high: number | null;
}

@ObjectType({ description: 'Something that a method found beyond soft labels; aggregationMethods tells what each method finds.' })
export class Finding {
  projectId: number;
  runId: number;

  @Field(() => String)
  name: string;

  @Field(() => Float, { nullable: true, description: 'A boolean is 0 or 1. Null where it is unknown, and where the finding is a class.' })
  value: number | null;

  @Field(() => String, { nullable: true, description: 'The class that was found; null where the answer is withheld, and where the finding is a number.' })
  class: string | null;

  @Field(() => String, { nullable: true, description: 'The class or the model that it is about; null where it is about the item, annotator or run it was asked of.' })
  of: string | null;

  @Field(() => String, { description: 'What it says.' })
  meaning: string;

  @Field(() => Boolean, { description: 'Whether votes that came after the run are counted in. They never are: this is what `run` found.' })
  live: boolean;
}

@ObjectType({ description: "An item's right answer and its plausible wrong one, as a run of method top-two found them." })
export class TopTwo {
  runId: number;
  projectId: number;

  @Field(() => String, { nullable: true, description: 'The right answer; null where several tie for it.' })
  first: string | null;

  @Field(() => String, { nullable: true, description: 'The plausible wrong answer; null where several tie for it.' })
  second: string | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Probability that `first` is the right answer; null for the spectral variants.' })
  firstProbability: number | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Probability that these are the two answers, in this order; null for the spectral variants.' })
  pairProbability: number | null;

  @Field(() => Estimated, { nullable: true, description: 'How often an annotator who looks at the item still gives the second answer: from 0, nobody confuses the two, to 0.5, they cannot be told apart.' })
  confusionProbability: Estimated | null;

  @Field(() => Float, { nullable: true, description: 'How far the pair is ahead of the runner-up: their difference in probability, under the spectral variants in score.' })
  pairGap: number | null;

  @Field(() => Boolean, { description: 'Whether several pairs are equally good.' })
  tied: boolean;

  @Field(() => Boolean, { description: 'Whether another class has more votes than `first`.' })
  disagreesWithMajority: boolean;

  @Field(() => Boolean, { description: 'Whether votes that came after the run are counted in. They never are: on a label that was moved on since, this is still what `run` found.' })
  live: boolean;
}

@ObjectType({ description: 'Two classes that the crowd takes for each other.' })
export class ConfusablePair {
  projectId: number;
  exampleCodes: number[];

  @Field(() => String, { description: 'The right answer of these items.' })
  first: string;

  @Field(() => String, { description: 'Their plausible wrong answer.' })
  second: string;

  @Field(() => Int, { description: 'Items with these two answers.' })
  items: number;

  @Field(() => ProbabilityScalar, { description: 'Mean confusion probability of these items, 0 to 0.5.' })
  meanConfusion: number;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Beside it, by the confusion matrix of all annotators together: how often a vote on an item of class `first`, any item of it, is for `second`.' })
  matrixConfusion: number | null;
}
