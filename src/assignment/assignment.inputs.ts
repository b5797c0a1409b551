import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { EmptyAnswer } from './empty-answer.js';
import { Lease } from './lease.entity.js';

@InputType()
export class NextItemsInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: "The annotator's external id; a new one is made if the project makes annotators of itself." })
  annotator: string;

  @Field(() => Int, { defaultValue: 1, description: '1 to 10,000. An annotator may hold any number of leases, so that a platform can fetch ahead.' })
  count: number;

  @Field(() => String, { nullable: true, description: "Another policy than the project's, for comparisons: an id of acquisitionScores, or auto. Its first call waits until the items are in its order." })
  policy?: string | null;

  @Field(() => Int, { nullable: true, description: "Another lease than the project's: 1 second to 7 days." })
  leaseSeconds?: number | null;
}

@ObjectType()
export class NextItemsPayload {
  @Field(() => [Lease], { description: 'At most one of an item. In the order in which they should be labelled.' })
  leases: Lease[];

  @Field(() => EmptyAnswer, { nullable: true, description: 'Why there are fewer than were asked for; null where there are as many.' })
  empty: EmptyAnswer | null;
}

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
