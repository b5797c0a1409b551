import { Field, Float, ObjectType } from '@nestjs/graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Cost } from '../../platform/graphql/cost.js';

@ObjectType({ description: 'How many rows were changed in one place.' })
export class ChangedRows {
  @Field(() => String, { description: 'A table; votes are those whose comment or voteId is gone.' })
  place: string;

  @Field(() => Float)
  rows: number;
}

/** More places than there are. */
const MOST_PLACES = 20;

@Entity('annotator_erasures')
@ObjectType({ description: 'A person who was erased: what is left are their votes, under a pseudonym.' })
export class AnnotatorErasure {
  @PrimaryColumn({ name: 'project_id', type: 'integer' })
  projectId: number;

  @PrimaryColumn('bigint')
  id: number;

  @Column({ name: 'annotator_code', type: 'integer' })
  annotatorCode: number;

  @Column({ name: 'erased_at', type: 'timestamptz' })
  @Field(() => Date, { description: 'From then on nothing has their id.' })
  erasedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'When the last of their comments was removed; null while a job is at it.' })
  finishedAt: Date | null;

  @Column({ name: 'next_seq', type: 'bigint' })
  nextSeq: number;

  @Column({ name: 'last_seq', type: 'bigint' })
  lastSeq: number;

  @Field(() => Float, { description: 'Share of the log that was searched for their comments, from 0 to 1.' })
  get progress(): number {
    return this.finishedAt || this.lastSeq === 0 ? 1 : Math.min(1, this.nextSeq / this.lastSeq);
  }

  @Column('jsonb')
  changed: Record<string, number>;

  @Field(() => [ChangedRows], { name: 'changed', description: 'So far, place by place.' })
  @Cost({ list: MOST_PLACES })
  get changedRows(): ChangedRows[] {
    return Object.entries(this.changed).map(([place, rows]) => ({ place, rows }));
  }
}
