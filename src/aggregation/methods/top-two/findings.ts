import type { FindingSpec } from '../../method.js';

/** What top-two says beside its soft labels; the spectral variants have neither intervals nor probabilities of answers. */
export const topTwoFindings: readonly FindingSpec[] = [
  { name: 'first', per: 'item', type: 'class', meaning: 'The right answer. Withheld on a tie for it.' },
  { name: 'second', per: 'item', type: 'class', meaning: 'The plausible wrong answer. Withheld on a tie for it.' },
  { name: 'firstProbability', per: 'item', type: 'probability', meaning: 'Probability that the first answer is the first.' },
  { name: 'pairProbability', per: 'item', type: 'probability', meaning: 'Probability that these are the two answers, in this order.' },
  {
    name: 'confusionProbability', per: 'item', type: 'probability', min: 0, max: 0.5, interval: ['confusionLow', 'confusionHigh'],
    meaning: 'How often an annotator who looks at the item still gives the second answer: 0 where nobody confuses the two, 0.5 where they cannot be told apart.',
  },
  { name: 'confusionLow', per: 'item', type: 'probability', min: 0, max: 0.5, meaning: 'Lower end of the 95% interval of the confusion probability.' },
  { name: 'confusionHigh', per: 'item', type: 'probability', min: 0, max: 0.5, meaning: 'Upper end of the 95% interval of the confusion probability.' },
  {
    name: 'pairGap', per: 'item', type: 'number', min: 0,
    meaning: 'How far the best pair is ahead of the runner-up: their difference in probability, under the spectral variants in score.',
  },
  { name: 'tied', per: 'item', type: 'boolean', meaning: 'Whether the best pair is shared by several.' },
  { name: 'disagreesWithMajority', per: 'item', type: 'boolean', meaning: 'Whether another class has more votes than the first answer.' },
  { name: 'reliabilityLow', per: 'annotator', type: 'probability', meaning: 'Lower end of the 95% interval of the reliability; what is unsure in the answers themselves is left out.' },
  { name: 'reliabilityHigh', per: 'annotator', type: 'probability', meaning: 'Upper end of the 95% interval of the reliability.' },
  { name: 'belowChance', per: 'annotator', type: 'boolean', meaning: 'Whether the annotator names one of the two answers less often than 2/K, as chance would.' },
  { name: 'clippedShare', per: 'run', type: 'probability', meaning: 'Share of the reliabilities that lie at the end of their range: with many, the votes are too few to tell.' },
  { name: 'components', per: 'run', type: 'number', min: 1, meaning: 'Parts of the crowd that share no item and no annotator: reliabilities are not comparable across them.' },
];
