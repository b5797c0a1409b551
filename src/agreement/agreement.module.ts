import { Module } from '@nestjs/common';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { ItemsModule } from '../items/items.module.js';
import { ResultsModule } from '../results/results.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { ReportsModule } from '../reports/reports.module.js';
import { AnnotatorActivityReportResolver, AnnotatorActivityResolver } from './activity.resolver.js';
import { AgreementItemResolver, AgreementPairResolver, AgreementResolver } from './agreement.resolver.js';
import { AgreementMetricsResolver } from './agreement-metrics.resolver.js';
import { AnnotatorAgreementReportResolver, AnnotatorAgreementResolver } from './reference.resolver.js';
import { AgreementService } from './agreement.service.js';

@Module({
  imports: [ReportsModule, RunsModule, ResultsModule, ItemsModule, AnnotatorsModule],
  providers: [
    AgreementService, AgreementResolver, AgreementItemResolver, AgreementPairResolver, AgreementMetricsResolver,
    AnnotatorAgreementReportResolver, AnnotatorAgreementResolver, AnnotatorActivityReportResolver, AnnotatorActivityResolver,
  ],
})
export class AgreementModule {}
