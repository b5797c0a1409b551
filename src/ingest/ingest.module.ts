import { Module } from '@nestjs/common';
import { VotesModule } from '../votes/votes.module.js';
import { BulkVotesController } from './bulk-votes.controller.js';
import { BulkVotesService } from './bulk-votes.service.js';

@Module({
  imports: [VotesModule],
  controllers: [BulkVotesController],
  providers: [BulkVotesService],
})
export class IngestModule {}
