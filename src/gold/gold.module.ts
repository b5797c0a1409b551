import { Module } from '@nestjs/common';
import { ItemsModule } from '../items/items.module.js';
import { GoldAnswers } from './gold-answers.service.js';
import { GoldAnswerResolver, GoldResolver, ItemGoldResolver, ProjectGoldResolver } from './gold.resolver.js';
import { GoldService } from './gold.service.js';

@Module({
  imports: [ItemsModule],
  providers: [GoldService, GoldAnswers, GoldResolver, ProjectGoldResolver, ItemGoldResolver, GoldAnswerResolver],
  exports: [GoldService, GoldAnswers],
})
export class GoldModule {}
