import { Module } from '@nestjs/common';
import { PredictionsModule } from '../predictions/predictions.module.js';
import { ResultsModule } from '../results/results.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { ExportsController } from './exports.controller.js';
import { ExportsService } from './exports.service.js';
import { Downloads } from './reading/downloads.js';

@Module({
  imports: [RunsModule, PredictionsModule, ResultsModule],
  controllers: [ExportsController],
  providers: [ExportsService, Downloads],
})
export class ExportsModule {}
