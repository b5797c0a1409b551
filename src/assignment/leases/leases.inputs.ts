import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';

@InputType()
export class LeasesInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: 'The annotator who holds them.' })
  annotator: string;

  @Field(() => [ID], { description: '1 to 10,000 leases.' })
  leases: string[];
}

@InputType()
export class HeartbeatInput extends LeasesInput {
  @Field(() => Int, { nullable: true, description: "How long they are to last from now on; the project's leaseSeconds where left out." })
  leaseSeconds?: number | null;
}

export enum LeaseStatus {
  LIVE = 'LIVE',
  RELEASED = 'RELEASED',
  SKIPPED = 'SKIPPED',
  REJECTED = 'REJECTED',
}

registerEnumType(LeaseStatus, { name: 'LeaseStatus', valuesMap: { LIVE: {}, RELEASED: {}, SKIPPED: {}, REJECTED: { description: 'The annotator does not hold it; code and message tell more.' } } });

@ObjectType()
export class LeaseResult {
  @Field(() => Int, { description: "The lease's place in the call, from 0." })
  index: number;

  @Field(() => LeaseStatus)
  status: LeaseStatus;

  @Field(() => Date, { nullable: true, description: 'For LIVE: until when it lasts now.' })
  expiresAt?: Date;

  @Field(() => String, { nullable: true })
  code?: string;

  @Field(() => String, { nullable: true })
  message?: string;
}

@ObjectType()
export class LeasesPayload {
  @Field(() => [LeaseResult], { description: 'One result a lease, in the order of the call.' })
  results: LeaseResult[];
}
