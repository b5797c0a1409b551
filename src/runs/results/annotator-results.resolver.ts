import { Float, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../../annotators/annotator.entity.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { Accuracy, ConfusionMatrix } from './annotator-result.entity.js';
import { AnnotatorResultsService } from './annotator-results.service.js';
import { Classes } from '../classes.js';
import { NamedRun, RunArgument } from '../named-run.js';

/** What runs add to annotators. Each is null where the run read no vote of theirs. */
@Resolver(() => Annotator)
export class AnnotatorResultsResolver {
  constructor(
    private readonly service: AnnotatorResultsService,
    private readonly namedRun: NamedRun,
    private readonly classes: Classes,
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

  @ResolveField(() => ConfusionMatrix, { nullable: true, description: 'Null also where a method has none and there would be too many of them.' })
  async confusionMatrix(@Context() context: RequestContext, @Parent() { projectId, code }: Annotator, @RunArgument() run?: string): Promise<ConfusionMatrix | null> {
    const runId = await this.namedRun.number(context, projectId, run);
    return this.service.confusion(context, projectId, runId, code, await this.classes.of(context, projectId));
  }

  private async figures(context: RequestContext, { projectId, code }: Annotator, run: string | undefined) {
    return this.service.figures(context, projectId, await this.namedRun.number(context, projectId, run), code);
  }
}
