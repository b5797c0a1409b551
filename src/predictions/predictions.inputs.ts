import { Field, Float, ID, InputType, ObjectType } from '@nestjs/graphql';
import { RowResult } from '../platform/row-result.js';
import { BigIntScalar } from '../platform/graphql/scalars.js';
import { PredictionModel } from './prediction-version.js';

@InputType({ description: 'What a model says of one item.' })
export class PredictionInput {
  @Field(() => String, { description: "The item's external id." })
  item: string;

  @Field(() => [Float], { description: "One number from 0 to 1 for each class, in the order of the project's classes; their sum is 1 within 1e-6." })
  probabilities: number[];
}

@InputType()
export class SubmitPredictionsInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: 'Up to 1,024 bytes; a project has up to 100 models.' })
  model: string;

  @Field(() => String, { description: 'Up to 1,024 bytes. The first call that names it makes it.' })
  version: string;

  @Field(() => Boolean, { nullable: true, description: 'Whether the model had not seen the items it predicts, as by cross-validation: true for a new version where left out. Later calls leave it out or repeat it.' })
  outOfSample?: boolean | null;

  @Field(() => BigIntScalar, { nullable: true, description: 'The point in the vote log that the model was trained on: the watermark of a run. Later calls leave it out or repeat it.' })
  trainingWatermark?: bigint | null;

  @Field(() => Boolean, { defaultValue: true, description: 'False while more calls of this version are to come: it becomes the current one with the first call that says true.' })
  complete: boolean;

  @Field(() => [PredictionInput], { description: '1 to 10,000 rows, one an item.' })
  rows: PredictionInput[];

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@ObjectType()
export class SubmitPredictionsPayload {
  @Field(() => [RowResult], { description: 'One result a row, in the order of the rows.' })
  results: RowResult[];

  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}

@InputType()
export class SetPredictionVersionInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String)
  model: string;

  @Field(() => String, { nullable: true, description: 'The version that runs and scores are to read from now on; the newest complete one, now and later, where left out.' })
  version?: string | null;
}

@InputType()
export class RemovePredictionModelInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String)
  model: string;
}

@ObjectType()
export class PredictionModelPayload {
  @Field(() => PredictionModel)
  predictionModel: PredictionModel;
}

/** A version that a run is to read. */
@InputType()
export class PredictionVersionInput {
  @Field(() => String)
  model: string;

  @Field(() => String)
  version: string;
}
