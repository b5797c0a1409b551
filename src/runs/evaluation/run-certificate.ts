import { Field, Float, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ProbabilityScalar } from '../../platform/graphql/scalars.js';

export enum MajorityVoteVerdict {
  MV_OPTIMAL_UNDER_MODEL = 'MV_OPTIMAL_UNDER_MODEL',
  MV_NOT_OPTIMAL_UNDER_MODEL = 'MV_NOT_OPTIMAL_UNDER_MODEL',
  INSUFFICIENT_DATA = 'INSUFFICIENT_DATA',
}

registerEnumType(MajorityVoteVerdict, {
  name: 'MajorityVoteVerdict',
  valuesMap: {
    MV_OPTIMAL_UNDER_MODEL: { description: '`holds` is at least 0.95: weighing annotators would change next to no decision but ties.' },
    MV_NOT_OPTIMAL_UNDER_MODEL: { description: '`refuted` is above 0.05: another method decides better, if the model is right; by how much, `regret` tells. Confirm with gold answers.' },
    INSUFFICIENT_DATA: { description: 'Neither: the votes leave the annotators too uncertain to tell, or there is nothing to compare; `advice` tells which.' },
  },
});

@ObjectType({ description: 'How much more often the best decision is right than majority vote, as a share of the items; ties count as split evenly.' })
export class MajorityVoteRegret {
  @Field(() => Float, { description: 'Over all drawn crowds.' })
  mean: number;

  @Field(() => Float, { description: 'Lower end of the interval that holds 95% of the drawn crowds.' })
  low: number;

  @Field(() => Float, { description: 'Upper end of that interval.' })
  high: number;
}

@ObjectType({ description: 'Is majority vote already the best decision with these votes? iBCC is fitted, crowds are drawn from what it learned of the annotators, and each is asked. The same for all methods on the same votes and gold answers.' })
export class MajorityVoteCertificate {
  @Field(() => MajorityVoteVerdict)
  verdict: MajorityVoteVerdict;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'The chance that majority vote is the best decision on an item, over the items looked at and the drawn crowds. Two classes: best whatever the item\'s annotators vote. More classes: best for the votes they gave, where these are not tied. Null where there is no such item.' })
  holds: number | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Share of these items on which at least 95% of the drawn crowds say that majority vote is not the best decision.' })
  refuted: number | null;

  @Field(() => MajorityVoteRegret, { nullable: true, description: 'Null where no crowd was drawn.' })
  regret: MajorityVoteRegret | null;

  @Field(() => ProbabilityScalar, { nullable: true, description: 'Share of the voted items whose most voted class is shared; null without votes.' })
  tieRate: number | null;

  @Field(() => Int, { description: 'Items that the run read votes of.' })
  votedItems: number;

  @Field(() => Int, { description: 'Items looked at, drawn at random from these: at most 20,000, and fewer where classes are many.' })
  evaluatedItems: number;

  @Field(() => Int, { description: 'Crowds that were drawn; 0 where no item has two votes.' })
  draws: number;

  @Field(() => String, { description: 'What the verdict rests on.' })
  assumption: string;

  @Field(() => String, { description: 'What to do about it.' })
  advice: string;
}
