import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { defaultMethodId } from '../aggregation/index.js';
import { JsonScalar } from '../platform/scalars.js';
import { Project, RepeatPolicy } from './project.entity.js';

@InputType({ description: 'Rules that are left out keep their value; null removes one that may be absent.' })
export class ProjectRulesInput {
  @Field(() => Int, { nullable: true, description: 'How many votes an item should get: 1 to 10,000; 3 by default.' })
  @IsOptional() @IsInt() @Min(1) @Max(10_000)
  votesPerItem?: number;

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
}
