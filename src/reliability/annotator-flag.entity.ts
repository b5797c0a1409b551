import { Field, Float, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { FlagKind } from './flags.js';

export const AnnotatorFlagKind: Record<FlagKind, FlagKind> = {
  BELOW_CHANCE: 'BELOW_CHANCE',
  CHANCE_AGREEMENT: 'CHANCE_AGREEMENT',
  ONE_CLASS: 'ONE_CLASS',
  TOO_FAST: 'TOO_FAST',
  DRIFT: 'DRIFT',
};

registerEnumType(AnnotatorFlagKind, {
  name: 'AnnotatorFlagKind',
  description: 'What may be wrong with an annotator of 20 votes or more.',
  valuesMap: {
    BELOW_CHANCE: { description: 'Right less often than answers drawn at random: the upper end of the 99.9% interval of accuracy (value) lies below chance (threshold).' },
    CHANCE_AGREEMENT: { description: 'Right as often as answers drawn at random: informedness cannot be told from 0, and its upper end (value; 99.5% sure) lies below 0.3, or below half of what a quarter of the annotators pass (threshold).' },
    ONE_CLASS: { description: 'More than 95% of the votes (threshold) say the same class (value), of items of which the others say that at least 20 points fewer are of it; by chance 1 in 10,000.' },
    TOO_FAST: { description: "The median time for an answer, in seconds (value), lies below a quarter of that of the project's annotators (threshold), 97.5% sure; 20 timed votes at least." },
    DRIFT: { description: 'Informedness falls with time: by more standard errors (value) than 1 unchanging annotator in 2,000 passes (threshold), and accuracy by 10 points or more. 60 votes at least.' },
  },
});

@ObjectType({ description: 'What the figures say against an annotator. A flag ends by itself once it no longer holds.' })
export class AnnotatorFlag {
  @Field(() => AnnotatorFlagKind)
  kind: FlagKind;

  @Field(() => Date, { description: 'When it was raised.' })
  since: Date;

  @Field(() => Float, { description: 'The figure, as it was found last.' })
  value: number;

  @Field(() => Float, { description: 'What the figure is held against.' })
  threshold: number;

  @Field(() => String, { description: 'The flag in words, with its figures.' })
  explanation: string;

  @Field(() => Date, { nullable: true, description: 'When it no longer held.' })
  endedAt: Date | null;

  @Field(() => Date, { nullable: true, description: 'When somebody dismissed it.' })
  dismissedAt: Date | null;
}

/** SQL over annotator_flags. */
export const FLAG_COLUMNS = `annotator_code as code, kind, since, value, threshold, explanation, ended_at as "endedAt", dismissed_at as "dismissedAt"`;

@InputType()
export class DismissFlagInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: "The annotator's external id." })
  annotator: string;

  @Field(() => AnnotatorFlagKind)
  kind: FlagKind;

  @Field(() => String, { nullable: true, description: 'Why, for the audit log: up to 1,024 bytes.' })
  reason?: string | null;
}

@ObjectType()
export class DismissFlagPayload {
  @Field(() => AnnotatorFlag)
  flag: AnnotatorFlag;
}
