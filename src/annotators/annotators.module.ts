import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { NodeTypes } from '../platform/graphql/node.js';
import { AnnotatorStatuses } from './annotator-statuses.service.js';
import { Annotator } from './annotator.entity.js';
import { AnnotatorsResolver } from './annotators.resolver.js';
import { AnnotatorsService } from './annotators.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Annotator])],
  providers: [AnnotatorsService, AnnotatorStatuses, AnnotatorsResolver],
  exports: [AnnotatorsService, AnnotatorStatuses],
})
export class AnnotatorsModule {
  constructor(nodes: NodeTypes, annotators: AnnotatorsService) {
    nodes.declare('Annotator', (caller, id) => annotators.find(caller, id));
  }
}
