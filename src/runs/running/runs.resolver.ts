import { Args, Field, Float, ID, Int, Mutation, ObjectType, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { secondsOf } from '../../aggregation/index.js';
import { Cost } from '../../platform/graphql/cost.js';
import { PageArgs } from '../../platform/graphql/pagination.js';
import { PredictionModels } from '../../predictions/prediction-models.service.js';
import { RequiresScope, type Principal } from '../../platform/principal.js';
import { Caller, Context, idempotencyKeyOf, type RequestContext } from '../../platform/request-context.js';
import { ProbabilityScalar } from '../../platform/graphql/scalars.js';
import { actorOf } from '../../projects/audit/actor.js';
import { ProjectAccess } from '../../projects/project-access.js';
import { Project } from '../../projects/project.entity.js';
import { Classes } from '../classes.js';
import { RunProgress } from './run-progress.js';
import { RunConnection, RunReader } from '../run-reader.js';
import { Run, RunStatus } from '../run.entity.js';
import { CancelRunInput, RunPayload, SetCurrentRunInput, StartRunInput, StartRunPayload } from './runs.inputs.js';
import { RunsService } from './runs.service.js';

@ObjectType()
export class ClassPrior {
  @Field(() => String)
  class: string;

  @Field(() => ProbabilityScalar, { description: 'How common the class is among the items, by the run.' })
  probability: number;
}

@ObjectType()
export class RunDiagnostics {
  @Field(() => Int)
  iterations: number;

  @Field(() => Boolean, { description: 'False where the cap on iterations ended it: the labels would still have moved.' })
  converged: boolean;

  @Field(() => [Float], { description: "The method's objective after each iteration; for EM methods the natural-log marginal likelihood. Empty for methods without one." })
  logLikelihoodTrace: number[];

  @Field(() => Int, { description: 'Items whose largest probability is shared by two or more classes.' })
  ties: number;

  @Field(() => [String])
  warnings: string[];
}

@ObjectType({ description: "A version of a model's predictions that a run read." })
export class RunPrediction {
  @Field(() => String)
  model: string;

  @Field(() => String)
  version: string;

  @Field(() => Boolean, { description: 'Whether the model had not seen the items it predicted.' })
  outOfSample: boolean;
}

@ObjectType({ description: 'What a run is going to cost, by its method, the size of the project when it was started and its options: an order of magnitude.' })
export class RunEstimate {
  @Field(() => Float, { description: 'Basic steps over the entries of arrays.' })
  operations: number;

  @Field(() => Float, { description: 'Memory that its arrays take at the peak, beside the votes.' })
  megabytes: number;

  @Field(() => Float, { description: 'On one core, about.' })
  seconds: number;
}

@Resolver(() => Run)
export class RunsResolver {
  constructor(
    private readonly service: RunsService,
    private readonly reader: RunReader,
    private readonly access: ProjectAccess,
    private readonly progress: RunProgress,
    private readonly classes: Classes,
    private readonly predictionModels: PredictionModels,
  ) {}

  @Query(() => Run)
  @RequiresScope('results:read')
  run(@Caller() caller: Principal, @Args('id', { type: () => ID }) id: string) {
    return this.reader.find(caller, id);
  }

  @Mutation(() => StartRunPayload, { description: 'Aggregates the votes in the background; follow it by runProgress or run.' })
  @RequiresScope('project:admin')
  async startRun(@Context() context: RequestContext, @Args('input') input: StartRunInput) {
    const project = await this.access.find(context.principal!, input.projectId);
    return this.service.start(actorOf(context), project, input, idempotencyKeyOf(context, input));
  }

  @Mutation(() => RunPayload, { description: 'A run that waits or is under way ends without results.' })
  @RequiresScope('project:admin')
  async cancelRun(@Context() context: RequestContext, @Args('input') input: CancelRunInput) {
    return { run: await this.service.cancel(context.principal!, actorOf(context), input.id) };
  }

  @Mutation(() => RunPayload, { description: "Makes the results of a run the project's own." })
  @RequiresScope('project:admin')
  async setCurrentRun(@Context() context: RequestContext, @Args('input') input: SetCurrentRunInput) {
    return { run: await this.service.setCurrent(context.principal!, actorOf(context), input.id) };
  }

  @Subscription(() => Run, { description: "The run's present state at once, then each newer one; completes with the run.", resolve: (run: Run) => run })
  @RequiresScope('results:read')
  async runProgress(@Caller() caller: Principal, @Args('run', { type: () => ID }) id: string) {
    return this.progress.of(await this.reader.find(caller, id));
  }

  @Cost({ list: 20 })
  @ResolveField(() => [ClassPrior], { nullable: true, description: 'Null until the run succeeded. For methods without class priors the mean soft label.' })
  async classPriors(@Context() context: RequestContext, @Parent() run: Run): Promise<ClassPrior[] | null> {
    if (!run.classPriors) return null;
    const classes = await this.classes.of(context, run.projectId);
    return run.classPriors.map((probability, k) => ({ class: classes[k]!, probability: Math.min(1, probability) }));
  }

  @Cost({ list: 5 })
  @ResolveField(() => [RunPrediction], { nullable: true, description: 'What it reads of predictions, as far as they were there at its watermark; null for methods that read none.' })
  predictions(@Context() context: RequestContext, @Parent() run: Run): Promise<RunPrediction[]> | null {
    return run.predictionVersions && this.predictionModels.load(context, run.projectId, run.predictionVersions);
  }

  @ResolveField(() => RunEstimate, { nullable: true, description: 'Null for runs of earlier versions of the service.' })
  estimate(@Parent() { estimatedOperations, estimatedBytes }: Run): RunEstimate | null {
    if (estimatedOperations == null || estimatedBytes == null) return null;
    return { operations: estimatedOperations, megabytes: estimatedBytes / 1e6, seconds: secondsOf({ operations: estimatedOperations }) };
  }

  @ResolveField(() => RunDiagnostics, { nullable: true, description: 'Null until the run succeeded.' })
  diagnostics(@Parent() run: Run): RunDiagnostics | null {
    if (run.status !== RunStatus.SUCCEEDED) return null;
    return { iterations: run.iterations!, converged: run.converged!, logLikelihoodTrace: run.trace!, ties: run.ties!, warnings: run.warnings! };
  }
}

@Resolver(() => Project)
export class ProjectRunsResolver {
  constructor(private readonly reader: RunReader) {}

  @ResolveField(() => RunConnection, { description: 'The newest first.' })
  runs(@Parent() project: Project, @Args() page: PageArgs) {
    return this.reader.page(project, page);
  }

  @ResolveField(() => Run, { nullable: true, description: 'The run whose results are shown where no run is named.' })
  currentRun(@Context() context: RequestContext, @Parent() project: Project) {
    if (project.currentRunId == null) return null;
    return this.reader.load(context, project.id, project.currentRunId);
  }
}
