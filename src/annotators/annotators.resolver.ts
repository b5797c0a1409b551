import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { PageArgs } from '../platform/pagination.js';
import { RequiresScope, type Principal } from '../platform/principal.js';
import { Caller } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { Annotator } from './annotator.entity.js';
import { AnnotatorsInput, AnnotatorsPayload } from './annotators.inputs.js';
import { AnnotatorConnection, AnnotatorsService } from './annotators.service.js';

@Resolver(() => Project)
export class AnnotatorsResolver {
  constructor(
    private readonly service: AnnotatorsService,
    private readonly access: ProjectAccess,
  ) {}

  @ResolveField(() => AnnotatorConnection, { description: 'In the order in which annotators became known.' })
  annotators(@Parent() project: Project, @Args() page: PageArgs) {
    return this.service.page(project, page);
  }

  @ResolveField(() => Annotator, { nullable: true, description: "By the caller's own id." })
  annotator(@Parent() project: Project, @Args('externalId', { type: () => String }) externalId: string) {
    return this.service.findByExternalId(project, externalId);
  }

  @Mutation(() => AnnotatorsPayload, { description: 'Makes annotators, or changes their kind.' })
  @RequiresScope('votes:write')
  async upsertAnnotators(@Caller() caller: Principal, @Args('input') input: AnnotatorsInput) {
    return { results: await this.service.upsert(await this.access.findOpen(caller, input.projectId), input.annotators) };
  }
}
