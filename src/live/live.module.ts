import { Module } from '@nestjs/common';
import { ResultsModule } from '../results/results.module.js';
import { CurrentRuns } from './current-run.js';
import { LiveLabels } from './live-labels.js';

@Module({ imports: [ResultsModule], providers: [CurrentRuns, LiveLabels], exports: [CurrentRuns, LiveLabels] })
export class LiveModule {}
