import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ComputeModule } from '../compute/compute.module.js';
import { EventsModule } from '../events/events.module.js';
import { GoldModule } from '../gold/gold.module.js';
import { ItemsModule } from '../items/items.module.js';
import { NodeTypes } from '../platform/node.js';
import { PredictionsModule } from '../predictions/predictions.module.js';
import { AnnotatorResultsResolver } from './annotator-results.resolver.js';
import { AnnotatorResultsService } from './annotator-results.service.js';
import { Classes } from './classes.js';
import { DroppedResults } from './dropped-results.js';
import { GoldEvaluationResolver } from './gold-evaluation.resolver.js';
import { GoldEvaluations } from './gold-evaluation.service.js';
import { MethodsResolver } from './methods.resolver.js';
import { NamedRun } from './named-run.js';
import { Reruns } from './reruns.js';
import { RunProgress } from './run-progress.js';
import { RunWork } from './run-work.js';
import { Run } from './run.entity.js';
import { ProjectRunsResolver, RunsResolver } from './runs.resolver.js';
import { RunsService } from './runs.service.js';
import { RunsStore } from './runs.store.js';
import { ItemSoftLabelResolver, ProjectSoftLabelsResolver, SoftLabelResolver } from './soft-labels.resolver.js';
import { SoftLabelsService } from './soft-labels.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Run]), EventsModule, ComputeModule, ItemsModule, PredictionsModule, GoldModule],
  providers: [
    RunsStore, RunWork, RunsService, RunProgress, Reruns, DroppedResults, Classes, NamedRun, SoftLabelsService, AnnotatorResultsService, GoldEvaluations,
    RunsResolver, ProjectRunsResolver, MethodsResolver, ProjectSoftLabelsResolver, ItemSoftLabelResolver, SoftLabelResolver, AnnotatorResultsResolver, GoldEvaluationResolver,
  ],
  exports: [RunsService],
})
export class RunsModule {
  constructor(nodes: NodeTypes, runs: RunsService) {
    nodes.declare('Run', (caller, id) => runs.find(caller, id));
  }
}
