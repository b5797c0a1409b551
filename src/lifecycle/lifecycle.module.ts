import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AnnotatorsModule } from '../annotators/annotators.module.js';
import { AssignmentModule } from '../assignment/assignment.module.js';
import { EventsModule } from '../events/events.module.js';
import { ItemsModule } from '../items/items.module.js';
import { NodeTypes } from '../platform/graphql/node.js';
import { RunsModule } from '../runs/runs.module.js';
import { DeletionsResolver } from './deletion/deletions.resolver.js';
import { ProjectDeletions } from './deletion/deletions.service.js';
import { Leftovers } from './deletion/leftovers.js';
import { ProjectDeletion } from './deletion/project-deletion.entity.js';
import { PurgeWork } from './deletion/purge-work.js';
import { AnnotatorErasure } from './erasure/annotator-erasure.entity.js';
import { CommentsWork } from './erasure/comments-work.js';
import { ErasuresResolver, ProjectErasuresResolver } from './erasure/erasures.resolver.js';
import { AnnotatorErasures } from './erasure/erasures.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([ProjectDeletion, AnnotatorErasure]), EventsModule, ItemsModule, AnnotatorsModule, RunsModule, AssignmentModule],
  providers: [ProjectDeletions, PurgeWork, Leftovers, DeletionsResolver, AnnotatorErasures, CommentsWork, ErasuresResolver, ProjectErasuresResolver],
  exports: [ProjectDeletions],
})
export class LifecycleModule {
  constructor(nodes: NodeTypes, deletions: ProjectDeletions) {
    nodes.declare('ProjectDeletion', (caller, id) => deletions.findDeletion(caller, id));
  }
}
