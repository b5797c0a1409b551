import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { globalId } from '../../platform/graphql/global-id.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { Project } from '../../projects/project.entity.js';
import { NamedRun, RunArgument } from '../named-run.js';
import { MethodAdvice } from './method-advice.js';
import { MethodAdvices } from './method-advice.service.js';

@Resolver(() => Project)
export class MethodAdviceResolver {
  constructor(
    private readonly advices: MethodAdvices,
    private readonly namedRun: NamedRun,
  ) {}

  @Cost({ reads: 5000 })
  @ResolveField(() => MethodAdvice, {
    nullable: true,
    description: 'Which method for the votes that a run read? Each is run on them, and again without a tenth of them. Worked out when it is asked for first, which takes seconds, up to a minute for many votes; then kept until gold answers are others. Null while no run is current, and where it read no vote.',
  })
  async methodAdvice(
    @Context() context: RequestContext, @Parent() project: Project, @RunArgument() run?: string | null,
    @Args('methods', { type: () => [String], nullable: true, description: 'Ids of the methods to compare, each once; nine that do well somewhere where left out.' }) methods?: string[] | null,
  ): Promise<MethodAdvice | null> {
    const id = run ?? (project.currentRunId == null ? null : globalId('Run', project.id, project.currentRunId));
    if (id == null) return null;
    return this.advices.find(context, await this.namedRun.find(context, project.id, id), methods ?? null);
  }
}
