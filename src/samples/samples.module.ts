import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module.js';
import { VotesModule } from '../votes/votes.module.js';
import { SampleData } from './sample-data.js';

@Module({
  imports: [VotesModule, RunsModule],
  providers: [SampleData],
  exports: [SampleData],
})
export class SamplesModule {}
