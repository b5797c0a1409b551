import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { RowResult } from '../platform/row-result.js';
import { JsonScalar } from '../platform/graphql/scalars.js';

@InputType()
export class ItemInput {
  @Field(() => String, { nullable: true, description: "The caller's own id: any Unicode but NUL, up to 1,024 bytes. Every item needs one." })
  item?: string | null;

  @Field(() => String, { nullable: true, deprecationReason: 'Use item.' })
  externalId?: string | null;

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
