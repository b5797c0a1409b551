import { beta, dirichlet, permutation } from '../numeric/sampling.js';
import type { AnswerModel } from './crowd.js';
import { otherClass } from './one-coin.js';

/** How close an annotator's accuracies on the single classes keep to its skill: the two shapes of the Beta sum to this. */
const concentration = 20;
const largestCells = 2 ** 27;

export const dawidSkene: AnswerModel = {
  id: 'dawid-skene',
  title: 'A confusion matrix an annotator',
  source: 'Dawid and Skene, Applied Statistics 28(1) (1979)',
  prepare({ annotatorCount, classCount, truth, skill, options }, random) {
    const neighbours = options.confusable === 0 ? classCount - 1 : Math.min(options.confusable, classCount - 1);
    const width = neighbours + 1;
    const cells = annotatorCount * classCount * width;
    if (cells > largestCells) {
      throw new RangeError(
        `${annotatorCount} confusion matrices over ${classCount} classes need ${Math.round((cells * 8) / 2 ** 20)} MiB; ` +
          `set option confusable below ${Math.max(1, Math.floor(largestCells / (annotatorCount * classCount)) - 1)}`,
      );
    }
    // Row k of `answers` is the true class and then the classes it is taken for, the same for all annotators.
    const answers = new Int32Array(classCount * width);
    for (let k = 0; k < classCount; k++) {
      answers[k * width] = k;
      const others = neighbours === classCount - 1 ? null : permutation(random, classCount - 1);
      for (let c = 0; c < neighbours; c++) answers[k * width + 1 + c] = otherClass(k, others ? others[c]! : c);
    }
    const chances = new Float64Array(cells);
    const flat = new Float64Array(neighbours).fill(1);
    const wrong = new Float64Array(neighbours);
    for (let a = 0, at = 0; a < annotatorCount; a++) {
      for (let k = 0; k < classCount; k++, at += width) {
        const s = skill[a]!;
        const right = s === 0 || s === 1 ? s : beta(random, concentration * s, concentration * (1 - s));
        dirichlet(random, flat, wrong);
        chances[at] = right;
        for (let c = 0; c < neighbours; c++) chances[at + 1 + c] = (1 - right) * wrong[c]!;
      }
    }
    return {
      parameters: {
        confusionOf(annotator) {
          const matrix = new Float64Array(classCount * classCount);
          for (let k = 0; k < classCount; k++) {
            for (let c = 0; c < width; c++) matrix[k * classCount + answers[k * width + c]!] = chances[(annotator * classCount + k) * width + c]!;
          }
          return matrix;
        },
      },
      answer(annotator, item) {
        const k = truth[item]!;
        const at = (annotator * classCount + k) * width;
        let left = random();
        let c = 0;
        while (c < neighbours && (left -= chances[at + c]!) >= 0) c++;
        return answers[k * width + c]!;
      },
    };
  },
};
