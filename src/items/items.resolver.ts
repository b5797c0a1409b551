import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../platform/principal.js';
import { Caller } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { Item } from './item.entity.js';
import { ItemsInput, ItemsPayload } from './items.inputs.js';
import { ItemConnection, ItemsService } from './items.service.js';

@Resolver(() => Project)
export class ItemsResolver {
  constructor(
    private readonly service: ItemsService,
    private readonly access: ProjectAccess,
  ) {}

  @ResolveField(() => ItemConnection, { description: 'In the order in which items became known.' })
  items(@Parent() project: Project, @Args() page: PageArgs) {
    return this.service.page(project, page);
  }

  @ResolveField(() => Item, { nullable: true, description: "By the caller's own id." })
  item(@Parent() project: Project, @Args('externalId', { type: () => String }) externalId: string) {
    return this.service.findByExternalId(project, externalId);
  }

  @Mutation(() => ItemsPayload, { description: 'Adds items; those that are there already stay as they are.' })
  @RequiresScope('votes:write')
  async addItems(@Caller() caller: Principal, @Args('input') input: ItemsInput) {
    return { results: await this.service.add(await this.access.findOpen(caller, input.projectId), input.items) };
  }

  @Mutation(() => ItemsPayload, { description: 'Replaces the payloads of items that are there.' })
  @RequiresScope('votes:write')
  async updateItems(@Caller() caller: Principal, @Args('input') input: ItemsInput) {
    return { results: await this.service.update(await this.access.findOpen(caller, input.projectId), input.items) };
  }
}
