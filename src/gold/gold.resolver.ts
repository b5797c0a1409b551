import { Args, Int, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../annotators/annotator.entity.js';
import { Item } from '../items/item.entity.js';
import { ItemsService } from '../items/items.service.js';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope } from '../platform/principal.js';
import { Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { GoldAccuracies } from './gold-accuracies.service.js';
import { GoldAccuracy } from './gold-accuracy.js';
import { GoldAnswer } from './gold-answer.js';
import { GoldAnswers, GoldConnection } from './gold-answers.service.js';
import { GoldPayload, RemoveGoldInput, SetGoldInput } from './gold.inputs.js';
import { GoldService } from './gold.service.js';

@Resolver()
export class GoldResolver {
  constructor(
    private readonly service: GoldService,
    private readonly access: ProjectAccess,
  ) {}

  @Mutation(() => GoldPayload, { description: 'Tells the right classes of items, in place of what was told before. The history is kept.' })
  @RequiresScope('project:admin')
  async setGold(@Context() context: RequestContext, @Args('input') input: SetGoldInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return this.service.set(project, actorOf(context), input.rows, { idempotencyKey: idempotencyKeyOf(context, input) });
  }

  @Mutation(() => GoldPayload, { description: 'Ends gold answers: UPDATED where the item had one, UNCHANGED where not. The history is kept.' })
  @RequiresScope('project:admin')
  async removeGold(@Context() context: RequestContext, @Args('input') input: RemoveGoldInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return this.service.remove(project, actorOf(context), input.rows, { idempotencyKey: idempotencyKeyOf(context, input) });
  }
}

@Resolver(() => Project)
export class ProjectGoldResolver {
  constructor(private readonly answers: GoldAnswers) {}

  @ResolveField(() => GoldConnection, { description: 'The gold answers that stand, in the order in which their items became known.' })
  gold(@Context() context: RequestContext, @Parent() project: Project, @Args() page: PageArgs) {
    return this.answers.page(context, project.id, page);
  }

  @Cost({ reads: 20 })
  @ResolveField(() => Int, { description: 'Items with a gold answer, at this moment.' })
  goldCount(@Parent() project: Project) {
    return this.answers.count(project.id);
  }
}

@Resolver(() => Item)
export class ItemGoldResolver {
  constructor(private readonly answers: GoldAnswers) {}

  @ResolveField(() => GoldAnswer, { nullable: true, description: 'Null where nobody has told.' })
  gold(@Context() context: RequestContext, @Parent() item: Item) {
    return this.answers.ofItem(context, item.projectId, item.code);
  }
}

@Resolver(() => Annotator)
export class AnnotatorGoldResolver {
  constructor(private readonly accuracies: GoldAccuracies) {}

  @ResolveField(() => GoldAccuracy, { nullable: true, description: 'Null where they voted on no item with a gold answer.' })
  goldAccuracy(@Context() context: RequestContext, @Parent() annotator: Annotator) {
    return this.accuracies.of(context, annotator.projectId, annotator.code);
  }
}

@Resolver(() => GoldAnswer)
export class GoldAnswerResolver {
  constructor(private readonly items: ItemsService) {}

  @ResolveField(() => Item)
  item(@Context() context: RequestContext, @Parent() answer: GoldAnswer) {
    return this.items.ofCode(context, answer.projectId, answer.itemCode);
  }
}
