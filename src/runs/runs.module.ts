import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ComputeModule } from '../compute/compute.module.js';
import { EventsModule } from '../events/events.module.js';
import { GoldModule } from '../gold/gold.module.js';
import { ItemsModule } from '../items/items.module.js';
import { NodeTypes } from '../platform/graphql/node.js';
import { PredictionsModule } from '../predictions/predictions.module.js';
import { ResultsModule } from '../results/results.module.js';
import { AnnotatorFiguresResolver, AnnotatorResultsResolver } from './results/annotator-results.resolver.js';
import { AnnotatorResultsService } from './results/annotator-results.service.js';
import { Classes } from './classes.js';
import { AnnotatorFindingsResolver, ConfusablePairResolver, ConfusablePairsResolver, FindingResolver, RunFindingsResolver, SoftLabelFindingsResolver, TopTwoResolver } from './results/findings.resolver.js';
import { FindingsService } from './results/findings.service.js';
import { DroppedResults } from './results/dropped-results.js';
import { GoldEvaluationResolver } from './evaluation/gold-evaluation.resolver.js';
import { GoldEvaluations } from './evaluation/gold-evaluation.service.js';
import { MethodAdviceResolver } from './evaluation/method-advice.resolver.js';
import { MethodAdvices } from './evaluation/method-advice.service.js';
import { RunCertificateResolver } from './evaluation/run-certificate.resolver.js';
import { RunCertificates } from './evaluation/run-certificate.service.js';
import { WorkedOutOnce } from './evaluation/worked-out-once.js';
import { MethodsResolver } from './methods.resolver.js';
import { NamedRun } from './named-run.js';
import { Reruns } from './running/reruns.js';
import { RunProgress } from './running/run-progress.js';
import { RunWork } from './running/run-work.js';
import { RunReader } from './run-reader.js';
import { Run } from './run.entity.js';
import { ProjectRunsResolver, RunsResolver } from './running/runs.resolver.js';
import { RunsService } from './running/runs.service.js';
import { RunsStore } from './runs.store.js';
import { ItemSoftLabelResolver, ProjectSoftLabelsResolver, SoftLabelResolver } from './results/soft-labels.resolver.js';
import { SoftLabelsService } from './results/soft-labels.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Run]), EventsModule, ComputeModule, ItemsModule, PredictionsModule, GoldModule, ResultsModule],
  providers: [
    RunReader, RunsStore, RunWork, RunsService, RunProgress, Reruns, DroppedResults, Classes, NamedRun, SoftLabelsService, AnnotatorResultsService, FindingsService, GoldEvaluations, WorkedOutOnce, RunCertificates, MethodAdvices,
    RunsResolver, ProjectRunsResolver, MethodsResolver, ProjectSoftLabelsResolver, ItemSoftLabelResolver, SoftLabelResolver, AnnotatorResultsResolver, GoldEvaluationResolver, RunCertificateResolver, MethodAdviceResolver,
    SoftLabelFindingsResolver, TopTwoResolver, FindingResolver, AnnotatorFindingsResolver, AnnotatorFiguresResolver, RunFindingsResolver, ConfusablePairsResolver, ConfusablePairResolver,
  ],
  exports: [RunsService, RunsStore, NamedRun],
})
export class RunsModule {
  constructor(nodes: NodeTypes, runs: RunReader) {
    nodes.declare('Run', (caller, id) => runs.find(caller, id));
  }
}
