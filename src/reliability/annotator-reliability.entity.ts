import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { ProbabilityScalar } from '../platform/graphql/scalars.js';

@ObjectType({ description: 'A share as it is estimated, and where it lies with 95% confidence.' })
export class EstimatedShare {
  @Field(() => ProbabilityScalar)
  value: number;

  @Field(() => ProbabilityScalar)
  low: number;

  @Field(() => ProbabilityScalar)
  high: number;
}

/** Rows are written by COPY and read by SQL, so this is the API's type; the table is the migration's. */
@ObjectType({ description: "What was found when the project's annotators were looked at last: after each run, and every few seconds while votes come in. A pause rule reads the same figures. Null is what is not known (yet)." })
export class AnnotatorReliability {
  @Field(() => Date, { description: 'The moment that the figures are of.' })
  evaluatedAt: Date;

  @Field(() => Int, { description: 'Votes for a class that counted then.' })
  votes: number;

  @Field(() => EstimatedShare, {
    nullable: true,
    description: "Estimated share of the annotator's votes that are right: chance, and what informedness adds to it. Unlike `accuracy`, the run's own figure, it does not take an annotator's votes as evidence for themselves, and makes up for what the other votes leave open.",
  })
  accuracy: EstimatedShare | null;

  @Field(() => ProbabilityScalar, {
    nullable: true,
    description: "Mean probability of the annotator's answers by what all other votes on their items say: the current run's class priors and confusion matrices, gold where there is any, without the annotator's own votes. Items that nobody else voted on say their class prior.",
  })
  agreement: number | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'The agreement to expect of answers drawn at random with the same shares of classes, without a look at the items.' })
  chance: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Share of the answers that follow what is true of the items: 1 where agreement is as high as that of someone who never errs, 0 where it is that of chance, below 0 where answers are wrong more often than by chance. The slope of the votes on the probabilities that the others give.',
  })
  informedness: number | null;

  @Field(() => Int, { description: 'Votes on items whose answer is known.' })
  goldVotes: number;

  @Field(() => EstimatedShare, { nullable: true, description: 'Share of those votes that are right, with the central 95% of Beta(1 + right, 1 + wrong).' })
  goldAccuracy: EstimatedShare | null;

  @Field(() => String, { nullable: true, description: 'The class that the annotator votes for most; of equal ones the first.' })
  topClass: string | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Share of the votes that go to it.' })
  topClassShare: number | null;

  @Field(() => Int, { description: 'Votes that came with the time they took.' })
  timedVotes: number;

  @Field(() => Float, { nullable: true, description: 'Median of those times, in seconds.' })
  medianSeconds: number | null;

  @Field(() => Int, { description: 'Votes of the latest window: the newest 50, or all where there are fewer.' })
  recentVotes: number;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Estimated share of those votes that are right.' })
  recentAccuracy: number | null;

  @Field(() => Int, { description: 'Answers without a class: SKIP, UNSURE, CANNOT_LABEL.' })
  skips: number;
}

/** The columns of a share and its interval as JSON; null where it is unknown. */
const share = (column: string) => `case when ${column} is not null then json_build_object('value', ${column}, 'low', ${column}_low, 'high', ${column}_high) end`;

/** SQL over the alias found; $1 is the project. */
export const RELIABILITY_COLUMNS = `found.annotator_code as code, state.evaluated_at as "evaluatedAt", found.votes, ${share('found.accuracy')} as accuracy, agreement, chance, informedness,
  gold_votes as "goldVotes", ${share('found.gold_accuracy')} as "goldAccuracy",
  (select classes[found.top_class + 1] from projects where id = $1) as "topClass", top_class_share as "topClassShare",
  timed_votes as "timedVotes", median_seconds as "medianSeconds", recent_votes as "recentVotes", recent_accuracy as "recentAccuracy", skips`;
