import { Field, ID, ObjectType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { globalId } from '../platform/graphql/global-id.js';
import { Node } from '../platform/graphql/node.js';
import { JsonScalar } from '../platform/graphql/scalars.js';

@Entity('items')
@ObjectType({ implements: () => Node, description: 'One thing to be labelled.' })
export class Item implements Node {
  @PrimaryColumn({ name: 'project_id', type: 'integer' })
  projectId: number;

  /** Dense within the project: 0, 1, 2, ... */
  @PrimaryColumn('integer')
  code: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Item', this.projectId, this.code);
  }

  @Column({ name: 'external_id', type: 'text' })
  @Field(() => String, { description: "The caller's own id, byte for byte as it came." })
  externalId: string;

  @Column({ type: 'jsonb', nullable: true })
  @Field(() => JsonScalar, { nullable: true, description: 'Whatever the caller keeps with the item.' })
  payload: unknown;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  @Field(() => Date)
  createdAt: Date;
}
