import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope } from '../platform/principal.js';
import { Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { AnnotatorPrior, PriorCount } from './annotator-prior.js';
import { AnnotatorPriorsPayload, CopyAnnotatorPriorsInput, RemoveAnnotatorPriorsInput, SetAnnotatorPriorsInput } from './priors.inputs.js';
import { AnnotatorPriorConnection, PriorsService } from './priors.service.js';

@Resolver()
export class PriorsResolver {
  constructor(
    private readonly service: PriorsService,
    private readonly access: ProjectAccess,
  ) {}

  @Mutation(() => AnnotatorPriorsPayload, { description: 'Tells what is known of annotators beforehand, in place of what was told before. Read by runs that start from now on, of methods that read prior counts.' })
  @RequiresScope('project:admin')
  async setAnnotatorPriors(@Context() context: RequestContext, @Args('input') input: SetAnnotatorPriorsInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return this.service.set(project, actorOf(context), input.rows, idempotencyKeyOf(context, input));
  }

  @Mutation(() => AnnotatorPriorsPayload, { description: 'Takes over what a run of another project of the workspace found out about annotators of the same external ids.' })
  @RequiresScope('project:admin')
  async copyAnnotatorPriors(@Context() context: RequestContext, @Args('input') input: CopyAnnotatorPriorsInput) {
    const { projectId, fromProjectId, run = null, annotators = null, kind, mostVotes } = input;
    const project = await this.access.findOpen(context.principal!, projectId);
    const from = await this.access.find(context.principal!, fromProjectId);
    return this.service.copy(project, from, actorOf(context), { run, annotators, kind, mostVotes }, idempotencyKeyOf(context, input));
  }

  @Mutation(() => AnnotatorPriorsPayload, { description: 'Ends what is known of annotators beforehand: UPDATED where something was, UNCHANGED where not.' })
  @RequiresScope('project:admin')
  async removeAnnotatorPriors(@Context() context: RequestContext, @Args('input') input: RemoveAnnotatorPriorsInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return this.service.remove(project, actorOf(context), input.annotators, idempotencyKeyOf(context, input));
  }
}

@Resolver(() => Project)
export class ProjectPriorsResolver {
  constructor(private readonly service: PriorsService) {}

  @ResolveField(() => AnnotatorPriorConnection, { description: 'What is known of annotators beforehand, in the order in which annotators became known.' })
  annotatorPriors(@Parent() project: Project, @Args() page: PageArgs) {
    return this.service.page(project.id, page);
  }
}

@Resolver(() => Annotator)
export class AnnotatorPriorsResolver {
  constructor(private readonly service: PriorsService) {}

  @ResolveField(() => AnnotatorPrior, { nullable: true, description: 'Null where nothing is known beforehand.' })
  prior(@Context() context: RequestContext, @Parent() annotator: Annotator) {
    return this.service.of(context, annotator.projectId, annotator.code);
  }
}

@Resolver(() => AnnotatorPrior)
export class AnnotatorPriorResolver {
  constructor(private readonly annotators: AnnotatorsService) {}

  @ResolveField(() => Annotator)
  annotator(@Context() context: RequestContext, @Parent() prior: AnnotatorPrior) {
    return this.annotators.ofCode(context, prior.projectId, prior.annotatorCode);
  }

  @Cost({ reads: 10, list: 100 })
  @ResolveField(() => [PriorCount], { nullable: true, description: 'Where confusion counts were given or taken over, in answers: their sum is `votes`. Null for an accuracy, which says nothing of single classes.' })
  counts(@Parent() prior: AnnotatorPrior) {
    return prior.countsOfClasses();
  }
}
