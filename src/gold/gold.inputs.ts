import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { RowResult } from '../platform/row-result.js';
import type { GoldRow } from './gold-row.js';

@InputType({ description: 'The right class of one item.' })
export class GoldInput implements GoldRow {
  @Field(() => String, { description: "The item's external id." })
  item: string;

  @Field(() => String, { description: "One of the project's classes." })
  class: string;

  @Field(() => String, { nullable: true, description: 'Why it is the right one: up to 10,000 bytes. Left out, the answer has none.' })
  reason?: string | null;
}

@InputType()
export class SetGoldInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [GoldInput], { description: '1 to 10,000 answers, one an item.' })
  rows: GoldInput[];

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@InputType()
export class RemoveGoldInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [String], { description: 'External ids of 1 to 10,000 items.' })
  rows: string[];

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@ObjectType()
export class GoldPayload {
  @Field(() => [RowResult], { description: 'One result a row, in the order of the rows.' })
  results: RowResult[];

  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}
