import { Args, Float, Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { findingsOf } from '../../aggregation/index.js';
import { Annotator } from '../../annotators/annotator.entity.js';
import { Item } from '../../items/item.entity.js';
import { ItemsService } from '../../items/items.service.js';
import { limitExceeded } from '../../platform/errors.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { PredictionModels } from '../../predictions/prediction-models.service.js';
import { Project } from '../../projects/project.entity.js';
import { Classes } from '../classes.js';
import { NamedRun, RunArgument } from '../named-run.js';
import { Run } from '../run.entity.js';
import { RunReader } from '../run-reader.js';
import { ConfusablePair, Finding, TopTwo } from './finding.entity.js';
import { FindingsService, listed, toFinding, type FoundNumbers } from './findings.service.js';
import { SoftLabel } from './soft-label.entity.js';

/** Pairs that a call may have. */
const MOST_PAIRS = 1000;

/** What methods find about items, beside their soft labels. Always of the label's run: votes that came later move none of it. */
@Resolver(() => SoftLabel)
export class SoftLabelFindingsResolver {
  constructor(
    private readonly service: FindingsService,
    private readonly runs: RunReader,
    private readonly classNames: Classes,
  ) {}

  @ResolveField(() => TopTwo, { nullable: true, description: 'The two answers that the item is between. Null where the run is of another method than top-two, and for an item without votes in it.' })
  async topTwo(@Context() context: RequestContext, @Parent() label: SoftLabel): Promise<TopTwo | null> {
    const found = await this.of(context, label);
    if (!found?.has('first')) return null;
    const classes = await this.classNames.of(context, label.projectId);
    const number = (name: string) => found.get(name) ?? null;
    const confusion = number('confusionProbability');
    return {
      projectId: label.projectId, runId: label.runId,
      first: classes[number('first') ?? -1] ?? null, second: classes[number('second') ?? -1] ?? null,
      firstProbability: probability(number('firstProbability')), pairProbability: probability(number('pairProbability')), pairGap: number('pairGap'),
      confusionProbability: confusion == null ? null : { value: confusion, low: number('confusionLow'), high: number('confusionHigh') },
      tied: number('tied') === 1, disagreesWithMajority: number('disagreesWithMajority') === 1, live: false,
    };
  }

  @ResolveField(() => Float, { nullable: true, description: "GLAD's difficulty of the item: at 0 everybody with any ability is right, far above 1 all guess. Null for other methods, and on a live label: `findings` has what its run found." })
  async difficulty(@Context() context: RequestContext, @Parent() label: SoftLabel): Promise<number | null> {
    return label.live ? null : (await this.of(context, label))?.get('difficulty') ?? null;
  }

  @ResolveField(() => Float, { nullable: true, description: 'How far apart the methods are whose mean this is: mean Jensen-Shannon divergence of all pairs of them, in nats, 0 to ln 2. Null for other methods than soft-label-mean, and on a live label: `findings` has what its run found.' })
  async disagreement(@Context() context: RequestContext, @Parent() label: SoftLabel): Promise<number | null> {
    return label.live ? null : (await this.of(context, label))?.get('disagreement') ?? null;
  }

  @Cost({ list: 10 })
  @ResolveField(() => [Finding], { description: 'All that `run` found about the item beyond its soft label, whatever its method; empty where that is nothing. Later votes move none of it, also where the label itself is live.' })
  async findings(@Context() context: RequestContext, @Parent() label: SoftLabel): Promise<Finding[]> {
    const found = await this.of(context, label);
    if (!found) return [];
    const run = (await this.runs.load(context, label.projectId, label.runId))!;
    return listed(found, run, 'item', await this.classNames.of(context, label.projectId));
  }

  private of(context: RequestContext, { projectId, runId, itemCode }: SoftLabel): Promise<FoundNumbers | null> {
    return this.service.ofItem(context, projectId, runId, itemCode);
  }
}

@Resolver(() => Finding)
export class FindingResolver {
  constructor(private readonly runs: RunReader) {}

  @ResolveField(() => Run)
  run(@Context() context: RequestContext, @Parent() { projectId, runId }: Finding) {
    return this.runs.load(context, projectId, runId);
  }
}

@Resolver(() => TopTwo)
export class TopTwoResolver {
  constructor(private readonly runs: RunReader) {}

  @ResolveField(() => Run)
  run(@Context() context: RequestContext, @Parent() { projectId, runId }: TopTwo) {
    return this.runs.load(context, projectId, runId);
  }
}

@Resolver(() => Annotator)
export class AnnotatorFindingsResolver {
  constructor(
    private readonly service: FindingsService,
    private readonly runs: RunReader,
    private readonly namedRun: NamedRun,
    private readonly classNames: Classes,
  ) {}

  @Cost({ list: 10 })
  @ResolveField(() => [Finding], { description: 'What the run found about the annotator beyond quality and confusion matrix; empty where that is nothing.' })
  async findings(@Context() context: RequestContext, @Parent() { projectId, code }: Annotator, @RunArgument() named?: string): Promise<Finding[]> {
    const run = named == null ? await this.runs.current(context, projectId) : await this.namedRun.find(context, projectId, named);
    const found = run && await this.service.ofAnnotator(context, projectId, run.id, code);
    return found ? listed(found, run, 'annotator', await this.classNames.of(context, projectId)) : [];
  }
}

@Resolver(() => Run)
export class RunFindingsResolver {
  constructor(
    private readonly classNames: Classes,
    private readonly models: PredictionModels,
  ) {}

  @Cost({ list: 20 })
  @ResolveField(() => [Finding], { description: 'What the run found about itself, about each class and about each model whose predictions it read; empty where that is nothing, and until it succeeded.' })
  async findings(@Context() context: RequestContext, @Parent() run: Run): Promise<Finding[]> {
    const found = run.findings;
    if (!found) return [];
    const classes = await this.classNames.of(context, run.projectId);
    const models = run.predictionVersions ? await this.models.load(context, run.projectId, run.predictionVersions) : [];
    const about = { run: [null], class: classes, model: models.map(({ model }) => model) };
    return (['run', 'class', 'model'] as const).flatMap((per) => findingsOf(run.methodId, per).flatMap((spec) =>
      (found[per][spec.name] ?? []).map((value, i) => toFinding(run, spec, value, classes, about[per][i] ?? null))));
  }
}

@Resolver(() => Project)
export class ConfusablePairsResolver {
  constructor(
    private readonly service: FindingsService,
    private readonly runs: RunReader,
    private readonly namedRun: NamedRun,
  ) {}

  @Cost({ reads: 100 })
  @ResolveField(() => [ConfusablePair], {
    nullable: true,
    description: "The classes that the crowd takes for each other, by the items' own two answers; those first that cost most (items times mean confusion), at most 1,000. Null where the run does not find items' two answers (method top-two does), and without a run.",
  })
  async confusablePairs(
    @Context() context: RequestContext, @Parent() project: Project, @RunArgument() named?: string,
    @Args('first', { type: () => Int, defaultValue: 20, description: 'How many, 1 to 1,000.' }) first = 20,
  ): Promise<ConfusablePair[] | null> {
    if (first < 1 || first > MOST_PAIRS) throw limitExceeded(`first is ${first}; 1 to 1,000 pairs may be asked for`, 'first');
    const run = named == null ? await this.current(context, project) : await this.namedRun.find(context, project.id, named);
    const found = run && await this.service.pairs(project.id, run.id);
    if (!found) return null;
    const { classes, id: projectId } = project;
    const { pairs, pooledLabels, pooledValues } = found;
    return pairs.slice(0, first).map(({ first: g, second: h, items, meanConfusion, examples }) => {
      const row = pooledLabels?.indexOf(h) ?? -1;
      const matrixConfusion = row >= 0 ? pooledValues![row * classes.length + g]! : null;
      return { projectId, first: classes[g]!, second: classes[h]!, items, meanConfusion, matrixConfusion: probability(matrixConfusion), exampleCodes: examples };
    });
  }

  private async current(context: RequestContext, { id, currentRunId }: Project): Promise<Run | null> {
    return currentRunId == null ? null : this.runs.load(context, id, currentRunId);
  }
}

@Resolver(() => ConfusablePair)
export class ConfusablePairResolver {
  constructor(private readonly items: ItemsService) {}

  @Cost({ list: 5 })
  @ResolveField(() => [Item], { description: 'The items that are confused most, up to five.' })
  async examples(@Context() context: RequestContext, @Parent() { projectId, exampleCodes }: ConfusablePair): Promise<Item[]> {
    return (await Promise.all(exampleCodes.map((code) => this.items.ofCode(context, projectId, code)))).filter((item) => item != null);
  }
}

/** Rounding may take a probability to 1 + 1e-16. */
function probability(value: number | null): number | null {
  return value == null ? null : Math.max(0, Math.min(1, value));
}
