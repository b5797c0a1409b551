import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { PageArgs } from '../../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../../platform/principal.js';
import { Caller, Context, idempotencyKeyOf, type RequestContext } from '../../platform/request-context.js';
import { actorOf } from '../../projects/audit/actor.js';
import { ProjectPayload } from '../../projects/projects.inputs.js';
import { DeletedProjectInput, DeleteProjectInput, DeleteProjectPayload, ProjectDeletionPayload, PurgeProjectInput } from './deletion.inputs.js';
import { ProjectDeletionConnection, ProjectDeletions } from './deletions.service.js';

@Resolver()
export class DeletionsResolver {
  constructor(private readonly deletions: ProjectDeletions) {}

  @Query(() => ProjectDeletionConnection, { description: 'Projects that were deleted, the newest first: those that can be restored, and of those purged how much was removed.' })
  @RequiresScope('workspace:admin')
  deletedProjects(@Caller() caller: Principal, @Args() page: PageArgs) {
    return this.deletions.page(caller.workspaceId, page);
  }

  @Mutation(() => DeleteProjectPayload, { description: 'From now on the project is as absent. It can be restored for some days (DELETED_PROJECT_DAYS); then all that is stored of it is removed.' })
  @RequiresScope('workspace:admin')
  deleteProject(@Context() context: RequestContext, @Args('input') input: DeleteProjectInput) {
    return this.deletions.delete(actorOf(context), input.id, input.confirm, idempotencyKeyOf(context, input));
  }

  @Mutation(() => ProjectPayload, { description: 'Takes a deleted project back as it was, but for its runs that were under way, which stay cancelled, and leases, which have ended.' })
  @RequiresScope('workspace:admin')
  async restoreProject(@Context() context: RequestContext, @Args('input') input: DeletedProjectInput) {
    return { project: await this.deletions.restore(actorOf(context), input.id) };
  }

  @Mutation(() => ProjectDeletionPayload, { description: 'Removes all that is stored of a deleted project, without waiting for the end of the days in which it can be restored.' })
  @RequiresScope('workspace:admin')
  async purgeProject(@Context() context: RequestContext, @Args('input') input: PurgeProjectInput) {
    return { deletion: await this.deletions.purge(actorOf(context), input.id, input.confirm) };
  }
}
