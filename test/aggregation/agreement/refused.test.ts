import { expect, it } from 'vitest';
import { measureAgreement, pairwiseAgreement, type AgreementMeasureRequest } from '../../../src/aggregation/agreement.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';

const votes = new VoteTable({ items: [0, 0, 1], annotators: [0, 1, 0], classes: [0, 2, 1], itemCount: 2, annotatorCount: 2, classCount: 3 });

it.each<[Partial<AgreementMeasureRequest>, RegExp]>([
  [{ metric: 'kappa' }, /there is no agreement metric "kappa"; there are: percent, cohen-kappa, fleiss-kappa/],
  [{ options: { weights: 'cubic' } }, /option weights is "cubic"; it must be one of none, linear, quadratic/],
  [{ options: { weight: 1 } }, /cohen-kappa has no option "weight"; it has: weights/],
  [{ items: [0, 2] }, /items\[1\] is 2; it must be an item index from 0 to 1/],
  [{ items: [0.5] }, /items\[0\] is 0.5; it must be an item index/],
  [{ items: [1, 1] }, /items\[1\] is 1, which was selected before/],
  [{ classValues: [1, 2] }, /classValues has 2 entries; it must have one for each of the 3 classes/],
  [{ classValues: [1, NaN, 2] }, /classValues\[1\] is NaN; it must be a finite number/],
  [{ metric: 'krippendorff-alpha-ratio', classValues: [-1, 0, 1] }, /krippendorff-alpha-ratio measures from zero, and "0" lies below it; give classValues: a number of 0 or more/],
  [{ replicates: -1 }, /replicates is -1; it must be a whole number from 0/],
  [{ level: 95 }, /level is 95; it must lie between 0 and 1/],
  [{ seed: 1.5 }, /seed is 1.5; it must be a whole number/],
])('%j is refused with what is wrong and what would be right', (request, message) => {
  expect(() => measureAgreement({ metric: 'cohen-kappa', votes, ...request })).toThrow(message);
});

it('a metric over whole items does not compare pairs', () => {
  expect(() => pairwiseAgreement({ metric: 'fleiss-kappa', votes })).toThrow(/fleiss-kappa does not compare pairs of annotators; these do: percent, cohen-kappa/);
});
