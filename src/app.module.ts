import { Module, type DynamicModule } from '@nestjs/common';
import { AgreementModule } from './agreement/agreement.module.js';
import { AnnotatorsModule } from './annotators/annotators.module.js';
import { AssignmentModule } from './assignment/assignment.module.js';
import { ComputeModule } from './compute/compute.module.js';
import { ExportsModule } from './exports/exports.module.js';
import { EventsModule } from './events/events.module.js';
import { GoldModule } from './gold/gold.module.js';
import { IngestModule } from './ingest/ingest.module.js';
import { ItemsModule } from './items/items.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { LiveModule } from './live/live.module.js';
import type { Config } from './platform/config.js';
import { PlatformModule } from './platform/platform.module.js';
import { PredictionsModule } from './predictions/predictions.module.js';
import { PriorsModule } from './priors/priors.module.js';
import { ProjectsModule } from './projects/projects.module.js';
import { ReliabilityModule } from './reliability/reliability.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { ResultsModule } from './results/results.module.js';
import { RulesModule } from './rules/rules.module.js';
import { RunsModule } from './runs/runs.module.js';
import { SamplesModule } from './samples/samples.module.js';
import { VotesModule } from './votes/votes.module.js';

/** The modules in floor order. */
@Module({})
export class AppModule {
  /** @param doors by which requests come in; a process that answers none has none, and starts without a schema. */
  static with(config: Config, doors: readonly DynamicModule[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(config),
        EventsModule, JobsModule, ComputeModule, RulesModule, ProjectsModule, ...doors,
        ItemsModule, AnnotatorsModule, ResultsModule,
        VotesModule, GoldModule, PriorsModule, PredictionsModule,
        IngestModule, RunsModule, ReliabilityModule, LiveModule, ReportsModule, AgreementModule,
        AssignmentModule, ExportsModule, SamplesModule, LifecycleModule,
      ],
    };
  }
}
