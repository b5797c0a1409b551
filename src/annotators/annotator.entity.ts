import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { globalId } from '../platform/global-id.js';
import { Node } from '../platform/node.js';

export enum AnnotatorKind {
  HUMAN = 'HUMAN',
  MODEL = 'MODEL',
}

registerEnumType(AnnotatorKind, {
  name: 'AnnotatorKind',
  description: 'Who votes.',
  valuesMap: { HUMAN: {}, MODEL: { description: 'A program, such as a language model.' } },
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

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  @Field(() => Date)
  createdAt: Date;
}
