import { Field, Float, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { ProbabilityScalar } from '../../platform/graphql/scalars.js';
import { Estimated } from '../results/finding.entity.js';
import { RunEstimate } from '../running/runs.resolver.js';
import { MajorityVoteCertificate } from './run-certificate.js';

@ObjectType({ description: "What becomes of a method's labels when a tenth of the votes, drawn at random, is left out: means over the draws and the items that keep a vote." })
export class LabelStability {
  @Field(() => ProbabilityScalar, { description: 'Share of items whose consensus changes; of tied classes, as far as they do.' })
  changed: number;

  @Field(() => Float, { description: 'How much probability moves from class to class, 0 to 1: half the sum of what each class gains or loses.' })
  moved: number;

  @Field(() => Int)
  draws: number;
}

@ObjectType({ description: 'How right the soft labels are on items with votes and gold. The method did not see the gold answers.' })
export class UnseenGoldScores {
  @Field(() => Estimated, { description: 'Share of items whose consensus is the gold answer, ties split evenly; interval of a Beta posterior under a uniform prior.' })
  accuracy: Estimated;

  @Field(() => Estimated, { description: "Mean natural-log loss of 0.99 p + 0.01 / K; interval by Student's t." })
  logLoss: Estimated;

  @Field(() => Float, { description: 'Mean over the items of the sum over the classes of (p - [class is the gold answer])^2: from 0 to 2.' })
  brier: number;

  @Field(() => Float, { description: 'Expected calibration error: |mean confidence - accuracy| over 15 bins of confidence, weighted by their items.' })
  ece: number;
}

@ObjectType({ description: 'One method, at its defaults, on the votes of a run.' })
export class AdvisedMethod {
  @Field(() => String)
  method: string;

  @Field(() => Int)
  version: number;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Mean share of items on which another of the methods has the same consensus; null where there is no other.' })
  agreement: number | null;

  @Field(() => LabelStability, { nullable: true, description: 'Null where the votes are too few to leave one out, or there is one class.' })
  stability: LabelStability | null;

  @Field(() => RunEstimate, { description: 'What one run costs, by estimate.' })
  cost: RunEstimate;

  @Field(() => Float, { nullable: true, description: 'What its run took here, on one thread: the one figure that is other each time it is worked out. Null where there is one class.' })
  measuredSeconds: number | null;

  @Field(() => Boolean)
  converged: boolean;

  @Field(() => [String])
  warnings: string[];

  @Field(() => UnseenGoldScores, { nullable: true, description: 'Null where no item has votes and gold.' })
  gold: UnseenGoldScores | null;

  @Field(() => Estimated, { nullable: true, description: 'How much less log loss it has on those items than the method that is taken without gold; null for that one, and without gold.' })
  gain: Estimated | null;
}

@ObjectType({ description: 'How far two methods agree.' })
export class MethodAgreement {
  @Field(() => String)
  first: string;

  @Field(() => String)
  second: string;

  @Field(() => ProbabilityScalar, { description: 'Share of the voted items with the same consensus; of tied classes, those that both have over those that either has.' })
  share: number;
}

@ObjectType({ description: 'A method that is usually compared, and is not here.' })
export class LeftOutMethod {
  @Field(() => String)
  method: string;

  @Field(() => String)
  reason: string;
}

export enum RecommendationBasis {
  GOLD = 'GOLD',
  BENCHMARKS = 'BENCHMARKS',
  ONLY = 'ONLY',
}

registerEnumType(RecommendationBasis, {
  name: 'RecommendationBasis',
  valuesMap: {
    GOLD: { description: 'Gold answers show that it has less log loss than the method that is taken without them.' },
    BENCHMARKS: { description: 'Gold does not tell, or there is none: of the methods it has the least log loss on crowds whose truth is known.' },
    ONLY: { description: 'Nothing else was compared, or there is one class.' },
  },
});

@ObjectType({ description: 'Which method to take for these votes, in words.' })
export class MethodRecommendation {
  @Field(() => String)
  method: string;

  @Field(() => RecommendationBasis)
  basis: RecommendationBasis;

  @Field(() => [String], { description: 'Sentences.' })
  reasons: string[];

  @Field(() => String, { description: 'Whether more votes would move the labels.' })
  moreVotes: string;

  @Field(() => String, { description: 'Whether gold, or more of it, would tell which method to take.' })
  moreGold: string;

  @Field(() => Int, { nullable: true, description: 'Gold answers of items drawn at random, those at hand included, that would show which method is right if one is on three of four of the items on which they differ; null where there are as many, and where gold would not tell.' })
  goldAnswers: number | null;
}

@ObjectType({ description: 'Methods compared on the votes that a run read. None of them sees a gold answer: those of the moment when it was asked for judge them.' })
export class MethodAdvice {
  @Field(() => Int, { description: 'Items with votes.' })
  items: number;

  @Field(() => Int, { description: 'Annotators with votes.' })
  annotators: number;

  @Field(() => Int)
  votes: number;

  @Field(() => Int)
  classes: number;

  @Field(() => Int, { description: 'Items with votes and a gold answer.' })
  goldItems: number;

  @Cost({ list: 10 })
  @Field(() => [AdvisedMethod])
  methods: AdvisedMethod[];

  @Cost({ list: 10 })
  @Field(() => [LeftOutMethod])
  leftOut: LeftOutMethod[];

  @Cost({ list: 40 })
  @Field(() => [MethodAgreement], { description: 'Each pair of methods.' })
  agreement: MethodAgreement[];

  @Field(() => MajorityVoteCertificate, { nullable: true, description: 'Of the votes alone, without gold; null where there is one class.' })
  certificate: MajorityVoteCertificate | null;

  @Field(() => MethodRecommendation)
  recommendation: MethodRecommendation;
}
