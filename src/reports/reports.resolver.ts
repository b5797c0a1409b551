import { Args, Field, ID, InputType, Mutation, ObjectType, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { connectionType, PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../platform/principal.js';
import { Caller, Context, type RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { Project } from '../projects/project.entity.js';
import { Report } from './report.entity.js';
import { ReportsService } from './reports.service.js';

const ReportConnection = connectionType(Report as unknown as new () => Report, 'Report');

@InputType()
export class CancelReportInput {
  @Field(() => ID)
  id: string;
}

@ObjectType()
export class ReportPayload {
  @Field(() => Report)
  report: Report;
}

@Resolver()
export class ReportsResolver {
  constructor(private readonly service: ReportsService) {}

  @Query(() => Report, { description: 'Ask again until it has ended; then its result is there.' })
  @RequiresScope('results:read')
  report(@Caller() caller: Principal, @Args('id', { type: () => ID }) id: string): Promise<Report> {
    return this.service.find(caller, id);
  }

  @Mutation(() => ReportPayload, { description: 'A report that waits or is under way ends without a result.' })
  @RequiresScope('project:admin')
  async cancelReport(@Context() context: RequestContext, @Args('input') input: CancelReportInput): Promise<ReportPayload> {
    return { report: await this.service.cancel(context.principal!, actorOf(context), input.id) };
  }
}

@Resolver(() => Project)
export class ProjectReportsResolver {
  constructor(private readonly service: ReportsService) {}

  @ResolveField(() => ReportConnection, { description: 'Those that are kept, the newest first.' })
  reports(@Parent() project: Project, @Args() page: PageArgs) {
    return this.service.page(project, page);
  }
}
