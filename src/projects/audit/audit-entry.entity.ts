import { Field, ID, ObjectType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { globalId } from '../../platform/graphql/global-id.js';
import { JsonScalar } from '../../platform/graphql/scalars.js';

@Entity('audit_log')
@ObjectType({ description: 'One administrative change, or one read of gold or download where the workspace has auditReads; never altered.' })
export class AuditEntry {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id: number;

  @Column({ name: 'workspace_id', type: 'integer' })
  workspaceId: number;

  @Column({ name: 'project_id', type: 'integer', nullable: true })
  projectId: number | null;

  @Field(() => ID, { nullable: true, name: 'projectId' })
  get projectNodeId(): string | null {
    return this.projectId == null ? null : globalId('Project', this.projectId);
  }

  /** Null for what an operator did at the command line, or a rule. */
  @Column({ name: 'api_key_id', type: 'integer', nullable: true })
  apiKeyId: number | null;

  @Field(() => ID, { nullable: true, name: 'apiKeyId', description: "Whose key did it; null for an operator's command, and for what a project's rule did." })
  get apiKeyNodeId(): string | null {
    return this.apiKeyId == null ? null : globalId('ApiKey', this.apiKeyId);
  }

  @Column('text')
  @Field(() => String, { description: 'The mutation, such as createProject; readGold; or download.' })
  action: string;

  @Column('jsonb')
  @Field(() => JsonScalar, { description: 'What was asked for.' })
  detail: unknown;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  @Field(() => String, { nullable: true })
  requestId: string | null;

  @CreateDateColumn({ name: 'at', type: 'timestamptz' })
  @Field(() => Date)
  at: Date;
}
