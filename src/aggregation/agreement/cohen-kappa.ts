import { overLargest } from './krippendorff-alpha.js';
import type { AgreementMetric, AnswerDistance, MetricSetting } from './metric.js';

/**
 * Kappa of two annotators over the items both voted on. Over a whole crowd the disagreements of all pairs are pooled, which
 * weights a pair by what it shares. A pair with one shared item has a kappa of 0 or none, whatever it answered, so where pairs
 * share few items the value is drawn to 0: ask Krippendorff's alpha there.
 */
export const cohenKappa: AgreementMetric = {
  id: 'cohen-kappa',
  version: 1,
  title: "Cohen's kappa",
  source: 'Cohen (1960), weighted: Cohen (1968); pooled over pairs: De Vries et al., Field Methods 20(3) (2008)',
  scale: 'nominal',
  lowest: -1,
  options: [
    { name: 'weights', type: 'choice', default: 'none', choices: ['none', 'linear', 'quadratic'], doc: 'What a disagreement costs: the same whatever the classes, or their distance in class order, or its square.' },
  ],
  scaleWith: ({ weights }) => (weights === 'none' ? 'nominal' : 'ordinal'),
  distance: (counts, setting) => overLargest(counts, setting.classRanks, costOf(setting)),
  forPairs(setting) {
    const { classCount } = setting;
    const cost = costOf(setting);
    const first = new Float64Array(classCount);
    const second = new Float64Array(classCount);
    const voted = new Int32Array(classCount);
    return (pair) => {
      let observed = 0;
      let distinct = 0;
      const tally = (side: Float64Array, k: number, weight: number) => {
        if (first[k] === 0 && second[k] === 0) voted[distinct++] = k;
        side[k]! += weight;
      };
      for (let v = pair.start; v < pair.end; v++) {
        const k = pair.first[v]!;
        const l = pair.second[v]!;
        observed += pair.weight[v]! * cost(k, l);
        tally(first, k, pair.weight[v]!);
        tally(second, l, pair.weight[v]!);
      }
      // What answers drawn from the two annotators' own shares would cost.
      let expected = 0;
      for (let i = 0; i < distinct; i++) {
        for (let j = 0; j < distinct; j++) expected += first[voted[i]!]! * second[voted[j]!]! * cost(voted[i]!, voted[j]!);
      }
      for (let i = 0; i < distinct; i++) first[voted[i]!] = second[voted[i]!] = 0;
      return { observed, expected: expected / pair.sharedItems };
    };
  },
};

function costOf({ classRanks, options }: MetricSetting): AnswerDistance {
  const distance = (k: number, l: number) => Math.abs(classRanks[k]! - classRanks[l]!);
  const costs = { none: (k: number, l: number) => Number(k !== l), linear: distance, quadratic: (k: number, l: number) => distance(k, l) ** 2 };
  return costs[options.weights as keyof typeof costs];
}
