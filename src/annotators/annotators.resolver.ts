import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../platform/principal.js';
import { Caller, Context, type RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { AnnotatorStatuses } from './annotator-statuses.service.js';
import { Annotator, AnnotatorStatus } from './annotator.entity.js';
import { AnnotatorsInput, AnnotatorsPayload, AnnotatorStatusInput } from './annotators.inputs.js';
import { AnnotatorConnection, AnnotatorsService } from './annotators.service.js';

@Resolver(() => Project)
export class AnnotatorsResolver {
  constructor(
    private readonly service: AnnotatorsService,
    private readonly statuses: AnnotatorStatuses,
    private readonly access: ProjectAccess,
  ) {}

  @ResolveField(() => AnnotatorConnection, { description: 'In the order in which annotators became known.' })
  annotators(
    @Parent() project: Project,
    @Args() page: PageArgs,
    @Args('status', { type: () => AnnotatorStatus, nullable: true, description: 'Only those who have it.' }) status?: AnnotatorStatus | null,
  ) {
    return this.service.page(project, page, status ?? null);
  }

  @ResolveField(() => Annotator, { nullable: true, description: "By the caller's own id." })
  annotator(@Parent() project: Project, @Args('externalId', { type: () => String }) externalId: string) {
    return this.service.findByExternalId(project, externalId);
  }

  @Mutation(() => AnnotatorsPayload, { description: 'Makes annotators, or changes their kind, cost and capacity. What is left out of a row keeps its value.' })
  @RequiresScope('votes:write')
  async upsertAnnotators(@Caller() caller: Principal, @Args('input') input: AnnotatorsInput) {
    return { results: await this.service.upsert(await this.access.findOpen(caller, input.projectId), input.annotators) };
  }

  @Mutation(() => AnnotatorsPayload, { description: 'For now they are given no items. Their votes are taken as before.' })
  @RequiresScope('project:admin')
  pauseAnnotators(@Context() context: RequestContext, @Args('input') input: AnnotatorStatusInput) {
    return this.setStatus(context, AnnotatorStatus.PAUSED, input);
  }

  @Mutation(() => AnnotatorsPayload, { description: 'They are given no items any more. Their votes are taken as before, and count.' })
  @RequiresScope('project:admin')
  blockAnnotators(@Context() context: RequestContext, @Args('input') input: AnnotatorStatusInput) {
    return this.setStatus(context, AnnotatorStatus.BLOCKED, input);
  }

  @Mutation(() => AnnotatorsPayload, { description: 'Items are given to them again.' })
  @RequiresScope('project:admin')
  activateAnnotators(@Context() context: RequestContext, @Args('input') input: AnnotatorStatusInput) {
    return this.setStatus(context, AnnotatorStatus.ACTIVE, input);
  }

  private async setStatus(context: RequestContext, status: AnnotatorStatus, input: AnnotatorStatusInput): Promise<AnnotatorsPayload> {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return { results: await this.statuses.set(project, actorOf(context), status, input.annotators, input.reason ?? null) };
  }
}
