import { Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { globalId } from '../platform/graphql/global-id.js';
import { Node } from '../platform/graphql/node.js';
import { JsonScalar } from '../platform/graphql/scalars.js';

export enum RepeatPolicy {
  KEEP_LAST = 'KEEP_LAST',
  KEEP_FIRST = 'KEEP_FIRST',
  REJECT = 'REJECT',
  KEEP_ALL = 'KEEP_ALL',
}

registerEnumType(RepeatPolicy, {
  name: 'RepeatPolicy',
  description: "What becomes of a second vote of one annotator on one item. Which of two votes is the later is told by their own `time` where both have one; by their arrival where one has none, and for equal times.",
  valuesMap: {
    KEEP_LAST: { description: 'The later vote stands: it supersedes the earlier one, which stays in the history. One that arrives late, with an earlier time, is kept in the history only.' },
    KEEP_FIRST: { description: 'The earlier vote stands; a later answer is kept in the history only. A class stands before a SKIP, UNSURE or CANNOT_LABEL, whichever came first.' },
    REJECT: { description: 'The vote that arrived first stands; another answer is refused.' },
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

  @Column({ name: 'min_votes', type: 'integer' })
  @Field(() => Int, { description: 'So many votes an item needs before its confidence can make it done.' })
  minVotes: number;

  @Column({ name: 'max_votes', type: 'integer' })
  @Field(() => Int, { description: 'So many votes an item gets at most: votes and live leases together never pass it.' })
  maxVotes: number;

  @Column({ type: 'double precision', nullable: true })
  @Field(() => Float, { nullable: true, description: 'An item with minVotes whose soft label is so sure is done; one that has maxVotes and is not, is contested. Null: done at maxVotes.' })
  confidence: number | null;

  @Column('text')
  @Field(() => String, { description: 'Which items are asked about first: an id of acquisitionScores, or auto: activelab where predictions are there, information-gain where not.' })
  policy: string;

  @Column({ name: 'lease_seconds', type: 'integer' })
  @Field(() => Int, { description: 'How long an item stays with the annotator it was given to.' })
  leaseSeconds: number;

  @Column({ name: 'gold_rate', type: 'double precision' })
  @Field(() => Float, { description: 'Share of the items given to annotators whose answer is known, so that they can be measured.' })
  goldRate: number;

  @Column({ name: 'exploration_share', type: 'double precision' })
  @Field(() => Float, { description: "Share of a new annotator's items that are drawn at random instead of by the policy." })
  explorationShare: number;

  @Column({ name: 'overlap_share', type: 'double precision' })
  @Field(() => Float, { description: 'Before the first run: share of the items that get a second vote early, so that annotators can be compared.' })
  overlapShare: number;

  @Column({ name: 'allow_repeats', type: 'boolean' })
  @Field(() => Boolean, { description: 'Whether an annotator may be given an item again that they voted on; for KEEP_ALL.' })
  allowRepeats: boolean;

  @Column({ type: 'double precision', nullable: true })
  @Field(() => Float, { nullable: true, description: 'No items are given once the votes have cost so much; a vote costs its annotator\'s cost.' })
  budget: number | null;

  @Column({ name: 'stop_below_gain', type: 'double precision', nullable: true })
  @Field(() => Float, { nullable: true, description: 'No items are given once another vote on an open item is expected to tell less than so many nats, on average.' })
  stopBelowGain: number | null;

  @Column({ name: 'done_rule', type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'An expression that makes an item done, in place of minVotes and confidence.' })
  doneRule: string | null;

  @Column({ name: 'priority_rule', type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'An expression whose greatest values are asked about first, in place of the policy.' })
  priorityRule: string | null;

  @Column({ name: 'flag_rule', type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'An expression that flags an item for people to look at.' })
  flagRule: string | null;

  @Column({ name: 'pause_rule', type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'An expression over an annotator that pauses them.' })
  pauseRule: string | null;

  @Column({ name: 'prediction_stale_votes', type: 'integer' })
  @Field(() => Int, { description: "A model's predictions are stale once more votes than this were written or ended since those it was trained on." })
  predictionStaleVotes: number;

  /** Raised by whatever changes the worth of many items at once. */
  @Column({ name: 'scoring_version', type: 'bigint' })
  scoringVersion: number;

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

  /** How many of its annotators were erased. Codes of annotators that were looked up under another count are to be looked up again. */
  @Column({ name: 'annotator_erasures', type: 'integer' })
  annotatorErasures: number;

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
