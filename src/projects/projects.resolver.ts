import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { classWarnings } from '../aggregation/index.js';
import { AssayError } from '../platform/errors.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../platform/principal.js';
import { Caller, Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { actorOf } from './audit/actor.js';
import { ProjectAccess } from './project-access.js';
import { Project } from './project.entity.js';
import { ArchiveProjectInput, CreateProjectInput, CreateProjectPayload, ProjectPayload, UpdateProjectInput } from './projects.inputs.js';
import { ProjectConnection, ProjectsService } from './projects.service.js';

@Resolver(() => Project)
export class ProjectsResolver {
  constructor(
    private readonly service: ProjectsService,
    private readonly access: ProjectAccess,
  ) {}

  @Query(() => Project)
  @RequiresScope('results:read')
  project(@Caller() caller: Principal, @Args('id', { type: () => ID }) id: string) {
    return this.access.find(caller, id);
  }

  @Query(() => ProjectConnection, { description: 'The projects this key may see, oldest first.' })
  @RequiresScope('results:read')
  projects(@Caller() caller: Principal, @Args() page: PageArgs) {
    return this.service.page(caller, page);
  }

  @Mutation(() => CreateProjectPayload)
  @RequiresScope('workspace:admin')
  async createProject(@Context() context: RequestContext, @Args('input') input: CreateProjectInput): Promise<CreateProjectPayload> {
    if (context.principal!.projectId != null) throw new AssayError('FORBIDDEN', 'this key is restricted to one project');
    const created = await this.service.create(actorOf(context), input, idempotencyKeyOf(context, input));
    return { ...created, warnings: classWarnings(created.project.classes) };
  }

  @Mutation(() => ProjectPayload)
  @RequiresScope('project:admin')
  async updateProject(@Context() context: RequestContext, @Args('input') input: UpdateProjectInput) {
    return { project: await this.service.update(context.principal!, actorOf(context), input) };
  }

  @Mutation(() => ProjectPayload, { description: 'An archived project is read as before and takes no writes.' })
  @RequiresScope('project:admin')
  async archiveProject(@Context() context: RequestContext, @Args('input') input: ArchiveProjectInput) {
    return { project: await this.service.archive(context.principal!, actorOf(context), input.id, input.archived) };
  }
}
