import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module.js';
import { ExportsController } from './exports.controller.js';
import { ExportsService } from './exports.service.js';

@Module({
  imports: [RunsModule],
  controllers: [ExportsController],
  providers: [ExportsService],
})
export class ExportsModule {}
