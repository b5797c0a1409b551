import { Module } from '@nestjs/common';
import { CurrentRuns } from './current-run.js';
import { LiveLabels } from './live-labels.js';

@Module({ providers: [CurrentRuns, LiveLabels], exports: [CurrentRuns, LiveLabels] })
export class LiveModule {}
