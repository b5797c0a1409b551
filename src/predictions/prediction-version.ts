import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { BigIntScalar } from '../platform/graphql/scalars.js';

@ObjectType({ description: "One version of a model's predictions. Its rows never change; new numbers are a new version." })
export class PredictionVersion {
  projectId: number;
  id: number;

  @Field(() => String)
  model: string;

  @Field(() => String)
  version: string;

  @Field(() => Int, { description: 'Items that have a row, at this moment.' })
  rows: number;

  @Field(() => Boolean, { description: 'Whether the model had not seen the items it predicts. Predictions that are not count for too much in runs and scores.' })
  outOfSample: boolean;

  @Field(() => BigIntScalar, { nullable: true, description: 'The point in the vote log that the model was trained on: the watermark of a run.' })
  trainingWatermark: number | null;

  @Field(() => Float, { nullable: true, description: 'How many votes were written or ended after the training watermark; null where none was given.' })
  votesSince: number | null;

  @Field(() => Boolean, { nullable: true, description: "Whether more votes came since than the project's rule predictionStaleVotes allows; null where no training watermark was given." })
  stale: boolean | null;

  @Field(() => Boolean, { description: 'False while an upload of its rows is under way, or where it broke off: then it is nobody\'s current version.' })
  complete: boolean;

  @Field(() => Boolean, { description: 'Whether runs and scores read this version of its model.' })
  current: boolean;

  @Field(() => Date)
  createdAt: Date;
}

@ObjectType({ description: 'A model that predicts the classes of items. Runs and scores read the current version of every active one.' })
export class PredictionModel {
  projectId: number;
  staleVotes: number;

  @Field(() => String)
  model: string;

  @Field(() => Boolean, { description: 'False once it was removed: its rows are kept, and runs and scores pass it over.' })
  active: boolean;

  @Field(() => Boolean, { description: 'Whether setPredictionVersion chose the current version; else it is the newest complete one.' })
  pinned: boolean;
}

@ObjectType({ description: "What the current version of one model says of an item." })
export class ItemPrediction {
  @Field(() => String)
  model: string;

  @Field(() => String)
  version: string;

  @Field(() => [Float], { description: "In the order of the project's classes." })
  probabilities: number[];
}
