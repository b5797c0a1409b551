import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { RowResult } from '../platform/row-result.js';
import { JsonScalar } from '../platform/graphql/scalars.js';

@InputType()
export class ItemInput {
  @Field(() => String, { description: "The caller's own id: any Unicode but NUL, up to 1,024 bytes." })
  externalId: string;

  @Field(() => JsonScalar, { nullable: true, description: 'Up to 64 KiB of JSON.' })
  payload?: unknown;
}

@InputType()
export class ItemsInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [ItemInput], { description: '1 to 10,000 items.' })
  items: ItemInput[];
}

@ObjectType()
export class ItemsPayload {
  @Field(() => [RowResult], { description: 'One result a row, in the order of the rows.' })
  results: RowResult[];
}
