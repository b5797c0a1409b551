import { uniformIndex } from '../numeric/sampling.js';
import type { AnswerModel } from './crowd.js';
import { otherClass } from './one-coin.js';

export const topTwo: AnswerModel = {
  id: 'top-two',
  title: 'Who knows an item wavers between its two plausible classes; who does not answers at random',
  source: 'Jeong and Chung, "Recovering Top-Two Answers and Confusion Probability" (ICML 2023)',
  prepare({ itemCount, classCount, truth, skill }, random) {
    const second = new Int32Array(itemCount);
    const clarity = new Float64Array(itemCount);
    for (let i = 0; i < itemCount; i++) {
      second[i] = otherClass(truth[i]!, uniformIndex(random, classCount - 1));
      clarity[i] = 0.5 + random() / 2;
    }
    return {
      parameters: { second, clarity },
      answer(annotator, item) {
        if (random() >= skill[annotator]!) return uniformIndex(random, classCount);
        return random() < clarity[item]! ? truth[item]! : second[item]!;
      },
    };
  },
};
