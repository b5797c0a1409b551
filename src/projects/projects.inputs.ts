import { Field, Float, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { defaultMethodId } from '../aggregation/index.js';
import { JsonScalar } from '../platform/graphql/scalars.js';
import { Project, RepeatPolicy } from './project.entity.js';

@InputType({ description: 'Rules that are left out keep their value; null removes one that may be absent.' })
export class ProjectRulesInput {
  @Field(() => Int, { nullable: true, description: 'So many votes an item needs before its confidence can make it done: 1 to 10,000; 1 by default.' })
  @IsOptional() @IsInt() @Min(1) @Max(10_000)
  minVotes?: number;

  @Field(() => Int, { nullable: true, description: 'So many votes an item gets at most: 1 to 10,000; 3 by default.' })
  @IsOptional() @IsInt() @Min(1) @Max(10_000)
  maxVotes?: number;

  @Field(() => Float, { nullable: true, description: 'Above 0, up to 1: an item with minVotes whose soft label is so sure is done. Null: done at maxVotes.' })
  @IsOptional() @Min(1e-9) @Max(1)
  confidence?: number | null;

  @Field(() => String, { nullable: true, description: 'An id of acquisitionScores, or auto, the default.' })
  policy?: string;

  @Field(() => Int, { nullable: true, description: '1 second to 7 days; 900 by default.' })
  @IsOptional() @IsInt() @Min(1) @Max(604_800)
  leaseSeconds?: number;

  @Field(() => Float, { nullable: true, description: '0 to 1; 0 by default.' })
  @IsOptional() @Min(0) @Max(1)
  goldRate?: number;

  @Field(() => Float, { nullable: true, description: '0 to 1; 0.1 by default.' })
  @IsOptional() @Min(0) @Max(1)
  explorationShare?: number;

  @Field(() => Float, { nullable: true, description: '0 to 1; 0.15 by default.' })
  @IsOptional() @Min(0) @Max(1)
  overlapShare?: number;

  @Field(() => Boolean, { nullable: true, description: 'Only with repeatPolicy KEEP_ALL.' })
  allowRepeats?: boolean;

  @Field(() => Float, { nullable: true })
  @IsOptional() @Min(0)
  budget?: number | null;

  @Field(() => Float, { nullable: true, description: 'In nats.' })
  @IsOptional() @Min(0)
  stopBelowGain?: number | null;

  @Field(() => String, { nullable: true, description: 'For example: votes >= 3 and (confidence >= 0.95 or topTwoGap > 0.6).' })
  doneRule?: string | null;

  @Field(() => String, { nullable: true, description: 'For example: gain * (1 + age_hours / 24).' })
  priorityRule?: string | null;

  @Field(() => String, { nullable: true, description: 'For example: votes >= 4 and disagreement > 0.5.' })
  flagRule?: string | null;

  @Field(() => String, { nullable: true, description: 'Over an annotator. For example: goldVotes >= 10 and goldAccuracyHigh < 0.7.' })
  pauseRule?: string | null;

  @Field(() => Int, { nullable: true, description: '0 to 2,000,000,000; 1,000 by default.' })
  @IsOptional() @IsInt() @Min(0) @Max(2_000_000_000)
  predictionStaleVotes?: number;

  @Field(() => RepeatPolicy, { nullable: true, description: 'KEEP_LAST by default. Cannot change once there are votes.' })
  repeatPolicy?: RepeatPolicy;

  @Field(() => Boolean, { nullable: true })
  createUnknownItems?: boolean;

  @Field(() => Boolean, { nullable: true })
  createUnknownAnnotators?: boolean;

  @Field(() => String, { nullable: true, description: `The id of an aggregation method, see aggregationMethods; ${defaultMethodId} by default.` })
  defaultMethod?: string;

  @Field(() => JsonScalar, { nullable: true, description: 'Options of the default method, by name.' })
  defaultOptions?: Record<string, unknown>;

  @Field(() => Int, { nullable: true })
  @IsOptional() @IsInt() @Min(1) @Max(2_000_000_000)
  rerunEveryVotes?: number | null;

  @Field(() => Int, { nullable: true })
  @IsOptional() @IsInt() @Min(1) @Max(31_536_000)
  rerunEverySeconds?: number | null;
}

@InputType()
export class CreateProjectInput {
  @Field(() => String)
  name: string;

  @Field(() => [String], { description: '2 to 10,000 distinct classes, in the order that probabilities will follow.' })
  classes: string[];

  @Field(() => ProjectRulesInput, { nullable: true })
  @IsOptional() @ValidateNested() @Type(() => ProjectRulesInput)
  rules?: ProjectRulesInput;

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@InputType()
export class UpdateProjectInput {
  @Field(() => ID)
  id: string;

  @Field(() => String, { nullable: true })
  name?: string;

  @Field(() => ProjectRulesInput, { nullable: true })
  @IsOptional() @ValidateNested() @Type(() => ProjectRulesInput)
  rules?: ProjectRulesInput;
}

@InputType()
export class ArchiveProjectInput {
  @Field(() => ID)
  id: string;

  @Field(() => Boolean, { defaultValue: true, description: 'False restores an archived project.' })
  archived: boolean;
}

@ObjectType()
export class ProjectPayload {
  @Field(() => Project)
  project: Project;
}

@ObjectType()
export class CreateProjectPayload extends ProjectPayload {
  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;

  @Field(() => [String], { description: 'Classes that are kept apart though they differ by blanks, case, Unicode form or the way a number is written alone, and those that read as if there were no answer (None, NaN).' })
  warnings: string[];
}
