import { Field, Float, ObjectType } from '@nestjs/graphql';
import { Estimated, Finding } from './finding.entity.js';
import { Cost } from '../../platform/graphql/cost.js';
import { ProbabilityScalar } from '../../platform/graphql/scalars.js';
import type { MatrixColumns } from '../../results/packed-matrix.js';

@ObjectType({ description: "The share of an annotator's votes that a run takes to be right." })
export class Accuracy {
  @Field(() => ProbabilityScalar, { description: 'Mean probability, by the run, of the classes the annotator voted for. With few votes an item it is too high, since each vote bears on its own item.' })
  value: number;

  @Field(() => ProbabilityScalar, { description: 'Lower end of the 95% interval (Wilson score), as if the true classes were known.' })
  low: number;

  @Field(() => ProbabilityScalar, { description: 'Upper end of the 95% interval.' })
  high: number;
}

@ObjectType({ description: 'One answer of an annotator: how probable it is under each true class.' })
export class ConfusionRow {
  @Field(() => String, { description: 'The class the annotator votes for.' })
  vote: string;

  @Field(() => [Float], { description: 'P(vote | true class), for each true class in the order of `classes`.' })
  probabilities: number[];

  @Field(() => [Float], {
    nullable: true,
    description: 'Lower ends of the 95% intervals (Wilson score) of these probabilities, from the expected votes on items of the class and the pseudo-votes of the prior. Null under methods without a prior that tells them.',
  })
  low: number[] | null;

  @Field(() => [Float], { nullable: true, description: 'Upper ends of the intervals.' })
  high: number[] | null;
}

@ObjectType({ description: 'P(vote | true class). Classes the annotator never voted for have no row: their probabilities are 0, or, under a method that learns a prior, share what the rows lack of 1.' })
export class ConfusionMatrix {
  @Field(() => [String], { description: 'The true classes: the columns.' })
  classes: string[];

  @Cost({ list: 20 })
  @Field(() => [ConfusionRow])
  rows: ConfusionRow[];

  @Field(() => Boolean, { description: 'Whether the method has no matrices of its own, so that this one follows from its soft labels: the mean of its votes on items of each class.' })
  implied: boolean;
}

@ObjectType({ description: 'What one method says of an annotator, beside what its figures mean.' })
export class AnnotatorFigures {
  runId: number;
  projectId: number;
  annotatorCode: number;

  @Field(() => String)
  method: string;

  @Field(() => Estimated, { nullable: true, description: "The method's own measure of skill, with its interval where the method has one. Null where the method has none." })
  quality: Estimated | null;

  @Field(() => String, { nullable: true, description: 'What `quality` means under this method, with its range.' })
  meaning: string | null;

  @Field(() => Accuracy)
  accuracy: Accuracy;

  @Cost({ list: 10 })
  @Field(() => [Finding], { description: 'What else the method found about the annotator.' })
  findings: Finding[];
}

/** A row of annotator_results, as far as it was read; NULLs of a method that has no such figure. */
export interface AnnotatorResult extends MatrixColumns {
  annotatorCode: number;
  quality: number | null;
  accuracy: number;
  accuracyLow: number;
  accuracyHigh: number;
  confusionLabels: number[] | null;
  confusionEvidence: number[] | null;
  confusionImplied: boolean | null;
}
