import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { globalId } from '../platform/graphql/global-id.js';
import { Node } from '../platform/graphql/node.js';

export enum VoteOutcome {
  CLASS = 'CLASS',
  SKIP = 'SKIP',
  UNSURE = 'UNSURE',
  CANNOT_LABEL = 'CANNOT_LABEL',
}

registerEnumType(VoteOutcome, {
  name: 'VoteOutcome',
  description: 'What the annotator did with the item.',
  valuesMap: {
    CLASS: { description: 'Named a class.' },
    SKIP: { description: 'Passed it by.' },
    UNSURE: { description: 'Looked, and could not decide.' },
    CANNOT_LABEL: { description: 'Found that it cannot be labelled: broken, or outside the classes.' },
  },
});

export enum VoteState {
  STANDING = 'STANDING',
  SUPERSEDED = 'SUPERSEDED',
  WITHDRAWN = 'WITHDRAWN',
  REPEAT = 'REPEAT',
}

registerEnumType(VoteState, {
  name: 'VoteState',
  valuesMap: {
    STANDING: { description: 'It counts.' },
    SUPERSEDED: { description: 'A later vote of the same annotator took its place.' },
    WITHDRAWN: { description: 'It was withdrawn.' },
    REPEAT: { description: 'It came after a first vote that stands, in a project that keeps the first.' },
  },
});

/** The columns a vote is read by, as SQL over the alias v; class names are the project's to give. */
export const VOTE_COLUMNS = `v.seq, v.project_id as "projectId", v.item_code as "itemCode", v.annotator_code as "annotatorCode",
  v.class_index as "classIndex", v.outcome as "outcomeCode", v.ended_seq as "endedSeq", v.ended_reason as "endedReason", v.voted_at as time,
  v.received_at as "receivedAt", v.duration_ms as "durationMs", v.vote_id as "voteId", v.guideline_version as "guidelineVersion", v.comment`;

const outcomeOf = Object.values(VoteOutcome);
const stateOf = Object.values(VoteState);

/** A vote is written with arrays of columns and read by hand-made SQL, so that it is no TypeORM entity. */
@ObjectType({ implements: () => Node, description: 'One answer of one annotator to one item. Votes are never changed or deleted: they end.' })
export class Vote implements Node {
  projectId: number;
  /** The ticket under which the vote was written: later votes have higher ones. */
  seq: number;
  itemCode: number;
  annotatorCode: number;
  classIndex: number;
  outcomeCode: number;
  endedSeq: number | null;
  endedReason: number | null;
  /** The project's classes, for the name. */
  classes: readonly string[];

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Vote', this.projectId, this.seq);
  }

  @Field(() => String, { nullable: true, name: 'class', description: 'Null for an outcome other than CLASS.' })
  get className(): string | null {
    return this.classIndex < 0 ? null : this.classes[this.classIndex]!;
  }

  @Field(() => VoteOutcome)
  get outcome(): VoteOutcome {
    return outcomeOf[this.outcomeCode]!;
  }

  @Field(() => VoteState)
  get state(): VoteState {
    return stateOf[this.endedReason ?? 0]!;
  }

  @Field(() => Date, { nullable: true, description: 'When the annotator answered, as the caller told.' })
  time: Date | null;

  @Field(() => Date, { description: 'When the service wrote it.' })
  receivedAt: Date;

  @Field(() => Int, { nullable: true })
  durationMs: number | null;

  @Field(() => String, { nullable: true, description: "The caller's own id of the vote." })
  voteId: string | null;

  @Field(() => String, { nullable: true })
  guidelineVersion: string | null;

  @Field(() => String, { nullable: true })
  comment: string | null;
}
