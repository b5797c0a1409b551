import { Module } from '@nestjs/common';
import { ComputeModule } from '../compute/compute.module.js';
import { EventsModule } from '../events/events.module.js';
import { NodeTypes } from '../platform/graphql/node.js';
import { ReportWork } from './report-work.js';
import { ProjectReportsResolver, ReportsResolver } from './reports.resolver.js';
import { ReportsService } from './reports.service.js';
import { ReportsStore } from './reports.store.js';

@Module({
  imports: [EventsModule, ComputeModule],
  providers: [ReportsStore, ReportWork, ReportsService, ReportsResolver, ProjectReportsResolver],
  exports: [ReportsService],
})
export class ReportsModule {
  constructor(nodes: NodeTypes, reports: ReportsService) {
    nodes.declare('Report', (caller, id) => reports.find(caller, id));
  }
}
