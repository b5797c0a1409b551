import { Module } from '@nestjs/common';
import { Compute } from './compute.service.js';

@Module({ providers: [Compute], exports: [Compute] })
export class ComputeModule {}
