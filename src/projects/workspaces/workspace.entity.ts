import { Field, ID, ObjectType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { globalId } from '../../platform/graphql/global-id.js';
import { Node } from '../../platform/graphql/node.js';

@Entity('workspaces')
@ObjectType({ implements: () => Node, description: 'One customer: projects and API keys that no other workspace sees.' })
export class Workspace implements Node {
  @PrimaryGeneratedColumn('identity')
  id: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Workspace', this.id);
  }

  @Column('text')
  @Field(() => String)
  name: string;

  @Column({ name: 'audit_reads', type: 'boolean' })
  @Field(() => Boolean, { description: 'Whether reads of gold answers and downloads are told in the audit log, before anything of them is given.' })
  auditReads: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  @Field(() => Date)
  createdAt: Date;
}
