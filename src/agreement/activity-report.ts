import { Field, Float, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Cost } from '../platform/graphql/cost.js';
import { Node } from '../platform/graphql/node.js';
import { connectionType } from '../platform/graphql/pagination.js';
import { ProbabilityScalar } from '../platform/graphql/scalars.js';
import { defineReport } from '../reports/report-kind.js';
import { Report } from '../reports/report.entity.js';
import { requestedType } from '../reports/report.inputs.js';
import type { ActivityRequest, ActivityResult } from './activity.task.js';
import { EDGES } from './lead-times.js';
import { SelectedVotesInput } from './vote-selection.js';

export enum AnnotatorActivityOrder {
  ANNOTATOR = 'ANNOTATOR',
  VOTES = 'VOTES',
  LEAD_TIME = 'LEAD_TIME',
  LAST_VOTE = 'LAST_VOTE',
}

registerEnumType(AnnotatorActivityOrder, {
  name: 'AnnotatorActivityOrder',
  valuesMap: {
    ANNOTATOR: { description: 'In the order in which annotators came to the project.' },
    VOTES: { description: 'The most first.' },
    LEAD_TIME: { description: 'By the median, the shortest first; those without lead times last.' },
    LAST_VOTE: { description: 'The latest first; those without a vote last.' },
  },
});

@InputType()
export class RequestAnnotatorActivityInput extends SelectedVotesInput {}

@ObjectType({ description: 'Answers that name no class.' })
export class OtherOutcomes {
  @Field(() => Int)
  skip: number;

  @Field(() => Int)
  unsure: number;

  @Field(() => Int)
  cannotLabel: number;
}

@ObjectType({ description: 'How long votes took, in milliseconds, of those that tell it (durationMs). Quantiles lie on the line between the two nearest votes (type 7).' })
export class LeadTime {
  @Field(() => Int, { description: 'Votes that tell it.' })
  votes: number;

  @Field(() => Float)
  mean: number;

  @Field(() => Float)
  median: number;

  @Field(() => Float, { description: 'A tenth of the votes took less.' })
  p10: number;

  @Field(() => Float, { description: 'A tenth of the votes took longer.' })
  p90: number;
}

@ObjectType()
export class LeadTimeBin {
  @Field(() => Float, { description: 'Milliseconds.' })
  from: number;

  @Field(() => Float, { description: 'Milliseconds; no longer in the bin.' })
  to: number;

  @Field(() => Int)
  votes: number;
}

@ObjectType()
export class LeadTimeDistribution extends LeadTime {
  @Cost({ list: EDGES.length })
  @Field(() => [LeadTimeBin], {
    description: 'From the first bin with a vote to the last. Edges are the same in each report: 0, and from 100 ms on ten to each power of ten (100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, ...).',
  })
  histogram: LeadTimeBin[];
}

@ObjectType()
export class ClassGiven {
  @Field(() => String)
  class: string;

  @Field(() => Int, { description: 'Their votes for the class.' })
  votes: number;

  @Field(() => ProbabilityScalar, { description: 'Of their votes.' })
  share: number;

  @Field(() => ProbabilityScalar, { description: "The class's share of all selected votes, theirs among them." })
  crowdShare: number;
}

@ObjectType()
export class ActiveDay {
  @Field(() => String, { description: 'UTC, as 2026-01-31.' })
  day: string;

  @Field(() => Int)
  votes: number;
}

@ObjectType({ description: "An annotator's selected answers. All but outcomes is of votes for a class." })
export class AnnotatorActivity {
  report: AnnotatorActivityReport;
  annotatorCode: number;
  firstCell: number;
  cellCount: number;
  firstDay: number;

  @Field(() => Int, { description: 'For a class.' })
  votes: number;

  @Field(() => OtherOutcomes)
  outcomes: OtherOutcomes;

  @Field(() => LeadTime, { nullable: true, description: 'Null where no vote tells it.' })
  leadTime: LeadTime | null;

  @Field(() => Date, { nullable: true, description: 'When it was given, or else received; null without votes.' })
  firstVoteAt: Date | null;

  @Field(() => Date, { nullable: true })
  lastVoteAt: Date | null;

  @Field(() => Int, { description: 'Days (UTC) with a vote.' })
  activeDays: number;
}

export const AnnotatorActivityConnection = connectionType(AnnotatorActivity);

@ObjectType({ implements: () => [Node, Report], description: 'What each annotator did: how many votes, for which classes, how fast and when.' })
export class AnnotatorActivityReport extends Report {
  declare request: ActivityRequest;
  declare result: ActivityResult | null;

  @Field(() => Int, { nullable: true, description: 'Selected votes for a class; null until it succeeded.' })
  get votes(): number | null {
    return this.result?.votes ?? null;
  }

  @Field(() => OtherOutcomes, { nullable: true, description: 'Selected answers beside them; null until it succeeded.' })
  get outcomes(): OtherOutcomes | null {
    if (!this.result) return null;
    const [skip, unsure, cannotLabel] = this.result.others;
    return { skip: skip!, unsure: unsure!, cannotLabel: cannotLabel! };
  }

  @Field(() => Int, { nullable: true, description: 'Votes that do not tell how long they took; null until it succeeded.' })
  get withoutLeadTime(): number | null {
    return this.result?.withoutLeadTime ?? null;
  }
}

/** The bins between the first and the last with a vote. */
export function binsOf(counts: readonly number[]): LeadTimeBin[] {
  const bins = counts.map((votes, i) => ({ from: EDGES[i]!, to: EDGES[i + 1]!, votes }));
  return bins.slice(counts.findIndex((votes) => votes > 0), counts.findLastIndex((votes) => votes > 0) + 1);
}

export const activityReport = defineReport<ActivityRequest, AnnotatorActivityReport>({
  name: 'annotator-activity', version: 1, type: AnnotatorActivityReport, module: new URL('./activity.task.js', import.meta.url),
});

@ObjectType()
export class RequestAnnotatorActivityPayload extends requestedType(AnnotatorActivityReport) {}
