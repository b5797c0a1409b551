import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { globalId } from '../platform/global-id.js';
import { Node } from '../platform/node.js';
import { JsonScalar } from '../platform/scalars.js';

export enum RepeatPolicy {
  KEEP_LAST = 'KEEP_LAST',
  KEEP_FIRST = 'KEEP_FIRST',
  REJECT = 'REJECT',
  KEEP_ALL = 'KEEP_ALL',
}

registerEnumType(RepeatPolicy, {
  name: 'RepeatPolicy',
  description: 'What becomes of a second vote of one annotator on one item.',
  valuesMap: {
    KEEP_LAST: { description: 'The new vote supersedes the old one, which stays in the history.' },
    KEEP_FIRST: { description: 'The first vote stands; another answer is kept in the history only.' },
    REJECT: { description: 'The first vote stands; another answer is refused.' },
    KEEP_ALL: { description: 'Every vote stands and counts: for designs that ask the same person again.' },
  },
});

@Entity('projects')
@ObjectType({ implements: () => Node, description: 'One labelling question: an ordered list of classes, its items, annotators and votes, and the rules they follow.' })
export class Project implements Node {
  @PrimaryGeneratedColumn('identity')
  id: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Project', this.id);
  }

  @Column({ name: 'workspace_id', type: 'integer' })
  workspaceId: number;

  @Column('text')
  @Field(() => String)
  name: string;

  @Column('text', { array: true })
  @Field(() => [String], { description: 'The K answers an annotator may choose from, in the order that probabilities follow.' })
  classes: string[];

  @Column({ name: 'votes_per_item', type: 'integer' })
  @Field(() => Int, { description: 'How many votes an item should get.' })
  votesPerItem: number;

  @Column({ name: 'repeat_policy', type: 'text' })
  @Field(() => RepeatPolicy)
  repeatPolicy: RepeatPolicy;

  @Column({ name: 'create_unknown_items', type: 'boolean' })
  @Field(() => Boolean, { description: 'Whether a vote on an unknown item makes the item; else the vote is rejected.' })
  createUnknownItems: boolean;

  @Column({ name: 'create_unknown_annotators', type: 'boolean' })
  @Field(() => Boolean, { description: 'Whether a vote of an unknown annotator makes the annotator; else the vote is rejected.' })
  createUnknownAnnotators: boolean;

  @Column({ name: 'default_method', type: 'text' })
  @Field(() => String, { description: 'The aggregation method of runs that name none.' })
  defaultMethod: string;

  @Column({ name: 'default_options', type: 'jsonb' })
  @Field(() => JsonScalar, { description: 'The options of the default method.' })
  defaultOptions: Record<string, unknown>;

  @Column({ name: 'rerun_every_votes', type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'A run starts by itself after so many new votes.' })
  rerunEveryVotes: number | null;

  @Column({ name: 'rerun_every_seconds', type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'A run starts by itself so many seconds after the last one, when there are new votes.' })
  rerunEverySeconds: number | null;

  @Column({ name: 'current_run_id', type: 'bigint', nullable: true })
  currentRunId: number | null;

  @Column({ name: 'archived_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'Since when the project takes no votes.' })
  archivedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  @Field(() => Date)
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  @Field(() => Date)
  updatedAt: Date;
}
