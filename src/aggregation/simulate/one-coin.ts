import { uniformIndex } from '../numeric/sampling.js';
import type { AnswerModel } from './crowd.js';

export const oneCoin: AnswerModel = {
  id: 'one-coin',
  title: 'One coin an annotator: right with its skill, else any other class alike',
  source: 'Ghosh, Kale and McAfee, "Who moderates the moderators?" (2011)',
  prepare({ classCount, truth, skill }, random) {
    return {
      parameters: {
        confusionOf(annotator) {
          const right = skill[annotator]!;
          const matrix = new Float64Array(classCount * classCount).fill((1 - right) / (classCount - 1));
          for (let k = 0; k < classCount; k++) matrix[k * classCount + k] = right;
          return matrix;
        },
      },
      answer: (annotator, item) => (random() < skill[annotator]! ? truth[item]! : otherClass(truth[item]!, uniformIndex(random, classCount - 1))),
    };
  },
};

/** The `rank`-th of the classes that are not `excluded`. */
export function otherClass(excluded: number, rank: number): number {
  return rank < excluded ? rank : rank + 1;
}
