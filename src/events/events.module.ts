import { Module } from '@nestjs/common';
import { Events } from './events.service.js';

@Module({ providers: [Events], exports: [Events] })
export class EventsModule {}
