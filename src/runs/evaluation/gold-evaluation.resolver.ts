import { Args, ID, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { GoldSamples } from '../../gold/gold-samples.service.js';
import { notFound } from '../../platform/errors.js';
import { Cost } from '../../platform/graphql/cost.js';
import { globalId } from '../../platform/graphql/global-id.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { Project } from '../../projects/project.entity.js';
import { GoldEvaluation } from './gold-evaluation.js';
import { GoldEvaluations } from './gold-evaluation.service.js';
import { NamedRun, RunArgument } from '../named-run.js';

@Resolver(() => Project)
export class GoldEvaluationResolver {
  constructor(
    private readonly evaluations: GoldEvaluations,
    private readonly namedRun: NamedRun,
    private readonly samples: GoldSamples,
  ) {}

  @Cost({ reads: 1000 })
  @ResolveField(() => GoldEvaluation, { nullable: true, description: 'Null while no run is current.' })
  async goldEvaluation(
    @Context() context: RequestContext, @Parent() project: Project, @RunArgument() run?: string | null,
    @Args('sample', { type: () => ID, nullable: true, description: 'A gold sample: its answered items alone are compared, and the accuracy is that of all items it was drawn from.' }) sample?: string | null,
  ): Promise<GoldEvaluation | null> {
    const id = run ?? (project.currentRunId == null ? null : globalId('Run', project.id, project.currentRunId));
    const drawn = sample == null ? null : await this.samples.find(context.principal!, sample);
    if (drawn && drawn.projectId !== project.id) throw notFound('gold sample', sample!);
    if (id == null) return null;
    return this.evaluations.evaluate(project, await this.namedRun.find(context, project.id, id), drawn);
  }
}
