import { Args, Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Item } from '../../items/item.entity.js';
import { ItemsService } from '../../items/items.service.js';
import { Cost } from '../../platform/graphql/cost.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { Project } from '../../projects/project.entity.js';
import { RelabelOrNew, RelabelOrNewItem } from './relabel-or-new.js';
import { RelabelOrNewService } from './relabel-or-new.service.js';

@Resolver(() => Project)
export class RelabelOrNewResolver {
  constructor(private readonly service: RelabelOrNewService) {}

  @Cost({ reads: 5000 })
  @ResolveField(() => RelabelOrNew, { nullable: true, description: 'For platforms that plan batches: which items are worth another vote and which new ones come first, by the votes and predictions of this moment. Null beside an error only.' })
  relabelOrNew(
    @Parent() project: Project,
    @Args('model', { type: () => [String], nullable: true, description: 'A prediction model, or several as an ensemble, each by its current version; all that are read where left out.' }) model?: string[] | null,
    @Args('count', { type: () => Int, defaultValue: 1, description: 'How many items to name, 1 to 10,000.' }) count = 1,
  ): Promise<RelabelOrNew> {
    return this.service.decide(project, model ?? null, count);
  }
}

@Resolver(() => RelabelOrNewItem)
export class RelabelOrNewItemResolver {
  constructor(private readonly items: ItemsService) {}

  @ResolveField(() => Item)
  item(@Context() context: RequestContext, @Parent() { projectId, itemCode }: RelabelOrNewItem) {
    return this.items.ofCode(context, projectId, itemCode);
  }
}
