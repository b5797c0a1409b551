import { ArgsType, Field, Float, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Cost } from '../platform/graphql/cost.js';
import { connectionType } from '../platform/graphql/pagination.js';
import { ProbabilityScalar } from '../platform/graphql/scalars.js';
import { EstimatedShare } from './annotator-reliability.entity.js';

export enum TimelineWindow {
  VOTES = 'VOTES',
  HOUR = 'HOUR',
  DAY = 'DAY',
}

registerEnumType(TimelineWindow, {
  name: 'TimelineWindow',
  valuesMap: {
    VOTES: { description: 'So many consecutive votes.' },
    HOUR: { description: 'The votes of an hour, UTC.' },
    DAY: { description: 'The votes of a day, UTC.' },
  },
});

@ArgsType()
export class TimelineArgs {
  @Field(() => TimelineWindow, { defaultValue: TimelineWindow.VOTES })
  window: TimelineWindow;

  @Field(() => Int, { nullable: true, description: 'Votes a window of VOTES: 10 to 1,000; 50 by default.' })
  votes?: number | null;

  @Field(() => Int, { defaultValue: 50, description: 'At most so many windows, 1 to 1,000, and of 10,000 votes together: an hour or day with more is told in parts.' })
  first: number;

  @Field(() => String, { nullable: true, description: 'Only windows behind this cursor.' })
  after?: string | null;
}

@ObjectType()
export class ClassShare {
  @Field(() => String)
  class: string;

  @Field(() => ProbabilityScalar, { description: 'Share of the votes.' })
  share: number;
}

@ObjectType({ description: "Some consecutive votes of an annotator. The same figures as in `reliability`, of these votes alone." })
export class ReliabilityWindow {
  @Field(() => Date, { description: 'Time of the first vote.' })
  from: Date;

  @Field(() => Date, { description: 'Time of the last vote.' })
  to: Date;

  @Field(() => Int)
  votes: number;

  @Field(() => EstimatedShare, { nullable: true, description: 'Estimated share of these votes that are right. Null without a run, or where the others know nothing of the items.' })
  accuracy: EstimatedShare | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Mean probability of the answers by what all other votes on their items say.' })
  agreement: number | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'The agreement to expect of answers drawn at random.' })
  chance: number | null;

  @Field(() => Float, { nullable: true })
  informedness: number | null;

  @Field(() => Int, { description: 'Votes on items whose answer is known now.' })
  goldVotes: number;

  @Field(() => Int, { description: 'How many of them are right.' })
  goldRight: number;

  @Field(() => Float, { nullable: true, description: 'Median of the times the answers took, where they are known.' })
  medianSeconds: number | null;

  @Cost({ list: 20 })
  @Field(() => [ClassShare], { description: 'The classes voted for, the most used first.' })
  classShares: ClassShare[];
}

export const ReliabilityTimeline = connectionType(ReliabilityWindow, 'ReliabilityTimeline');
