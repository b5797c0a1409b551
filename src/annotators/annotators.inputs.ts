import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { RowResult } from '../platform/row-result.js';
import { AnnotatorKind } from './annotator.entity.js';

@InputType()
export class AnnotatorInput {
  @Field(() => String, { description: "The caller's own id: any Unicode but NUL, up to 1,024 bytes." })
  externalId: string;

  @Field(() => AnnotatorKind, { nullable: true, description: 'HUMAN for a new annotator where left out; an old one keeps its kind.' })
  kind?: AnnotatorKind | null;
}

@InputType()
export class AnnotatorsInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [AnnotatorInput], { description: '1 to 10,000 annotators.' })
  annotators: AnnotatorInput[];
}

@ObjectType()
export class AnnotatorsPayload {
  @Field(() => [RowResult], { description: 'One result a row, in the order of the rows.' })
  results: RowResult[];
}
