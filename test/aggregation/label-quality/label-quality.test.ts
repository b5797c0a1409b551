import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confidentJoint, findLabelIssues, findTagIssues, issueFilters, labelScores, scoreLabels, scoreTaggedItems } from '../../../src/aggregation/index.js';

/** Labels and predictions of up to 40 items, K from 2 to 6; some classes may be absent. */
const labelled = fc.integer({ min: 2, max: 6 }).chain((classCount) =>
  fc.array(fc.tuple(fc.nat(classCount - 1), fc.array(fc.nat(20), { minLength: classCount, maxLength: classCount })), { minLength: 1, maxLength: 40 }).map((items) => ({
    classCount,
    labels: Int32Array.from(items, ([label]) => label),
    predictions: Float64Array.from(items.flatMap(([, weights]) => {
      const total = weights.reduce((sum, w) => sum + w + 1, 0);
      return weights.map((w) => (w + 1) / total);
    })),
  })),
);

describe('label quality', () => {
  it('is a number from 0 to 1, by every score', () => {
    fc.assert(fc.property(labelled, fc.constantFrom(...labelScores), (given, score) => {
      for (const value of scoreLabels(given, score)) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    }));
  });

  it('estimates a joint of all items whose rows are the label counts', () => {
    fc.assert(fc.property(labelled, (given) => {
      const { calibrated } = confidentJoint(given);
      const K = given.classCount;
      const counts = new Array<number>(K).fill(0);
      given.labels.forEach((label) => counts[label]!++);
      counts.forEach((count, k) => expect(calibrated.subarray(k * K, (k + 1) * K).reduce((sum, n) => sum + n, 0)).toBe(count));
    }));
  });

  it('never flags a label that the model finds likeliest, and takes "both" from both', () => {
    fc.assert(fc.property(labelled, (given) => {
      const K = given.classCount;
      const flags = Object.fromEntries(issueFilters.map((filter) => [filter, findLabelIssues(given, { filter })]));
      given.labels.forEach((label, item) => {
        const row = given.predictions.subarray(item * K, (item + 1) * K);
        const agreed = row[label] === Math.max(...row);
        for (const filter of ['prune-by-noise-rate', 'prune-by-class', 'both', 'confident-learning', 'predicted-neq-given']) {
          if (agreed) expect(flags[filter]![item]).toBe(0);
        }
        expect(flags.both![item]).toBe(flags['prune-by-noise-rate']![item]! & flags['prune-by-class']![item]!);
      });
    }));
  });

  it('flags no more where less of the noise is asked for', () => {
    fc.assert(fc.property(labelled, fc.double({ min: 0, max: 1, noNaN: true }), (given, fracNoise) => {
      const all = findLabelIssues(given).reduce((count, flag) => count + flag, 0);
      expect(findLabelIssues(given, { fracNoise }).reduce((count, flag) => count + flag, 0)).toBeLessThanOrEqual(all);
    }));
  });

  it('finds labels that were flipped on purpose', () => {
    const N = 300;
    const labels = Int32Array.from({ length: N }, (_, item) => (item % 10 === 0 ? (item + 1) % 3 : item % 3));
    const predictions = new Float64Array(3 * N).fill(0.05);
    for (let item = 0; item < N; item++) predictions[3 * item + (item % 3)] = 0.9;
    const given = { labels, predictions, classCount: 3 };
    for (const filter of issueFilters) {
      const flagged = Array.from(findLabelIssues(given, { filter }).entries()).filter(([, flag]) => flag).map(([item]) => item);
      expect(flagged, filter).toEqual(Array.from({ length: 30 }, (_, i) => 10 * i));
    }
  });

  it('accepts no items', () => {
    const nothing = { labels: new Int32Array(0), predictions: new Float64Array(0), classCount: 2 };
    for (const filter of issueFilters) expect(findLabelIssues(nothing, { filter })).toHaveLength(0);
  });

  it.each([
    ['a missing row', { predictions: new Float64Array(4) }, TypeError, /4 numbers for 3 items of 2 classes; there must be 6/],
    ['NaN', { predictions: Float64Array.of(1, 0, NaN, 1, 0, 1) }, RangeError, /item 1, class 0: NaN/],
    ['a row that does not sum to 1', { predictions: Float64Array.of(1, 0, 0.5, 0.4, 0, 1) }, RangeError, /item 1: the 2 probabilities sum to 0.9/],
    ['a label that is no class', { labels: Int32Array.of(0, 2, 1) }, RangeError, /item 1: label 2 is not a class from 0 to 1/],
    ['one class', { classCount: 1 }, RangeError, /classCount is 1/],
  ])('refuses %s, naming it', (_, fault, error, message) => {
    const given = { labels: Int32Array.of(0, 1, 1), predictions: Float64Array.of(1, 0, 0, 1, 0, 1), classCount: 2, ...fault };
    expect(() => findLabelIssues(given)).toThrow(error);
    expect(() => findLabelIssues(given)).toThrow(message);
    expect(() => scoreLabels(given, 'self-confidence')).toThrow(message);
  });

  it('refuses an unknown filter and a share of noise outside 0 to 1', () => {
    const given = { labels: Int32Array.of(0), predictions: Float64Array.of(1, 0), classCount: 2 };
    expect(() => findLabelIssues(given, { filter: 'guess' as 'both' })).toThrow(/there is no filter "guess"/);
    expect(() => findLabelIssues(given, { fracNoise: 1.5 })).toThrow(/fracNoise is 1.5/);
  });
});

describe('multi-label quality', () => {
  const given = { tags: Uint8Array.of(1, 0, 0, 1), probabilities: Float64Array.of(0.9, 0.2, 0.8, 0.7), tagCount: 2 };

  it('pools tags between the worst and the best of them', () => {
    const worst = scoreTaggedItems(given, 'self-confidence', { by: 'moving-average', alpha: 1 });
    const best = scoreTaggedItems(given, 'self-confidence', { by: 'moving-average', alpha: 0 });
    expect(worst[0]).toBeCloseTo(0.8, 12);
    expect(worst[1]).toBeCloseTo(0.2, 12);
    expect(best[0]).toBeCloseTo(0.9, 12);
    for (const pooling of [{ by: 'moving-average', alpha: 0.8 }, { by: 'softmin', temperature: 0.1 }] as const) {
      scoreTaggedItems(given, 'self-confidence', pooling).forEach((score, item) => {
        expect(score).toBeGreaterThanOrEqual(worst[item]!);
        expect(score).toBeLessThanOrEqual(best[item]!);
      });
    }
  });

  it.each([
    ['a tag that is neither 0 nor 1', { tags: Uint8Array.of(1, 0, 2, 1) }, /item 1, tag 0: 2 is neither 0 nor 1/],
    ['a probability above 1', { probabilities: Float64Array.of(0.9, 1.2, 0, 0) }, /item 0, tag 1: 1.2 is not a probability/],
    ['lengths that do not match', { probabilities: new Float64Array(3) }, /4 tags and 3 probabilities/],
    ['no tags', { tagCount: 0 }, /tagCount is 0/],
  ])('refuses %s, naming it', (_, fault, message) => {
    expect(() => findTagIssues({ ...given, ...fault })).toThrow(message);
  });
});
