import { Args, Field, ID, InputType, Int, ObjectType, Parent, Query, ResolveField, Resolver, registerEnumType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { Item } from '../../items/item.entity.js';
import { ItemConnection } from '../../items/items.service.js';
import { Cost } from '../../platform/graphql/cost.js';
import { PageArgs } from '../../platform/graphql/pagination.js';
import { RequiresScope, type Principal } from '../../platform/principal.js';
import { Caller, Context, type RequestContext } from '../../platform/request-context.js';
import { ProjectAccess } from '../../projects/project-access.js';
import { Project } from '../../projects/project.entity.js';
import { ProjectRulesInput } from '../../projects/projects.inputs.js';
import { ItemState } from '../../rules/item-state.js';
import { ItemStates } from './item-states.service.js';
import { Progress, ProjectProgress } from './progress.js';

registerEnumType(ItemState, {
  name: 'ItemState',
  valuesMap: {
    OPEN: { description: 'Takes more votes.' },
    DONE: { description: 'Sure enough by the rules, or at maxVotes where they ask for no certainty.' },
    CONTESTED: { description: 'At maxVotes, and not sure enough: for an expert.' },
    ADJUDICATED: { description: 'Its answer is known (setGold).' },
  },
});

@InputType()
export class RulesDryRunInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => ProjectRulesInput, { description: 'As updateProject would take them.' })
  @ValidateNested() @Type(() => ProjectRulesInput)
  rules: ProjectRulesInput;
}

@ObjectType()
export class StateMove {
  @Field(() => ItemState)
  from: ItemState;

  @Field(() => ItemState)
  to: ItemState;

  @Field(() => Int)
  items: number;
}

@ObjectType()
export class RulesDryRun {
  @Field(() => Int, { description: 'How many items would change their state.' })
  changed: number;

  @Cost({ list: 12 })
  @Field(() => [StateMove], { description: 'Those items, by their state now and then.' })
  moves: StateMove[];

  @Field(() => Int, { description: 'Items flagged now.' })
  flaggedNow: number;

  @Field(() => Int, { description: 'Items that would be flagged.' })
  flaggedThen: number;
}

@Resolver(() => Item)
export class ItemStateResolver {
  constructor(private readonly states: ItemStates) {}

  @ResolveField(() => ItemState, { description: 'By the rules and the votes of a moment ago.' })
  async state(@Context() context: RequestContext, @Parent() item: Item) {
    return (await this.states.of(context, item)).state;
  }

  @ResolveField(() => Boolean, { description: 'Whether the flagRule holds for it.' })
  async flagged(@Context() context: RequestContext, @Parent() item: Item) {
    return (await this.states.of(context, item)).flagged;
  }

  @ResolveField(() => Int, { description: 'How many annotators hold it.' })
  async leases(@Context() context: RequestContext, @Parent() item: Item) {
    return (await this.states.of(context, item)).leases;
  }
}

@Resolver(() => Project)
export class ProjectStatesResolver {
  constructor(
    private readonly states: ItemStates,
    private readonly access: ProjectAccess,
    private readonly projectProgress: Progress,
  ) {}

  @Cost({ reads: 400 })
  @ResolveField(() => ProjectProgress)
  progress(@Parent() project: Project) {
    return this.projectProgress.of(project);
  }

  @Cost({ reads: 500 })
  @ResolveField(() => ItemConnection, { description: 'Items in a state, flagged or not, in the order in which they became known.' })
  itemsByState(
    @Parent() project: Project, @Args() page: PageArgs,
    @Args('state', { type: () => ItemState, nullable: true }) state?: ItemState | null,
    @Args('flagged', { type: () => Boolean, nullable: true }) flagged?: boolean | null,
  ) {
    return this.states.page(project, page, state ?? null, flagged ?? null);
  }

  @Cost({ reads: 10_000 })
  @Query(() => RulesDryRun, { description: 'What other rules would make of the items; changes nothing.' })
  @RequiresScope('project:admin')
  async rulesDryRun(@Caller() caller: Principal, @Args('input') input: RulesDryRunInput) {
    return this.states.dryRun(await this.access.find(caller, input.projectId), input.rules);
  }
}
