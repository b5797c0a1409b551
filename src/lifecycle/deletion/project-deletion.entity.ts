import { Field, Float, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Cost } from '../../platform/graphql/cost.js';
import { globalId } from '../../platform/graphql/global-id.js';
import { Node } from '../../platform/graphql/node.js';
import { projectTables } from './project-tables.js';

export enum DeletionStatus {
  WAITING = 'WAITING',
  PURGING = 'PURGING',
  PURGED = 'PURGED',
}

registerEnumType(DeletionStatus, {
  name: 'DeletionStatus',
  description: 'How far a project is deleted.',
  valuesMap: {
    WAITING: { description: 'It can be restored as it was.' },
    PURGING: { description: 'Its rows are being removed; there is no way back.' },
    PURGED: { description: 'Nothing of it is left.' },
  },
});

@ObjectType({ description: 'How many rows of a table were removed.' })
export class RemovedRows {
  @Field(() => String)
  table: string;

  @Field(() => Float)
  rows: number;
}

@Entity('project_deletions')
@ObjectType({ implements: () => Node, description: 'A project that was deleted: what can be restored of it, or how much of it was removed.' })
export class ProjectDeletion implements Node {
  @PrimaryGeneratedColumn('identity')
  id: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('ProjectDeletion', this.id);
  }

  @Column({ name: 'workspace_id', type: 'integer' })
  workspaceId: number;

  @Column({ name: 'project_id', type: 'integer', nullable: true })
  projectId: number | null;

  @Field(() => ID, { nullable: true, name: 'projectId', description: 'Null once nothing is left of it.' })
  get projectNodeId(): string | null {
    return this.projectId == null ? null : globalId('Project', this.projectId);
  }

  /** The project's row; null from the start of the purge on. */
  @Column({ type: 'jsonb', nullable: true })
  project: { name: string } | null;

  @Field(() => String, { nullable: true, description: 'Null where it cannot be restored any more.' })
  get name(): string | null {
    return this.project?.name ?? null;
  }

  @Field(() => DeletionStatus)
  get status(): DeletionStatus {
    if (this.purgedAt) return DeletionStatus.PURGED;
    return this.startedAt ? DeletionStatus.PURGING : DeletionStatus.WAITING;
  }

  @Column({ name: 'deleted_at', type: 'timestamptz' })
  @Field(() => Date)
  deletedAt: Date;

  @Column({ name: 'purge_after', type: 'timestamptz' })
  @Field(() => Date, { description: 'Until then it can be restored.' })
  purgeAfter: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'When the purge began.' })
  startedAt: Date | null;

  @Column({ name: 'purged_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'When the last of it was removed.' })
  purgedAt: Date | null;

  @Column('jsonb')
  removed: Record<string, number>;

  @Field(() => [RemovedRows], { name: 'removed', description: 'So far, table by table.' })
  @Cost({ list: projectTables.length + 1 })
  get removedRows(): RemovedRows[] {
    return Object.entries(this.removed).map(([table, rows]) => ({ table, rows }));
  }
}
