import { Global, Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { ReadinessCheck } from '../platform/http/health.controller.js';
import { Jobs } from './jobs.service.js';

/** Global because /readyz, below, asks for its readiness. */
@Global()
@Module({
  imports: [EventsModule],
  providers: [Jobs, { provide: ReadinessCheck, useExisting: Jobs }],
  exports: [Jobs, ReadinessCheck],
})
export class JobsModule {}
