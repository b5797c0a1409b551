import { Args, Int, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { ItemsService } from '../items/items.service.js';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { invalid } from '../platform/errors.js';
import { RequiresScope } from '../platform/principal.js';
import { Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { ReportRow } from '../reports/report-pages.js';
import { ReportsService } from '../reports/reports.service.js';
import {
  ActiveDay, activityReport, AnnotatorActivity, AnnotatorActivityConnection, AnnotatorActivityOrder, AnnotatorActivityReport, binsOf, ClassGiven, LeadTimeDistribution,
  RequestAnnotatorActivityInput, RequestAnnotatorActivityPayload,
} from './activity-report.js';
import type { ActivityRequest } from './activity.task.js';
import { checkedSelection } from './vote-selection.js';

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;

@Resolver(() => AnnotatorActivityReport)
export class AnnotatorActivityReportResolver {
  constructor(
    private readonly access: ProjectAccess,
    private readonly reports: ReportsService,
    private readonly items: ItemsService,
    private readonly annotators: AnnotatorsService,
  ) {}

  @Mutation(() => RequestAnnotatorActivityPayload, { description: 'Works out in the background what each annotator did: votes, classes, lead times, days; follow it by report.' })
  @RequiresScope('results:read')
  async requestAnnotatorActivity(@Context() context: RequestContext, @Args('input') input: RequestAnnotatorActivityInput): Promise<RequestAnnotatorActivityPayload> {
    const project = await this.access.find(context.principal!, input.projectId);
    const request: ActivityRequest = { classes: project.classes, selection: await checkedSelection(project, input.selection, this.items, this.annotators) };
    return this.reports.request(project, { kind: activityReport, request, watermark: input.watermark }, idempotencyKeyOf(context, input));
  }

  @ResolveField(() => LeadTimeDistribution, { nullable: true, description: 'Null until it succeeded, and where no vote tells how long it took.' })
  leadTime(@Parent() { result }: AnnotatorActivityReport): LeadTimeDistribution | null {
    return result?.leadTime ? { ...result.leadTime, histogram: binsOf(result.leadTime.histogram) } : null;
  }

  @Cost({ reads: 100 })
  @ResolveField(() => AnnotatorActivityConnection, { nullable: true, name: 'annotators', description: 'Annotators with a selected answer of any outcome; null until it succeeded.' })
  page(@Parent() report: AnnotatorActivityReport, @Args() page: PageArgs, @Args('order', { type: () => AnnotatorActivityOrder, defaultValue: AnnotatorActivityOrder.ANNOTATOR }) order: AnnotatorActivityOrder) {
    return this.reports.rows(report, 'annotators', order, page, (row) => activityOf(report, row));
  }
}

function activityOf(report: AnnotatorActivityReport, row: ReportRow): AnnotatorActivity {
  const { annotator, votes, skip, unsure, cannotLabel, firstCell, cellCount, firstDay, dayCount, timed, mean, median, p10, p90, firstVote, lastVote } = row as Record<string, number>;
  return Object.assign(new AnnotatorActivity(), {
    report, annotatorCode: annotator, firstCell, cellCount, firstDay, votes, outcomes: { skip, unsure, cannotLabel }, activeDays: dayCount,
    leadTime: timed! > 0 ? { votes: timed, mean, median, p10, p90 } : null,
    firstVoteAt: votes! > 0 ? new Date(firstVote!) : null, lastVoteAt: votes! > 0 ? new Date(lastVote!) : null,
  });
}

@Resolver(() => AnnotatorActivity)
export class AnnotatorActivityResolver {
  constructor(
    private readonly reports: ReportsService,
    private readonly annotators: AnnotatorsService,
  ) {}

  @ResolveField(() => Annotator)
  annotator(@Context() context: RequestContext, @Parent() { report: { projectId }, annotatorCode }: AnnotatorActivity) {
    return this.annotators.ofCode(context, projectId, annotatorCode);
  }

  @Cost({ reads: 5, list: 20 })
  @ResolveField(() => [ClassGiven], { description: 'Which classes they give, in the order of the project; those that they never gave are left out.' })
  async classes(@Context() context: RequestContext, @Parent() { report, firstCell, cellCount, votes }: AnnotatorActivity): Promise<ClassGiven[]> {
    const cells = await this.reports.stretch(context, report, 'cells', 'ANNOTATOR', firstCell, cellCount);
    return cells.map((cell) => ({ class: report.request.classes[cell.class!]!, votes: cell.votes!, share: cell.votes! / votes, crowdShare: cell.crowd! / report.result!.votes }));
  }

  @Cost({ reads: 5 })
  @ResolveField(() => [ActiveDay], { description: 'Days with a vote and how many, in order of time: the last of them.' })
  async days(@Context() context: RequestContext, @Parent() { report, firstDay, activeDays }: AnnotatorActivity, @Args('last', { type: () => Int, defaultValue: 31, description: `1 to ${MOST_DAYS}.` }) last: number): Promise<ActiveDay[]> {
    if (last < 1 || last > MOST_DAYS) throw invalid(`last is ${last}; it goes from 1 to ${MOST_DAYS}`, 'last');
    const count = Math.min(last, activeDays);
    const rows = await this.reports.stretch(context, report, 'days', 'ANNOTATOR', firstDay + activeDays - count, count);
    return rows.map(({ day, votes }) => ({ day: new Date(day! * DAY_MS).toISOString().slice(0, 10), votes: votes! }));
  }
}
