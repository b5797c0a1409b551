import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module.js';
import { ExportsController } from './exports.controller.js';

@Module({
  imports: [RunsModule],
  controllers: [ExportsController],
})
export class ExportsModule {}
