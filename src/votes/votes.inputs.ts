import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { VoteOutcome } from './vote.entity.js';
import { VoteStatus } from './vote-batch.js';

registerEnumType(VoteStatus, {
  name: 'VoteStatus',
  description: 'What became of one row. All but REJECTED are durable when they are answered.',
  valuesMap: {
    CREATED: { description: 'A new vote that counts.' },
    SUPERSEDED: { description: "A new vote that counts in place of the annotator's earlier one." },
    DUPLICATE: { description: "Nothing changes in what counts: the vote is there already, or another answer of the annotator stands by the project's repeatPolicy and this one is in the history." },
    REJECTED: { description: 'Refused; code and message tell why. The other rows are not touched by it.' },
  },
});

@InputType({ description: 'One answer of one annotator to one item: a class, or an outcome of another kind.' })
export class VoteInput {
  @Field(() => String, { description: "The item's external id: any Unicode but NUL, up to 1,024 bytes." })
  item: string;

  @Field(() => String, { description: "The annotator's external id." })
  annotator: string;

  @Field(() => String, { nullable: true, description: "One of the project's classes; left out with an outcome other than CLASS." })
  class?: string | null;

  @Field(() => VoteOutcome, { nullable: true, description: 'CLASS where left out.' })
  outcome?: VoteOutcome | null;

  @Field(() => String, { nullable: true, description: 'Your id of this vote, unique in the project: the same vote sent again is a DUPLICATE.' })
  voteId?: string | null;

  @Field(() => Date, { nullable: true, description: 'When the annotator answered: of two votes of one annotator on one item it tells which is the later (see RepeatPolicy).' })
  time?: Date | null;

  @Field(() => Int, { nullable: true, description: 'How long the answer took, in milliseconds.' })
  durationMs?: number | null;

  @Field(() => String, { nullable: true, description: 'Up to 10,000 bytes.' })
  comment?: string | null;

  @Field(() => String, { nullable: true, description: 'Which version of the guidelines the annotator worked by.' })
  guidelineVersion?: string | null;
}

@InputType()
export class SubmitVotesInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [VoteInput], { description: '1 to 10,000 votes.' })
  votes: VoteInput[];

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@ObjectType()
export class VoteResult {
  @Field(() => Int, { description: "The row's place in the call, from 0." })
  index: number;

  @Field(() => VoteStatus)
  status: VoteStatus;

  @Field(() => String, { nullable: true, description: 'Why, for programs; null for a plain CREATED or SUPERSEDED.' })
  code: string | null;

  @Field(() => String, { nullable: true, description: 'Why, for people: with the value and the remedy.' })
  message: string | null;
}

@ObjectType({ description: 'How many rows had each status.' })
export class VoteStatusCounts {
  @Field(() => Int) created: number;
  @Field(() => Int) superseded: number;
  @Field(() => Int) duplicate: number;
  @Field(() => Int) rejected: number;
}

@InputType({ description: 'Names votes by your own id of the vote, or by item and annotator.' })
export class VoteReference {
  @Field(() => String, { nullable: true })
  voteId?: string | null;

  @Field(() => String, { nullable: true })
  item?: string | null;

  @Field(() => String, { nullable: true })
  annotator?: string | null;
}

@InputType()
export class WithdrawVotesInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => [VoteReference], { description: '1 to 10,000 references.' })
  votes: VoteReference[];

  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

export enum WithdrawalStatus {
  WITHDRAWN = 'WITHDRAWN',
  UNCHANGED = 'UNCHANGED',
  REJECTED = 'REJECTED',
}

registerEnumType(WithdrawalStatus, {
  name: 'WithdrawalStatus',
  valuesMap: {
    WITHDRAWN: { description: 'The vote counted until now.' },
    UNCHANGED: { description: 'It had ended before.' },
    REJECTED: { description: 'There is no such vote; code and message tell more.' },
  },
});

@ObjectType()
export class WithdrawalResult {
  @Field(() => Int) index: number;
  @Field(() => WithdrawalStatus) status: WithdrawalStatus;
  @Field(() => String, { nullable: true }) code?: string;
  @Field(() => String, { nullable: true }) message?: string;
}

@ObjectType()
export class WithdrawVotesPayload {
  @Field(() => [WithdrawalResult], { description: 'One result a row, in the order of the rows.' })
  results: WithdrawalResult[];

  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}
