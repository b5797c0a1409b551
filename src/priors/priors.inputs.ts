import { Field, Float, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ArrayMaxSize, ArrayMinSize, IsOptional } from 'class-validator';
import { USUAL_PRIOR_VOTES } from '../aggregation/index.js';
import { ROWS_PER_CALL, RowResult } from '../platform/row-result.js';
import type { PriorRow } from './prior-row.js';

/** What is taken from another project counts as no more, where nobody says: tasks differ. */
const USUAL_MOST_VOTES = 100;

@InputType({ description: 'How often the annotator answered `vote` where `truth` was true.' })
export class PriorCountInput {
  @Field(() => String, { description: "One of the project's classes." })
  truth: string;

  @Field(() => String, { description: "One of the project's classes." })
  vote: string;

  @Field(() => Float, { description: '0 or more.' })
  count: number;
}

@InputType({ description: 'What is known of one annotator: an accuracy, or counts.' })
export class AnnotatorPriorInput implements PriorRow {
  @Field(() => String, { description: "The annotator's external id. One who is new becomes known." })
  annotator: string;

  @Field(() => Float, { nullable: true, description: 'The share of right answers to expect of them, 0 to 1: of each class alike, and wrong answers on the others alike.' })
  accuracy?: number | null;

  @Field(() => [PriorCountInput], { nullable: true, description: 'Up to 100,000 pairs of classes, each once; what is left out is 0.' })
  counts?: PriorCountInput[] | null;

  @Field(() => Float, { nullable: true, description: `How many answers with a known truth this counts as, above 0 to 1,000,000. Left out: ${USUAL_PRIOR_VOTES} for an accuracy, the sum of the counts for counts.` })
  votes?: number | null;

  @Field(() => String, { nullable: true, description: 'Why: up to 10,000 bytes.' })
  reason?: string | null;
}

@InputType()
export class SetAnnotatorPriorsInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [AnnotatorPriorInput], { description: '1 to 10,000 rows, one an annotator.' })
  rows: AnnotatorPriorInput[];

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@InputType()
export class RemoveAnnotatorPriorsInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [String], { description: 'External ids of 1 to 10,000 annotators.' })
  annotators: string[];

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

export enum PriorKind {
  CONFUSION = 'CONFUSION',
  ACCURACY = 'ACCURACY',
}

registerEnumType(PriorKind, {
  name: 'PriorKind',
  valuesMap: {
    CONFUSION: { description: 'What answers fall on which classes. The classes of both projects must bear the same names, in any order.' },
    ACCURACY: { description: 'How often they are right, whatever the class: for projects of other classes and of like tasks.' },
  },
});

@InputType()
export class CopyAnnotatorPriorsInput {
  @Field(() => ID, { description: 'The project that is to know.' })
  projectId: string;

  @Field(() => ID, { description: 'Another project of the workspace, which knows.' })
  fromProjectId: string;

  @Field(() => ID, { nullable: true, description: "A run of that project that succeeded and whose results are still there; its current one where left out." })
  run?: string | null;

  @Field(() => [String], { nullable: true, description: `External ids, the same in both projects, of 1 to ${ROWS_PER_CALL} annotators; all whose votes the run read where left out. Those who are new here become known.` })
  @IsOptional() @ArrayMinSize(1) @ArrayMaxSize(ROWS_PER_CALL)
  annotators?: string[] | null;

  @Field(() => PriorKind, { defaultValue: PriorKind.CONFUSION })
  kind: PriorKind;

  @Field(() => Float, { defaultValue: USUAL_MOST_VOTES, description: 'What is known of an annotator counts as the votes that the run read of them, and as no more than so many.' })
  mostVotes: number;

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@ObjectType()
export class AnnotatorPriorsPayload {
  @Field(() => [RowResult], { description: 'One result a row, in the order of the rows; of a copy without names, in the order in which annotators became known to the other project.' })
  results: RowResult[];

  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}
