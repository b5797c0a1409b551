import { Field, Float, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ArrayMaxSize, ArrayMinSize, IsInt, IsOptional, Max, Min } from 'class-validator';
import { JsonScalar } from '../platform/graphql/scalars.js';
import { AgreementBy, AgreementReport } from './agreement-report.js';
import { requestedType } from '../reports/report.inputs.js';
import { SelectedVotesInput } from './vote-selection.js';

export const MOST_REPLICATES = 100_000;

@InputType()
export class RequestAgreementInput extends SelectedVotesInput {
  @Field(() => String, { description: 'The id of a metric, see agreementMetrics.' })
  metric: string;

  @Field(() => JsonScalar, { nullable: true, description: "The metric's options by name; what is left out takes its default." })
  options?: Record<string, unknown> | null;

  @Field(() => [AgreementBy], { defaultValue: [AgreementBy.OVERALL], description: 'What is measured.' })
  @ArrayMinSize(1) @ArrayMaxSize(20)
  by: AgreementBy[];

  @Field(() => [Float], { nullable: true, description: "The places of the classes on a line, a number for each class of the project in order; where left out, the numbers that the classes are named for. Interval and ratio metrics measure by them, ordinal ones take their order." })
  @IsOptional() @ArrayMaxSize(100_000)
  classValues?: number[] | null;

  @Field(() => Int, { defaultValue: 0, description: 'Resamples of the items for the interval of OVERALL, up to 100,000; 0 gives none.' })
  @IsInt() @Min(0) @Max(MOST_REPLICATES)
  replicates: number;

  @Field(() => Float, { defaultValue: 0.95, description: 'Of the interval: between 0 and 1.' })
  level: number;

  @Field(() => Int, { defaultValue: 0, description: 'Of the resampling: 0 or more.' })
  @IsInt() @Min(0) @Max(0x7fffffff)
  seed: number;
}

@ObjectType()
export class RequestAgreementPayload extends requestedType(AgreementReport) {}
