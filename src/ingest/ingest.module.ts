import { Module } from '@nestjs/common';
import { GoldModule } from '../gold/gold.module.js';
import { ItemsModule } from '../items/items.module.js';
import { PredictionsModule } from '../predictions/predictions.module.js';
import { VotesModule } from '../votes/votes.module.js';
import { BulkController } from './bulk.controller.js';
import { BulkService } from './bulk.service.js';
import { ForeignImportService } from './foreign-import.service.js';

@Module({
  imports: [ItemsModule, VotesModule, PredictionsModule, GoldModule],
  controllers: [BulkController],
  providers: [BulkService, ForeignImportService],
})
export class IngestModule {}
