import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorConnection } from '../annotators/annotators.service.js';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope } from '../platform/principal.js';
import { Context, type RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { AnnotatorFlag, AnnotatorFlagKind, DismissFlagInput, DismissFlagPayload } from './annotator-flag.entity.js';
import { AnnotatorReliability } from './annotator-reliability.entity.js';
import type { FlagKind } from './flags.js';
import { ReliabilityService } from './reliability.service.js';
import { ReliabilityTimeline, TimelineArgs } from './reliability-timeline.entity.js';
import { TimelineService } from './timeline.service.js';

@Resolver(() => Annotator)
export class AnnotatorReliabilityResolver {
  constructor(
    private readonly service: ReliabilityService,
    private readonly timelines: TimelineService,
  ) {}

  @ResolveField(() => AnnotatorReliability, { nullable: true, description: 'Null before the first look, and without votes.' })
  reliability(@Context() context: RequestContext, @Parent() annotator: Annotator) {
    return this.service.figures(context, annotator);
  }

  @Cost({ list: 5 })
  @ResolveField(() => [AnnotatorFlag], { description: 'What the figures say against the annotator, oldest first.' })
  flags(
    @Context() context: RequestContext, @Parent() annotator: Annotator,
    @Args('history', { type: () => Boolean, defaultValue: false, description: 'Also flags that ended or were dismissed.' }) history: boolean,
  ) {
    return this.service.flags(context, annotator, history);
  }

  @Cost({ reads: 2000 })
  @ResolveField(() => ReliabilityTimeline, {
    description: "The annotator's quality over time, oldest first, by the current run: standing votes in the order of their time (when given, or else received), in windows. Costs a read of the project's vote log.",
  })
  reliabilityTimeline(@Parent() annotator: Annotator, @Args() args: TimelineArgs) {
    return this.timelines.of(annotator, args);
  }
}

@Resolver(() => Project)
export class ProjectReliabilityResolver {
  constructor(
    private readonly service: ReliabilityService,
    private readonly access: ProjectAccess,
  ) {}

  @Cost({ reads: 100 })
  @ResolveField(() => AnnotatorConnection, { description: 'Annotators with a flag that nobody dismissed, in the order in which they became known.' })
  flaggedAnnotators(
    @Parent() project: Project,
    @Args() page: PageArgs,
    @Args('kind', { type: () => AnnotatorFlagKind, nullable: true, description: 'Only those with such a flag.' }) kind?: FlagKind | null,
  ) {
    return this.service.flagged(project, page, kind ?? null);
  }

  @Mutation(() => DismissFlagPayload, { description: 'Hides a flag that somebody has looked into, until it has ended and is raised anew.' })
  @RequiresScope('project:admin')
  async dismissFlag(@Context() context: RequestContext, @Args('input') input: DismissFlagInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return { flag: await this.service.dismiss(project, actorOf(context), input.annotator, input.kind, input.reason ?? null) };
  }
}
