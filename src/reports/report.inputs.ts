import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import type { Type } from '@nestjs/common';
import { IsOptional } from 'class-validator';
import { BigIntScalar } from '../platform/graphql/scalars.js';
import type { Report } from './report.entity.js';

/** What every question has that a report answers. */
@InputType({ isAbstract: true })
export abstract class ReportInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => BigIntScalar, { nullable: true, description: 'The votes as they stood at this point; the newest where left out.' })
  @IsOptional()
  watermark?: bigint | null;

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

export interface Requested<Kind extends Report> {
  report: Kind;
  replayed: boolean;
}

/** The answer to whoever asks for a report of that kind; to be given a name by a class of its own. */
export function requestedType<Kind extends Report>(kind: Type<Kind>): Type<Requested<Kind>> {
  @ObjectType({ isAbstract: true })
  abstract class RequestedReport implements Requested<Kind> {
    @Field(() => kind, { description: 'The same question at the same watermark has the same report, whoever asks.' })
    report: Kind;

    @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
    replayed: boolean;
  }
  return RequestedReport as Type<Requested<Kind>>;
}
