import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementMetrics, itemAgreement, measureAgreement } from '../../../src/aggregation/agreement.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { crowds, tableOf } from './crowds.js';

const settings: [string, Record<string, unknown>][] = [
  ...agreementMetrics.map(({ id }): [string, Record<string, unknown>] => [id, {}]),
  ['cohen-kappa', { weights: 'linear' }],
];

describe.each(settings)('the agreement of each item by %s %j', (metric, options) => {
  it('lists the items with two votes or more, each from 0 to 1, and 1 where all say the same', () => {
    fc.assert(fc.property(crowds({ repeats: true }), (crowd) => {
      const found = itemAgreement({ metric, options, votes: tableOf(crowd) });
      const votesOn = (item: number) => crowd.answers.filter((answer) => answer.item === item);
      expect([...found.items]).toEqual(Array.from({ length: crowd.N }, (_, i) => i).filter((i) => votesOn(i).length >= 2));
      found.items.forEach((item, i) => {
        expect(found.votes[i]).toBe(votesOn(item).length);
        expect(found.agreement[i]).toBeGreaterThanOrEqual(-1e-12);
        expect(found.agreement[i]).toBeLessThanOrEqual(1);
        if (new Set(votesOn(item).map(({ label }) => label)).size === 1) expect(found.agreement[i]).toBe(1);
      });
    }));
  });

  it('of a selection is that of its items alone', () => {
    fc.assert(fc.property(crowds(), (crowd) => {
      const items = Array.from({ length: crowd.N }, (_, i) => i).filter((i) => i % 2 === 0).reverse();
      const only = { ...crowd, answers: crowd.answers.filter(({ item }) => item % 2 === 0) };
      expect(itemAgreement({ metric, options, votes: tableOf(crowd), items })).toEqual(itemAgreement({ metric, options, votes: tableOf(only) }));
    }));
  });
});

it('its mean is percent agreement', () => {
  fc.assert(fc.property(crowds({ repeats: true }), (crowd) => {
    const votes = tableOf(crowd);
    const { agreement } = itemAgreement({ metric: 'percent', votes });
    const mean = agreement.reduce((sum, value) => sum + value, 0) / agreement.length;
    const { value } = measureAgreement({ metric: 'percent', votes });
    if (Number.isNaN(value)) expect(mean).toBeNaN();
    else expect(mean).toBeCloseTo(value, 12);
  }));
});

describe('by hand', () => {
  const of = (metric: string, labels: number[], options = {}) => itemAgreement({ metric, options, votes: new VoteTable({
    items: [...labels.map(() => 0), 1, 1], annotators: [...labels.keys(), 0, 1], classes: [...labels, 0, 4], itemCount: 2, annotatorCount: 5, classCount: 5,
  }) }).agreement[0];

  it('two of three pairs differ: a third agrees', () => {
    expect(of('percent', [0, 0, 1])).toBeCloseTo(1 / 3, 15);
  });

  it('classes a quarter of the way apart agree by 15 of 16 in squares, and three quarters by linear weights', () => {
    expect(of('krippendorff-alpha-interval', [0, 1])).toBeCloseTo(15 / 16, 15);
    expect(of('cohen-kappa', [0, 1], { weights: 'linear' })).toBeCloseTo(3 / 4, 15);
    expect(of('cohen-kappa', [0, 1], { weights: 'quadratic' })).toBeCloseTo(15 / 16, 15);
  });

  it('1 and 3 differ by (2 / 4)^2 as a ratio', () => {
    expect(of('krippendorff-alpha-ratio', [1, 3])).toBeCloseTo(3 / 4, 15);
  });
});
