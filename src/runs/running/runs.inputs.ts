import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ArrayMaxSize, IsInt, IsOptional, Max, Min } from 'class-validator';
import { PredictionVersionInput } from '../../predictions/predictions.inputs.js';
import { BigIntScalar, JsonScalar } from '../../platform/graphql/scalars.js';
import { Run } from '../run.entity.js';

@InputType()
export class StartRunInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { nullable: true, description: "The id of an aggregation method, see aggregationMethods; the project's default where left out." })
  method?: string | null;

  @Field(() => Int, { nullable: true, description: "The method's version, such as that of an earlier run that is to be repeated: one of the method's `versions`; the newest where left out." })
  @IsOptional() @IsInt() @Min(1)
  methodVersion?: number | null;

  @Field(() => JsonScalar, { nullable: true, description: "The method's options by name; what is left out takes its default." })
  options?: Record<string, unknown> | null;

  @Field(() => Int, { defaultValue: 0, description: 'Every random draw derives from it: 0 or more.' })
  @IsInt() @Min(0) @Max(0x7fffffff)
  seed: number;

  @Field(() => BigIntScalar, { nullable: true, description: 'Read the votes as they stood at this point, such as the watermark of an earlier run; the newest where left out.' })
  @IsOptional()
  watermark?: bigint | null;

  @Field(() => [PredictionVersionInput], { nullable: true, description: "The versions of predictions to read, such as those of an earlier run: one a model; the project's current ones where left out. For methods that read predictions." })
  @IsOptional() @ArrayMaxSize(100)
  predictions?: PredictionVersionInput[] | null;

  @Field(() => Boolean, { defaultValue: true, description: "Whether its results become the project's own when it succeeds." })
  makeCurrent: boolean;

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@InputType()
export class CancelRunInput {
  @Field(() => ID)
  id: string;
}

@InputType()
export class SetCurrentRunInput {
  @Field(() => ID, { description: 'A run that succeeded and whose results are still there.' })
  id: string;
}

@ObjectType()
export class RunPayload {
  @Field(() => Run)
  run: Run;
}

@ObjectType()
export class StartRunPayload extends RunPayload {
  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}
