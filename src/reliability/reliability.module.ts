import { Module } from '@nestjs/common';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { ComputeModule } from '../compute/compute.module.js';
import { ReliabilityWork } from './reliability-work.js';

@Module({
  imports: [AnnotatorsModule, ComputeModule],
  providers: [ReliabilityWork],
})
export class ReliabilityModule {}
