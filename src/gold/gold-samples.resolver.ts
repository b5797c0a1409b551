import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Item } from '../items/item.entity.js';
import { ItemsService } from '../items/items.service.js';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../platform/principal.js';
import { Caller, Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { GoldAnswer } from './gold-answer.js';
import { GoldAnswers } from './gold-answers.service.js';
import { GoldSample, GoldSampleItem } from './gold-sample.js';
import { DrawGoldSampleInput, DrawGoldSamplePayload } from './gold-samples.inputs.js';
import { GoldSampleConnection, GoldSampleItemConnection, GoldSamples } from './gold-samples.service.js';

@Resolver(() => GoldSample)
export class GoldSamplesResolver {
  constructor(
    private readonly samples: GoldSamples,
    private readonly access: ProjectAccess,
  ) {}

  @Cost({ reads: 5000 })
  @Mutation(() => DrawGoldSamplePayload, { description: 'Draws items without a gold answer, to be answered by somebody who should know; see setGold.' })
  @RequiresScope('project:admin')
  async drawGoldSample(@Context() context: RequestContext, @Args('input') input: DrawGoldSampleInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return this.samples.draw(project, actorOf(context), input, idempotencyKeyOf(context, input));
  }

  @Query(() => GoldSample, { description: 'A drawn sample: its items, how likely each was to be drawn, and which are answered.' })
  @RequiresScope('results:read')
  goldSample(@Caller() caller: Principal, @Args('id', { type: () => ID }) id: string) {
    return this.samples.find(caller, id);
  }

  @Cost({ reads: 20 })
  @ResolveField(() => Int, { description: 'How many of its items have a gold answer, at this moment.' })
  answered(@Parent() sample: GoldSample) {
    return this.samples.countAnswered(sample);
  }

  @ResolveField(() => GoldSampleItemConnection, { description: 'In the order in which items became known.' })
  items(
    @Parent() sample: GoldSample, @Args() page: PageArgs,
    @Args('answered', { type: () => Boolean, nullable: true, description: 'Only items with a gold answer, or only those without.' }) answered?: boolean | null,
  ) {
    return this.samples.items(sample, page, answered ?? null);
  }
}

@Resolver(() => Project)
export class ProjectGoldSamplesResolver {
  constructor(private readonly samples: GoldSamples) {}

  @ResolveField(() => GoldSampleConnection, { description: 'The newest first.' })
  goldSamples(@Parent() project: Project, @Args() page: PageArgs) {
    return this.samples.page(project.id, page);
  }
}

@Resolver(() => GoldSampleItem)
export class GoldSampleItemResolver {
  constructor(
    private readonly items: ItemsService,
    private readonly answers: GoldAnswers,
  ) {}

  @ResolveField(() => Item)
  item(@Context() context: RequestContext, @Parent() { projectId, itemCode }: GoldSampleItem) {
    return this.items.ofCode(context, projectId, itemCode);
  }

  @ResolveField(() => GoldAnswer, { nullable: true })
  gold(@Context() context: RequestContext, @Parent() { projectId, itemCode }: GoldSampleItem) {
    return this.answers.ofItem(context, projectId, itemCode);
  }
}
