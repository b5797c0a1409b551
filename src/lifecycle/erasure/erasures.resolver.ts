import { Args, Field, ID, InputType, Mutation, ObjectType, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../../annotators/annotator.entity.js';
import { AnnotatorsService } from '../../annotators/annotators.service.js';
import { Cost } from '../../platform/graphql/cost.js';
import { PageArgs } from '../../platform/graphql/pagination.js';
import { RequiresScope } from '../../platform/principal.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { actorOf } from '../../projects/audit/actor.js';
import { ProjectAccess } from '../../projects/project-access.js';
import { Project } from '../../projects/project.entity.js';
import { AnnotatorErasure } from './annotator-erasure.entity.js';
import { AnnotatorErasureConnection, AnnotatorErasures } from './erasures.service.js';

@InputType()
export class EraseAnnotatorInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: "The caller's own id of the person." })
  annotator: string;
}

@ObjectType()
export class EraseAnnotatorPayload {
  @Field(() => AnnotatorErasure)
  erasure: AnnotatorErasure;
}

@Resolver(() => AnnotatorErasure)
export class ErasuresResolver {
  constructor(
    private readonly erasures: AnnotatorErasures,
    private readonly annotators: AnnotatorsService,
    private readonly access: ProjectAccess,
  ) {}

  @Mutation(() => EraseAnnotatorPayload, {
    description: "Removes who an annotator is, for good: their id, comments, voteIds and keys, and wherever the project's audit log, answers and runs name them. Their votes stay and count, under a pseudonym.",
  })
  @RequiresScope('project:admin')
  async eraseAnnotator(@Context() context: RequestContext, @Args('input') input: EraseAnnotatorInput) {
    const project = await this.access.find(context.principal!, input.projectId);
    return { erasure: await this.erasures.erase(project, actorOf(context), input.annotator) };
  }

  @ResolveField(() => Annotator, { description: 'As they are called now.' })
  @Cost({ reads: 1 })
  async annotator(@Parent() { projectId, annotatorCode }: AnnotatorErasure) {
    return (await this.annotators.byCodes(projectId, [annotatorCode]))[0]!;
  }
}

@Resolver(() => Project)
export class ProjectErasuresResolver {
  constructor(private readonly erasures: AnnotatorErasures) {}

  @ResolveField(() => AnnotatorErasureConnection, { description: 'Annotators who were erased, the newest first.' })
  annotatorErasures(@Parent() project: Project, @Args() page: PageArgs) {
    return this.erasures.page(project, page);
  }
}
