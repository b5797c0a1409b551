import { Args, Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { Item } from '../items/item.entity.js';
import { ItemsService } from '../items/items.service.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { Context, type RequestContext } from '../platform/request-context.js';
import { VoteConnection, VoteHistory } from './vote-history.js';
import { VoteCountsService } from './vote-counts.js';
import { Vote } from './vote.entity.js';

@Resolver(() => Item)
export class ItemVotesResolver {
  constructor(
    private readonly history: VoteHistory,
    private readonly counts: VoteCountsService,
  ) {}

  @ResolveField(() => VoteConnection, { description: "The item's votes in the order of writing." })
  votes(
    @Context() context: RequestContext, @Parent() item: Item, @Args() page: PageArgs,
    @Args('includeEnded', { type: () => Boolean, defaultValue: false, description: 'Also superseded and withdrawn votes.' }) includeEnded: boolean,
  ) {
    return this.history.ofItem(context, item, page, includeEnded);
  }

  @ResolveField(() => Int, { description: 'Standing votes that name a class, at this moment.' })
  voteCount(@Context() context: RequestContext, @Parent() item: Item) {
    return this.counts.of(context, 'item', item.projectId, item.code);
  }
}

@Resolver(() => Annotator)
export class AnnotatorVotesResolver {
  constructor(private readonly counts: VoteCountsService) {}

  @ResolveField(() => Int, { description: 'How many standing votes of theirs name a class, at this moment.' })
  votes(@Context() context: RequestContext, @Parent() annotator: Annotator) {
    return this.counts.of(context, 'annotator', annotator.projectId, annotator.code);
  }
}

@Resolver(() => Vote)
export class VoteFieldsResolver {
  constructor(
    private readonly items: ItemsService,
    private readonly annotators: AnnotatorsService,
  ) {}

  @ResolveField(() => Item)
  item(@Context() context: RequestContext, @Parent() vote: Vote) {
    return this.items.ofCode(context, vote.projectId, vote.itemCode);
  }

  @ResolveField(() => Annotator)
  annotator(@Context() context: RequestContext, @Parent() vote: Vote) {
    return this.annotators.ofCode(context, vote.projectId, vote.annotatorCode);
  }
}
