import { normal, uniformIndex } from '../numeric/sampling.js';
import type { AnswerModel } from './crowd.js';
import { otherClass } from './one-coin.js';

/** Abilities are the logits of the skills; a skill of 1 is held back from an infinite one. */
const largestAbility = 20;

export const glad: AnswerModel = {
  id: 'glad',
  title: 'Ability against difficulty: right with sigmoid(ability x easiness)',
  source: 'Whitehill et al., "Whose vote should count more" (NIPS 2009)',
  prepare({ itemCount, classCount, truth, skill, options }, random) {
    const ability = skill.map((s) => Math.max(-largestAbility, Math.min(largestAbility, Math.log(s / (1 - s)))));
    const easiness = new Float64Array(itemCount);
    for (let i = 0; i < itemCount; i++) easiness[i] = Math.exp(options.easinessSpread * normal(random));
    return {
      parameters: { ability, easiness },
      answer(annotator, item) {
        const right = 1 / (1 + Math.exp(-ability[annotator]! * easiness[item]!));
        return random() < right ? truth[item]! : otherClass(truth[item]!, uniformIndex(random, classCount - 1));
      },
    };
  },
};
