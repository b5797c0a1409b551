import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { EmptyAnswer } from './empty-answer.js';
import { Lease } from './leases/lease.entity.js';

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
