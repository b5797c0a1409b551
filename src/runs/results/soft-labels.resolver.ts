import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Item } from '../../items/item.entity.js';
import { ItemsService } from '../../items/items.service.js';
import { Cost } from '../../platform/graphql/cost.js';
import { globalId } from '../../platform/graphql/global-id.js';
import { PageArgs, type ConnectionOf } from '../../platform/graphql/pagination.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { Project } from '../../projects/project.entity.js';
import { Classes } from '../classes.js';
import { NamedRun, RunArgument } from '../named-run.js';
import { Run } from '../run.entity.js';
import { RunReader } from '../run-reader.js';
import { SoftLabel, SoftLabelFilter, SoftLabelOrder, SortDirection } from './soft-label.entity.js';
import { runOfCursor, SoftLabelConnection, SoftLabelsService } from './soft-labels.service.js';

@Resolver(() => Project)
export class ProjectSoftLabelsResolver {
  constructor(
    private readonly service: SoftLabelsService,
    private readonly namedRun: NamedRun,
    private readonly runs: RunReader,
  ) {}

  @Cost({ reads: 100 })
  @ResolveField(() => SoftLabelConnection, { description: 'The soft labels of one run: of the items that had votes, or a gold answer that the method reads. Pages behind a cursor stay with its run. Empty while no run is current.' })
  async softLabels(
    @Context() context: RequestContext, @Parent() project: Project, @Args() page: PageArgs, @RunArgument() run?: string,
    @Args('filter', { nullable: true }) filter?: SoftLabelFilter,
    @Args('orderBy', { nullable: true }) orderBy?: SoftLabelOrder,
  ): Promise<ConnectionOf<SoftLabel>> {
    const order = orderBy ?? { field: 'ITEM', direction: SortDirection.ASC };
    // A cursor's run is looked up as a named one: its results may have been dropped since.
    const behind = runOfCursor(page);
    const named = run ?? (behind != null && behind !== project.currentRunId ? globalId('Run', project.id, behind) : null);
    const found = named == null ? null : await this.namedRun.find(context, project.id, named);
    const ofRun = found ?? (project.currentRunId == null ? null : await this.runs.load(context, project.id, project.currentRunId));
    const labels = await this.service.page(project, ofRun, filter ?? {}, order, page);
    context.budget?.spendNumbers(labels.nodes.length * project.classes.length);
    return labels;
  }

  @ResolveField(() => SoftLabelConnection, { description: 'The labels of items whose votes or gold answers changed after the current run read them, as they are now.' })
  async liveSoftLabels(@Context() context: RequestContext, @Parent() project: Project, @Args() page: PageArgs): Promise<ConnectionOf<SoftLabel>> {
    const labels = await this.service.livePage(project, page);
    context.budget?.spendNumbers(labels.nodes.length * project.classes.length);
    return labels;
  }
}

@Resolver(() => Item)
export class ItemSoftLabelResolver {
  constructor(
    private readonly service: SoftLabelsService,
    private readonly namedRun: NamedRun,
  ) {}

  @ResolveField(() => SoftLabel, { nullable: true, description: 'Null where the run read neither a vote nor a gold answer on the item.' })
  async softLabel(@Context() context: RequestContext, @Parent() item: Item, @RunArgument() run?: string) {
    const runId = await this.namedRun.number(context, item.projectId, run);
    return this.service.load(context, item.projectId, runId, item.code);
  }
}

@Resolver(() => SoftLabel)
export class SoftLabelResolver {
  constructor(
    private readonly items: ItemsService,
    private readonly runs: RunReader,
    private readonly classNames: Classes,
  ) {}

  @ResolveField(() => Item)
  item(@Context() context: RequestContext, @Parent() label: SoftLabel) {
    return this.items.ofCode(context, label.projectId, label.itemCode);
  }

  @ResolveField(() => Run)
  run(@Context() context: RequestContext, @Parent() label: SoftLabel) {
    return this.runs.load(context, label.projectId, label.runId);
  }

  @ResolveField(() => [String], { description: "The project's classes, in the order of the probabilities." })
  classes(@Context() context: RequestContext, @Parent() label: SoftLabel) {
    return this.classNames.of(context, label.projectId);
  }

  @ResolveField(() => String, { description: 'The class of the largest probability; of tied ones the first.' })
  async consensus(@Context() context: RequestContext, @Parent() label: SoftLabel): Promise<string> {
    return (await this.classNames.of(context, label.projectId))[label.consensusIndex]!;
  }
}
