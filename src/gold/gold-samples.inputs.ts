import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { IsInt, Max, Min } from 'class-validator';
import { GoldSample, GoldSampleDesign } from './gold-sample.js';

/** The most items one sample may have. */
export const LARGEST_SAMPLE = 100_000;

@InputType()
export class DrawGoldSampleInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => Int, { description: 'How many items: 1 to 100,000, and no more than the project has without a gold answer.' })
  @IsInt() @Min(1) @Max(LARGEST_SAMPLE)
  size: number;

  @Field(() => GoldSampleDesign)
  design: GoldSampleDesign;

  @Field(() => Int, { defaultValue: 0, description: 'What is drawn derives from it: 0 or more.' })
  @IsInt() @Min(0) @Max(0x7fffffff)
  seed: number;

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@ObjectType()
export class DrawGoldSamplePayload {
  @Field(() => GoldSample)
  sample: GoldSample;

  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}
