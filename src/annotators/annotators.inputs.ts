import { Field, Float, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { RowResult } from '../platform/row-result.js';
import { AnnotatorKind } from './annotator.entity.js';

@InputType()
export class AnnotatorInput {
  @Field(() => String, { description: "The caller's own id: any Unicode but NUL, up to 1,024 bytes." })
  externalId: string;

  @Field(() => AnnotatorKind, { nullable: true, description: 'HUMAN for a new annotator where left out; an old one keeps its kind.' })
  kind?: AnnotatorKind | null;

  @Field(() => Float, { nullable: true, description: 'What a vote of theirs costs, above 0: 1 for a new annotator where left out; an old one keeps its cost.' })
  cost?: number | null;

  @Field(() => Int, { nullable: true, description: 'So many votes and live leases they may have at most, from 0. Null for any number, as for a new annotator where left out; an old one keeps its capacity.' })
  capacity?: number | null;
}

@InputType()
export class AnnotatorsInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [AnnotatorInput], { description: '1 to 10,000 annotators.' })
  annotators: AnnotatorInput[];
}

@InputType()
export class AnnotatorStatusInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [String], { description: 'Their external ids, 1 to 10,000.' })
  annotators: string[];

  @Field(() => String, { nullable: true, description: 'Why: up to 1,024 bytes, shown with the status of those paused or blocked and kept in the audit log.' })
  reason?: string | null;
}

@ObjectType()
export class AnnotatorsPayload {
  @Field(() => [RowResult], { description: 'One result a row, in the order of the rows.' })
  results: RowResult[];
}
