import { expect, it } from 'vitest';
import { quantiles } from '../../../src/aggregation/numeric/quantiles.js';
import { measureAgreement, simulateCrowd, VoteTable } from '../../../src/aggregation/index.js';

it('quantiles lie between their neighbours in rank', () => {
  expect(quantiles([3, 1, 2], [0, 0.25, 0.5, 1])).toEqual([1, 1.5, 2, 3]);
  expect(quantiles([7], [0.025, 0.975])).toEqual([7, 7]);
});

it('numbers that are nearly equal are told apart, each time', () => {
  const near = [0.1 + 0.2, 0.3, 1];
  for (let n = 0; n < 50; n++) expect(quantiles(near, [0, 0.5])).toEqual([0.3, 0.1 + 0.2]);
});

it('an interval of agreement has the same bits each time', () => {
  const { columns } = simulateCrowd({ model: 'glad', classes: 2, items: 400, annotators: 30, spammers: 0.1 }, 7);
  const votes = new VoteTable(columns);
  const intervals = Array.from({ length: 60 }, () => JSON.stringify(measureAgreement({ metric: 'percent', votes, replicates: 20 }).interval));
  expect(new Set(intervals).size).toBe(1);
});
