import { Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { MethodOptions } from '../aggregation/index.js';
import { globalId } from '../platform/graphql/global-id.js';
import { Node } from '../platform/graphql/node.js';
import { BigIntScalar, JsonScalar } from '../platform/graphql/scalars.js';

export enum RunStatus {
  QUEUED = 'QUEUED',
  RUNNING = 'RUNNING',
  SUCCEEDED = 'SUCCEEDED',
  FAILED = 'FAILED',
  CANCELLED = 'CANCELLED',
}

registerEnumType(RunStatus, {
  name: 'RunStatus',
  valuesMap: {
    QUEUED: { description: 'Waits for a worker, perhaps again after one was lost.' },
    RUNNING: {},
    SUCCEEDED: { description: 'Its results are there.' },
    FAILED: { description: 'Ended without results; `failure` tells why.' },
    CANCELLED: {},
  },
});

export enum RunOrigin {
  REQUEST = 'REQUEST',
  RULE = 'RULE',
}

registerEnumType(RunOrigin, {
  name: 'RunOrigin',
  valuesMap: {
    REQUEST: { description: 'Somebody asked for it.' },
    RULE: { description: "The project's rule for automatic runs did. Its results are kept while it is current and for an hour." },
  },
});

/** What is found of classes and models, a number each, and of the run itself; null for unknown. */
export type FoundOfRun = Record<'class' | 'model' | 'run', Record<string, (number | null)[]>>;

/** Statuses that nothing follows. */
export const ENDED: readonly RunStatus[] = [RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED];

@Entity('runs')
@ObjectType({ implements: () => Node, description: 'One execution of an aggregation method over the votes up to a watermark. Method, options, seed and watermark repeat it to the bit.' })
export class Run implements Node {
  @PrimaryColumn({ name: 'project_id', type: 'integer' })
  projectId: number;

  @PrimaryColumn('bigint')
  id: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Run', this.projectId, this.id);
  }

  @Column({ name: 'method_id', type: 'text' })
  @Field(() => String, { name: 'method', description: 'The id of the aggregation method.' })
  methodId: string;

  @Column({ name: 'method_version', type: 'integer' })
  @Field(() => Int, { description: 'Another version may give other bits.' })
  methodVersion: number;

  @Column('jsonb')
  @Field(() => JsonScalar, { description: 'Every option of the method, the defaults included.' })
  options: MethodOptions;

  @Column('bigint')
  @Field(() => Int, { description: 'Every random draw derives from it.' })
  seed: number;

  @Column({ type: 'bigint', nullable: true })
  @Field(() => BigIntScalar, { nullable: true, description: 'The point in the vote log that the run reads up to; null until a worker takes the run up.' })
  watermark: number | null;

  @Column('integer', { name: 'prediction_versions', array: true, nullable: true })
  predictionVersions: number[] | null;

  @Column({ name: 'changes_at_watermark', type: 'bigint', nullable: true })
  changesAtWatermark: number | null;

  @Column('text')
  @Field(() => RunOrigin)
  origin: RunOrigin;

  @Column({ name: 'make_current', type: 'boolean' })
  @Field(() => Boolean, { description: "Whether its results become the project's own when it succeeds." })
  makeCurrent: boolean;

  @Column('text')
  @Field(() => RunStatus)
  status: RunStatus;

  @Column('integer')
  @Field(() => Int, { description: 'How many workers have taken it up; more than 1 after a worker was lost.' })
  attempt: number;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'What it is doing, or did last: snapshot, a phase of the method, store.' })
  phase: string | null;

  @Column({ type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: "The method's iteration that was told last, or that is under way." })
  iteration: number | null;

  @Column({ name: 'log_likelihood', type: 'double precision', nullable: true })
  @Field(() => Float, { nullable: true, description: "The method's objective at that iteration: for EM methods the natural-log marginal likelihood." })
  logLikelihood: number | null;

  @Column({ name: 'iteration_done', type: 'real', nullable: true })
  @Field(() => Float, { nullable: true, description: 'The share of that iteration that is done, where one takes long; null once it has ended.' })
  iterationDone: number | null;

  @Column({ name: 'estimated_operations', type: 'double precision', nullable: true })
  estimatedOperations: number | null;

  @Column({ name: 'estimated_bytes', type: 'double precision', nullable: true })
  estimatedBytes: number | null;

  @Column({ name: 'item_count', type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Items known at the watermark, voted on or not.' })
  itemCount: number | null;

  @Column({ name: 'annotator_count', type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Annotators known at the watermark.' })
  annotatorCount: number | null;

  @Column({ name: 'vote_count', type: 'bigint', nullable: true })
  @Field(() => Float, { nullable: true, description: 'Votes that the method read.' })
  voteCount: number | null;

  @Column({ name: 'gold_count', type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Items whose class the run was given by gold; null until it succeeded, and where its method reads none.' })
  goldCount: number | null;

  @Column({ name: 'prior_count', type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Annotators of whom the run was told something beforehand; null until it succeeded, and where its method reads no prior counts.' })
  priorCount: number | null;

  @Column({ type: 'integer', nullable: true })
  iterations: number | null;

  @Column({ type: 'boolean', nullable: true })
  converged: boolean | null;

  @Column({ type: 'integer', nullable: true })
  ties: number | null;

  @Column('double precision', { array: true, nullable: true })
  trace: number[] | null;

  @Column('text', { array: true, nullable: true })
  warnings: string[] | null;

  @Column('double precision', { name: 'class_priors', array: true, nullable: true })
  classPriors: number[] | null;

  @Column('text', { name: 'item_findings', array: true, nullable: true })
  itemFindings: string[] | null;

  @Column('text', { name: 'annotator_findings', array: true, nullable: true })
  annotatorFindings: string[] | null;

  @Column({ type: 'jsonb', nullable: true })
  findings: FoundOfRun | null;

  @Column({ type: 'jsonb', nullable: true })
  @Field(() => JsonScalar, { nullable: true, description: 'Seconds by phase, once it succeeded.' })
  seconds: Record<string, number> | null;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  failure: string | null;

  @Column({ name: 'results_dropped_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'When its soft labels and annotator figures were dropped; starting it again with its watermark, options and seed brings them back to the bit.' })
  resultsDroppedAt: Date | null;

  /** Null where its labels have the form of an older version, see results/old-results.service.ts. */
  @Column({ name: 'label_blocks_since', type: 'timestamptz', nullable: true })
  labelBlocksSince: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  @Field(() => Date)
  createdAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'When a worker took it up, the first time.' })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true })
  finishedAt: Date | null;
}
