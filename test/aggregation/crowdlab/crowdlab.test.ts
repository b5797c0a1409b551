import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestTemperature, coarseTemperatures, logsOf, scaleInPlace, softCrossEntropies } from '../../../src/aggregation/crowdlab/temperature.js';
import { aggregate, checkPredictions, majorityWithPredictions, VoteTable, voteQuality } from '../../../src/aggregation/index.js';
import { fastExp } from '../../../src/aggregation/numeric/exp.js';
import { pool } from './pool.js';

function sums(rows: Float64Array, K: number): number[] {
  return Array.from({ length: rows.length / K }, (_, item) => rows.subarray(item * K, (item + 1) * K).reduce((sum, p) => sum + p, 0));
}

describe('CROWDLAB', () => {
  it('returns rows that sum to 1 and qualities from 0 to 1, for any votes, models and calibration', () => {
    fc.assert(fc.property(pool({ leastVotes: 1 }), fc.boolean(), ({ votes, predictions }, calibrate) => {
      const { posteriors, annotatorQuality } = aggregate(votes, 'crowdlab', { predictions, options: { calibrate } });
      for (const sum of sums(posteriors, votes.classCount)) expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
      for (const quality of annotatorQuality!) if (!Number.isNaN(quality)) expect(quality >= 0 && quality <= 1 + 1e-12).toBe(true);
    }));
  });

  it('does not depend on the order of the rows, and leaves its input as it was', () => {
    fc.assert(fc.property(pool({ leastVotes: 1 }), ({ columns, votes, predictions }) => {
      const before = predictions.map((rows) => rows.slice());
      const reversed = new VoteTable({ ...columns, items: columns.items.toReversed(), annotators: columns.annotators.toReversed(), classes: columns.classes.toReversed() });
      expect(aggregate(reversed, 'crowdlab', { predictions }).posteriors).toEqual(aggregate(votes, 'crowdlab', { predictions }).posteriors);
      expect(predictions).toEqual(before);
    }));
  });

  it('takes one model twice as it takes it once at twice the weight', () => {
    fc.assert(fc.property(pool({ leastVotes: 1 }), ({ votes, predictions }) => {
      const one = aggregate(votes, 'crowdlab', { predictions: [predictions[0]!] });
      const two = aggregate(votes, 'crowdlab', { predictions: [predictions[0]!, predictions[0]!] });
      expect(Array.from(two.findings!.annotatorWeight!)).toHaveLength(votes.annotatorCount);
      // The weights of annotators do not depend on the models except through the consensus.
      if (String(one.findings!.consensus) === String(two.findings!.consensus)) expect(two.findings!.annotatorWeight).toEqual(one.findings!.annotatorWeight);
    }));
  });

  it('gives an item without votes the prediction itself', () => {
    const votes = new VoteTable({ items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 0, 1, 0], itemCount: 3, annotatorCount: 2, classCount: 2 });
    const { posteriors } = aggregate(votes, 'crowdlab', { predictions: [Float64Array.of(0.9, 0.1, 0.4, 0.6, 0.3, 0.7)] });
    expect(posteriors[4]).toBeCloseTo(0.3, 12);
    expect(posteriors[5]).toBeCloseTo(0.7, 12);
  });

  it('takes votes at their word, and says so, where no two annotators met', () => {
    const votes = new VoteTable({ items: [0, 1], annotators: [0, 1], classes: [0, 1], itemCount: 2, annotatorCount: 2, classCount: 2 });
    const { posteriors, diagnostics, annotatorQuality } = aggregate(votes, 'crowdlab', { predictions: [Float64Array.of(0.2, 0.8, 0.5, 0.5)] });
    expect(Array.from(posteriors)).toEqual([0.6, 0.4, 0.25, 0.75]);
    expect(diagnostics.warnings).toEqual(['no item has votes of two annotators: all annotators and models weigh the same']);
    expect(annotatorQuality!.every(Number.isNaN)).toBe(true);
  });

  it('does not let an annotator agree with itself: repeats on an item are no overlap', () => {
    const once = new VoteTable({ items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 1, 1, 1], itemCount: 2, annotatorCount: 2, classCount: 2 });
    const alone = new VoteTable({ items: [0, 0, 0], annotators: [0, 0, 0], classes: [0, 0, 1], itemCount: 1, annotatorCount: 1, classCount: 2 });
    const predictions = [Float64Array.of(0.5, 0.5, 0.5, 0.5)];
    expect(aggregate(once, 'crowdlab', { predictions }).diagnostics.warnings).toEqual([]);
    expect(aggregate(alone, 'crowdlab', { predictions: [Float64Array.of(0.5, 0.5)] }).diagnostics.warnings[0]).toMatch(/no item has votes of two annotators/);
  });

  it('warns where no two annotators ever agree', () => {
    const votes = new VoteTable({ items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 1, 1, 0], itemCount: 2, annotatorCount: 2, classCount: 2 });
    const { diagnostics } = aggregate(votes, 'crowdlab', { predictions: [Float64Array.of(0.9, 0.1, 0.1, 0.9)] });
    expect(diagnostics.warnings[0]).toMatch(/no two annotators agree/);
  });

  it('needs predictions', () => {
    const votes = new VoteTable({ items: [0], annotators: [0], classes: [0], itemCount: 1, annotatorCount: 1, classCount: 2 });
    expect(() => aggregate(votes, 'crowdlab')).toThrow(/crowdlab reads predictions/);
  });

  it('scores each vote by the posterior of its class', () => {
    const votes = new VoteTable({ items: [0, 0, 1], annotators: [0, 1, 0], classes: [0, 1, 1], itemCount: 2, annotatorCount: 2, classCount: 2 });
    expect(Array.from(voteQuality(votes, Float64Array.of(0.7, 0.3, 0.4, 0.6)))).toEqual([0.7, 0.3, 0.6]);
  });
});

describe('the majority vote with predictions', () => {
  it('is the class with the most votes wherever there is one', () => {
    fc.assert(fc.property(pool(), ({ votes, predictions }) => {
      const labels = majorityWithPredictions(votes, predictions);
      for (let item = 0; item < votes.itemCount; item++) {
        const given = Array.from(votes.classes.subarray(votes.itemOffsets[item], votes.itemOffsets[item + 1]));
        const count = (k: number) => given.filter((vote) => vote === k).length;
        const most = Math.max(0, ...given.map(count));
        if (given.length === 0) expect(labels[item]).toBe(-1);
        else expect(count(labels[item]!)).toBe(most);
      }
    }));
  });
});

describe('the temperature', () => {
  it('has the same objective on the coarse grid by products of powers as by exponentials', () => {
    fc.assert(fc.property(pool({ leastVotes: 1 }), ({ votes, predictions }) => {
      const logs = logsOf(predictions[0]!);
      const values = softCrossEntropies(votes, logs, coarseTemperatures);
      const direct = coarseTemperatures.map((temperature) => objective(votes, predictions[0]!, temperature));
      values.forEach((value, t) => expect(Math.abs(value - direct[t]!)).toBeLessThan(1e-12 * Math.max(1, direct[t]!)));
    }));
  });

  it('is the best of the coarse grid or better, up to its last step', () => {
    fc.assert(fc.property(pool({ leastVotes: 1 }), ({ votes, predictions }) => {
      const best = bestTemperature(votes, logsOf(predictions[0]!));
      expect(best).toBeLessThan(8);
      const coarse = coarseTemperatures.filter((temperature) => temperature < 8).map((temperature) => objective(votes, predictions[0]!, temperature));
      expect(objective(votes, predictions[0]!, best)).toBeLessThanOrEqual(Math.min(...coarse) + 1e-12);
    }));
  });

  it('leaves rows that sum to 1 and the order of the classes', () => {
    fc.assert(fc.property(pool(), fc.constantFrom(...coarseTemperatures), ({ votes, predictions }, temperature) => {
      const K = votes.classCount;
      const scaled = logsOf(predictions[0]!);
      scaleInPlace(scaled, K, temperature);
      for (const sum of sums(scaled, K)) expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
      for (let at = 0; at + 1 < scaled.length; at++) {
        if (at % K !== K - 1 && predictions[0]![at]! > predictions[0]![at + 1]!) expect(scaled[at]!).toBeGreaterThanOrEqual(scaled[at + 1]!);
      }
    }));
  });

  /** The definition, without shortcuts. */
  function objective(votes: VoteTable, rows: Float64Array, temperature: number): number {
    const K = votes.classCount;
    let total = 0;
    let voted = 0;
    for (let item = 0; item < votes.itemCount; item++) {
      const given = Array.from(votes.classes.subarray(votes.itemOffsets[item], votes.itemOffsets[item + 1]));
      if (given.length === 0) continue;
      voted++;
      const powers = Array.from(rows.subarray(item * K, (item + 1) * K), (p) => p ** (1 / temperature));
      const sum = powers.reduce((a, b) => a + b, 0);
      for (const k of given) total -= Math.log(Math.max(powers[k]! / sum, 1e-30)) / given.length;
    }
    return total / voted / Math.log(K);
  }
});

describe('fastExp', () => {
  it('is within 6e-16 of the exponential from -700 to 700, and 0 where that is subnormal', () => {
    fc.assert(fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
      expect(Math.abs(fastExp(x) / Math.exp(x) - 1)).toBeLessThan(6e-16);
    }), { numRuns: 2000 });
    expect([fastExp(0), fastExp(-709), fastExp(-Infinity), fastExp(Infinity)]).toEqual([1, 0, 0, Infinity]);
    expect(fastExp(NaN)).toBeNaN();
    for (const x of [-708, 700, 709.5]) expect(fastExp(x) / Math.exp(x)).toBeCloseTo(1, 12);
  });
});

describe('checks of predictions', () => {
  const good = Float64Array.of(0.5, 0.5, 1, 0);

  it.each([
    ['no model', [], TypeError, /no model's predictions/],
    ['a model with K - 1 numbers', [good, Float64Array.of(1, 1)], TypeError, /model 1: 2 numbers for 2 items of 2 classes; there must be 4/],
    ['NaN', [Float64Array.of(0.5, 0.5, NaN, 0)], RangeError, /model 0: item 1, class 0: NaN is not a probability/],
    ['a negative number', [Float64Array.of(1.5, -0.5, 1, 0)], RangeError, /item 0, class 0: 1.5 is not a probability/],
    ['a row that does not sum to 1', [Float64Array.of(0.5, 0.49, 1, 0)], RangeError, /item 0: the 2 probabilities sum to 0.99; they must sum to 1/],
  ])('refuse %s, naming it', (_, predictions, error, message) => {
    expect(() => checkPredictions(predictions, 2, 2)).toThrow(error);
    expect(() => checkPredictions(predictions, 2, 2)).toThrow(message);
  });

  it('refuse less than a class, and accept one, and a row that is off by a millionth', () => {
    expect(() => checkPredictions([new Float64Array(0)], 1, 0)).toThrow(/classCount is 0/);
    expect(() => checkPredictions([Float64Array.of(1)], 1, 1)).not.toThrow();
    expect(() => checkPredictions([Float64Array.of(0.5, 0.5000009)], 1, 2)).not.toThrow();
  });
});
