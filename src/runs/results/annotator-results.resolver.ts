import { Float, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { Annotator } from '../../annotators/annotator.entity.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { Run } from '../run.entity.js';
import { RunReader } from '../run-reader.js';
import { Accuracy, AnnotatorFigures, ConfusionMatrix } from './annotator-result.entity.js';
import { AnnotatorResultsService } from './annotator-results.service.js';
import { methods } from '../../aggregation/index.js';
import { Classes } from '../classes.js';
import { FindingsService, listed } from './findings.service.js';
import { NamedRun, RunArgument } from '../named-run.js';

/** What runs add to annotators. Each is null where the run read no vote of theirs. */
@Resolver(() => Annotator)
export class AnnotatorResultsResolver {
  constructor(
    private readonly service: AnnotatorResultsService,
    private readonly namedRun: NamedRun,
    private readonly classes: Classes,
    private readonly runs: RunReader,
    private readonly findings: FindingsService,
  ) {}

  @ResolveField(() => Float, { nullable: true, description: "The method's own measure of skill; its meaning and range are told by aggregationMethods. Null also where the method has none." })
  async quality(@Context() context: RequestContext, @Parent() annotator: Annotator, @RunArgument() run?: string): Promise<number | null> {
    return (await this.figures(context, annotator, run))?.quality ?? null;
  }

  @ResolveField(() => Accuracy, { nullable: true })
  async accuracy(@Context() context: RequestContext, @Parent() annotator: Annotator, @RunArgument() run?: string): Promise<Accuracy | null> {
    const figures = await this.figures(context, annotator, run);
    return figures && { value: figures.accuracy, low: figures.accuracyLow, high: figures.accuracyHigh };
  }

  @Cost({ reads: 5 })
  @ResolveField(() => ConfusionMatrix, { nullable: true, description: 'Null also where a method has none and there would be too many of them.' })
  async confusionMatrix(@Context() context: RequestContext, @Parent() { projectId, code }: Annotator, @RunArgument() run?: string): Promise<ConfusionMatrix | null> {
    const runId = await this.namedRun.number(context, projectId, run);
    return this.service.confusion(context, projectId, runId, code, await this.classes.of(context, projectId));
  }

  @Cost({ list: methods.length })
  @ResolveField(() => [AnnotatorFigures], { description: "What each method says, side by side: of each method the newest run whose results are kept, if it read a vote of the annotator's." })
  async byMethod(@Context() context: RequestContext, @Parent() { projectId, code }: Annotator): Promise<AnnotatorFigures[]> {
    const runs = await this.runs.newestByMethod(context, projectId);
    const figures = await Promise.all(runs.map((run) => this.figuresOf(context, run, code)));
    return figures.filter((one) => one != null);
  }

  private async figuresOf(context: RequestContext, run: Run, annotatorCode: number): Promise<AnnotatorFigures | null> {
    const { projectId, id: runId, methodId } = run;
    const [result, found] = await Promise.all([
      this.service.figures(context, projectId, runId, annotatorCode), this.findings.ofAnnotator(context, projectId, runId, annotatorCode),
    ]);
    if (!result) return null;
    const method = methods.find(({ id }) => id === methodId);
    const [low, high] = method?.qualityInterval?.map((name) => found?.get(name) ?? null) ?? [null, null];
    return {
      projectId, runId, annotatorCode, method: methodId, meaning: method?.quality ?? null,
      quality: result.quality == null ? null : { value: result.quality, low: low ?? null, high: high ?? null },
      accuracy: { value: result.accuracy, low: result.accuracyLow, high: result.accuracyHigh },
      findings: found ? listed(found, run, 'annotator', await this.classes.of(context, projectId)) : [],
    };
  }

  private async figures(context: RequestContext, { projectId, code }: Annotator, run: string | undefined) {
    return this.service.figures(context, projectId, await this.namedRun.number(context, projectId, run), code);
  }
}

@Resolver(() => AnnotatorFigures)
export class AnnotatorFiguresResolver {
  constructor(private readonly runs: RunReader) {}

  @ResolveField(() => Run)
  run(@Context() context: RequestContext, @Parent() { projectId, runId }: AnnotatorFigures) {
    return this.runs.load(context, projectId, runId);
  }
}
