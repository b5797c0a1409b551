import { Field, ObjectType } from '@nestjs/graphql';

/** Read by hand-made SQL, so that it is no TypeORM entity; the table is the migration's. */
@ObjectType({ description: 'The right class of an item, as somebody who should know has told.' })
export class GoldAnswer {
  projectId: number;
  itemCode: number;

  @Field(() => String, { name: 'class' })
  className: string;

  @Field(() => String, { nullable: true, description: 'Why it is the right one, as it was told.' })
  reason: string | null;

  @Field(() => Date, { description: 'When the service wrote it.' })
  at: Date;
}

/** The columns a gold answer is read by, as SQL over the alias gold; $1 is its project. */
export const GOLD_COLUMNS = `gold.project_id as "projectId", gold.item_code as "itemCode", gold.reason, gold.received_at as at,
  (select classes[gold.class_index + 1] from projects where id = $1) as "className"`;
