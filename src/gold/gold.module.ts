import { Module } from '@nestjs/common';
import { ItemsModule } from '../items/items.module.js';
import { GoldAccuracies } from './gold-accuracies.service.js';
import { GoldAnswers } from './gold-answers.service.js';
import { AnnotatorGoldResolver, GoldAnswerResolver, GoldResolver, ItemGoldResolver, ProjectGoldResolver } from './gold.resolver.js';
import { GoldService } from './gold.service.js';

@Module({
  imports: [ItemsModule],
  providers: [GoldService, GoldAnswers, GoldAccuracies, GoldResolver, ProjectGoldResolver, ItemGoldResolver, GoldAnswerResolver, AnnotatorGoldResolver],
  exports: [GoldService, GoldAnswers],
})
export class GoldModule {}
