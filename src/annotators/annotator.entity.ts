import { Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { globalId } from '../platform/graphql/global-id.js';
import { Node } from '../platform/graphql/node.js';

export enum AnnotatorKind {
  HUMAN = 'HUMAN',
  MODEL = 'MODEL',
}

registerEnumType(AnnotatorKind, {
  name: 'AnnotatorKind',
  description: 'Who votes.',
  valuesMap: { HUMAN: {}, MODEL: { description: 'A program, such as a language model.' } },
});

export enum AnnotatorStatus {
  ACTIVE = 'ACTIVE',
  PAUSED = 'PAUSED',
  BLOCKED = 'BLOCKED',
}

registerEnumType(AnnotatorStatus, {
  name: 'AnnotatorStatus',
  description: 'Whether items are given to an annotator. Votes are taken from all of them.',
  valuesMap: { ACTIVE: {}, PAUSED: { description: 'For now none are given.' }, BLOCKED: { description: 'None are given any more.' } },
});

@Entity('annotators')
@ObjectType({ implements: () => Node, description: 'Someone or something that votes.' })
export class Annotator implements Node {
  @PrimaryColumn({ name: 'project_id', type: 'integer' })
  projectId: number;

  /** Dense within the project: 0, 1, 2, ... */
  @PrimaryColumn('integer')
  code: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Annotator', this.projectId, this.code);
  }

  @Column({ name: 'external_id', type: 'text' })
  @Field(() => String, { description: "The caller's own id, byte for byte as it came." })
  externalId: string;

  @Column('text')
  @Field(() => AnnotatorKind)
  kind: AnnotatorKind;

  @Column('text')
  @Field(() => AnnotatorStatus)
  status: AnnotatorStatus;

  @Column({ name: 'status_reason', type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'Why they are paused or blocked.' })
  statusReason: string | null;

  @Column({ name: 'status_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'Since when they have their status; null for one that never changed.' })
  statusAt: Date | null;

  @Column('double precision')
  @Field(() => Float, { description: 'What a vote of theirs costs, in a unit of your own; 1 by default.' })
  cost: number;

  @Column({ type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'So many votes and live leases they may have at most; null for any number.' })
  capacity: number | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  @Field(() => Date)
  createdAt: Date;
}
