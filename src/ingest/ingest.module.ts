import { Module } from '@nestjs/common';
import { ItemsModule } from '../items/items.module.js';
import { VotesModule } from '../votes/votes.module.js';
import { BulkController } from './bulk.controller.js';
import { BulkService } from './bulk.service.js';

@Module({
  imports: [ItemsModule, VotesModule],
  controllers: [BulkController],
  providers: [BulkService],
})
export class IngestModule {}
