import { Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { globalId } from '../../platform/graphql/global-id.js';
import { JsonScalar } from '../../platform/graphql/scalars.js';

/** How a lease ended, as the table has it. */
export enum LeaseEnd {
  VOTED = 1,
  SKIPPED = 2,
  RELEASED = 3,
  EXPIRED = 4,
}

export enum AssignmentKind {
  NEW = 'NEW',
  RELABEL = 'RELABEL',
}

registerEnumType(AssignmentKind, {
  name: 'AssignmentKind',
  valuesMap: { NEW: { description: 'Nobody has voted on the item yet.' }, RELABEL: { description: 'It has votes; another is worth more than a first vote elsewhere.' } },
});

/** Of what tells of others' votes. */
const HIDDEN = 'null to a key of one annotator';

/** A lease as it is read; of a gold check, the figures of the item it took the place of. */
@ObjectType({ description: 'An item that was given to an annotator for a while.' })
export class Lease {
  projectId: number;
  leaseId: number;
  itemCode: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Lease', this.projectId, this.leaseId);
  }

  @Field(() => String, { description: "The item, by the caller's own id." })
  item: string;

  @Field(() => JsonScalar, { nullable: true, description: 'What was given with the item.' })
  payload: unknown;

  @Field(() => Date)
  leasedAt: Date;

  @Field(() => Date, { description: "From then on, by the database's clock, the item may be given to others. A vote is taken all the same." })
  expiresAt: Date;

  strategy: string;
  score: number | null;
  votes: number;
  /** Whether it is shown to its annotator, by a key of theirs. */
  isForAnnotator = false;

  @Field(() => String, { nullable: true, name: 'strategy', description: `What chose the item: an id of acquisitionScores, rule for a priority rule, exploration for a random draw; ${HIDDEN}.` })
  get shownStrategy(): string | null {
    return this.isForAnnotator ? null : this.strategy;
  }

  @Field(() => Float, { nullable: true, name: 'score', description: `The strategy's score, in its own unit (see acquisitionScores); null for a random draw, and ${HIDDEN}.` })
  get shownScore(): number | null {
    return this.isForAnnotator ? null : this.score;
  }

  @Field(() => Int, { nullable: true, name: 'votes', description: `How many votes for a class it had when it was given; ${HIDDEN}.` })
  get shownVotes(): number | null {
    return this.isForAnnotator ? null : this.votes;
  }

  @Field(() => AssignmentKind, { nullable: true, description: `Whether it had votes when it was given; ${HIDDEN}.` })
  get kind(): AssignmentKind | null {
    if (this.isForAnnotator) return null;
    return this.votes === 0 ? AssignmentKind.NEW : AssignmentKind.RELABEL;
  }
}
