import { Module } from '@nestjs/common';
import { ItemsModule } from '../items/items.module.js';
import { PredictionModels } from './prediction-models.service.js';
import { ItemPredictionsResolver, PredictionModelResolver, PredictionsResolver, ProjectPredictionsResolver } from './predictions.resolver.js';
import { PredictionsService } from './predictions.service.js';

@Module({
  imports: [ItemsModule],
  providers: [PredictionsService, PredictionModels, PredictionsResolver, ProjectPredictionsResolver, PredictionModelResolver, ItemPredictionsResolver],
  exports: [PredictionsService, PredictionModels],
})
export class PredictionsModule {}
