import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { ProbabilityScalar } from '../../platform/graphql/scalars.js';

@ObjectType({ description: 'The share of items whose consensus is the gold answer; of an item whose best class is shared by t classes, the answer among them, 1/t.' })
export class ConsensusAccuracy {
  @Field(() => ProbabilityScalar, { description: 'With a sample the estimate for all items it was drawn from: each item weighs as much as its chance of being drawn was small (Hajek). Else the plain mean.' })
  value: number;

  @Field(() => ProbabilityScalar, { description: 'Lower end of the 95% interval. Without a sample it is that of items drawn with equal chances, which gold of another origin is not.' })
  low: number;

  @Field(() => ProbabilityScalar, { description: 'Upper end of the 95% interval.' })
  high: number;
}

@ObjectType({ description: 'The items whose confidence is above `low`, up to `high`.' })
export class ConfidenceBin {
  @Field(() => ProbabilityScalar)
  low: number;

  @Field(() => ProbabilityScalar)
  high: number;

  @Field(() => Int)
  items: number;

  @Field(() => Float, { nullable: true, description: 'Their mean confidence; null in an empty bin.' })
  confidence: number | null;

  @Field(() => Float, { nullable: true, description: 'Their accuracy: below the confidence where the run is too sure. Null in an empty bin.' })
  accuracy: number | null;
}

@ObjectType({ description: 'How right and how well calibrated the soft labels are, on the compared items.' })
export class LabelScores {
  @Field(() => ConsensusAccuracy)
  accuracy: ConsensusAccuracy;

  @Field(() => Float, { description: 'Mean over the items of the sum over the classes of (p - [class is the gold answer])^2: from 0 to 2.' })
  brier: number;

  @Field(() => Float, { description: 'Mean natural-log loss of 0.99 p + 0.01 / K.' })
  logLoss: number;

  @Field(() => Float, { description: 'Expected calibration error: |mean confidence - accuracy| over the bins, weighted by their items.' })
  ece: number;

  @Cost({ list: 15 })
  @Field(() => [ConfidenceBin], { description: '15 equally wide bins of confidence.' })
  bins: ConfidenceBin[];
}

@ObjectType({ description: 'Soft labels of a run against the gold answers of this moment. Only items whose class the run was not given are compared: on the others it is right by definition.' })
export class GoldEvaluation {
  runId: number;

  @Field(() => Int, { description: 'Items that were compared.' })
  items: number;

  @Field(() => Int, { description: 'Items with gold that were left out, since the run was given a gold answer for them.' })
  clamped: number;

  @Field(() => Int, { description: 'Items with gold that were left out, since the run read no vote on them.' })
  unlabelled: number;

  @Field(() => LabelScores, { nullable: true, description: 'Null where no item was compared.' })
  scores: LabelScores | null;
}
