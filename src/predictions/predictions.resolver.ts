import { Args, Int, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Cost } from '../platform/graphql/cost.js';
import { Item } from '../items/item.entity.js';
import { limitExceeded } from '../platform/errors.js';
import { RequiresScope } from '../platform/principal.js';
import { Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { actorOf } from '../projects/audit/actor.js';
import { ProjectAccess } from '../projects/project-access.js';
import { Project } from '../projects/project.entity.js';
import { PredictionModels } from './prediction-models.service.js';
import { ItemPrediction, PredictionModel, PredictionVersion } from './prediction-version.js';
import { PredictionModelPayload, RemovePredictionModelInput, SetPredictionVersionInput, SubmitPredictionsInput, SubmitPredictionsPayload } from './predictions.inputs.js';
import { PredictionsService } from './predictions.service.js';

@Resolver()
export class PredictionsResolver {
  constructor(
    private readonly service: PredictionsService,
    private readonly models: PredictionModels,
    private readonly access: ProjectAccess,
  ) {}

  @Mutation(() => SubmitPredictionsPayload, { description: "Writes up to 10,000 rows of one version of a model's predictions and answers row by row; what is answered is durable." })
  @RequiresScope('votes:write')
  async submitPredictions(@Context() context: RequestContext, @Args('input') input: SubmitPredictionsInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    const { model, version, outOfSample = null, trainingWatermark, complete, rows } = input;
    const given = { model, version, outOfSample, trainingWatermark: trainingWatermark == null ? null : Number(trainingWatermark) };
    return this.service.submit(project, actorOf(context), given, rows, { finish: true, complete, idempotencyKey: idempotencyKeyOf(context, input) });
  }

  @Mutation(() => PredictionModelPayload, { description: 'Chooses the version of a model that runs and scores read, and makes the model active again if it was removed.' })
  @RequiresScope('project:admin')
  async setPredictionVersion(@Context() context: RequestContext, @Args('input') input: SetPredictionVersionInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return { predictionModel: await this.models.setVersion(project, actorOf(context), input.model, input.version ?? null) };
  }

  @Mutation(() => PredictionModelPayload, { description: 'From now on runs and scores pass the model over; its rows are kept for the runs that read them.' })
  @RequiresScope('project:admin')
  async removePredictionModel(@Context() context: RequestContext, @Args('input') input: RemovePredictionModelInput) {
    const project = await this.access.findOpen(context.principal!, input.projectId);
    return { predictionModel: await this.models.remove(project, actorOf(context), input.model) };
  }
}

@Resolver(() => Project)
export class ProjectPredictionsResolver {
  constructor(private readonly models: PredictionModels) {}

  @Cost({ list: 100 })
  @ResolveField(() => [PredictionModel], { description: 'By name; at most 100, removed ones among them.' })
  predictionModels(@Parent() project: Project) {
    return this.models.ofProject(project);
  }
}

@Resolver(() => PredictionModel)
export class PredictionModelResolver {
  constructor(private readonly models: PredictionModels) {}

  @ResolveField(() => [PredictionVersion], { description: 'The newest first.' })
  versions(@Context() context: RequestContext, @Parent() model: PredictionModel, @Args('first', { type: () => Int, defaultValue: 20, description: '1 to 1,000.' }) first: number) {
    if (first < 1 || first > 1000) throw limitExceeded(`versions takes first from 1 to 1000, and it is ${first}`, 'first');
    return this.models.versions(context, model, first);
  }
}

@Resolver(() => Item)
export class ItemPredictionsResolver {
  constructor(private readonly models: PredictionModels) {}

  @Cost({ list: 5 })
  @ResolveField(() => [ItemPrediction], { description: 'Of the current version of each active model that has a row for the item, by the names of the models.' })
  predictions(@Context() context: RequestContext, @Parent() item: Item) {
    return this.models.ofItem(context, item.projectId, item.code);
  }
}
