import { Module } from '@nestjs/common';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { ComputeModule } from '../compute/compute.module.js';
import { ReliabilityWork } from './reliability-work.js';
import { AnnotatorReliabilityResolver, ProjectReliabilityResolver } from './reliability.resolver.js';
import { ReliabilityService } from './reliability.service.js';
import { TimelineService } from './timeline.service.js';

@Module({
  imports: [AnnotatorsModule, ComputeModule],
  providers: [ReliabilityWork, ReliabilityService, TimelineService, AnnotatorReliabilityResolver, ProjectReliabilityResolver],
})
export class ReliabilityModule {}
