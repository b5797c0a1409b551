import { describe, expect, it } from 'vitest';
import { aggregate, priorCounts, VoteTable, type AnnotatorPrior } from '../../../src/aggregation/index.js';

const id = 'weighted-majority-vote';
/** Items of votes as [annotator, class]. */
function table(classCount: number, annotatorCount: number, ...items: [annotator: number, label: number][][]): VoteTable {
  const rows = items.flatMap((votes, item) => votes.map(([annotator, label]) => ({ item, annotator, label })));
  return new VoteTable({
    items: rows.map(({ item }) => item), annotators: rows.map(({ annotator }) => annotator), classes: rows.map(({ label }) => label), itemCount: items.length, annotatorCount, classCount,
  });
}
const accuracies = (count: number, K: number, ...priors: [annotator: number, accuracy: number, votes?: number][]) =>
  priorCounts(count, K, priors.map(([annotator, accuracy, votes = 1e9]): AnnotatorPrior => ({ annotator, accuracy, votes })));
const close = (values: ArrayLike<number>, expected: number[], digits = 9) => expected.forEach((value, i) => expect(values[i], `number ${i}`).toBeCloseTo(value, digits));

describe('weighted majority vote', () => {
  it('is the posterior of independent annotators whose accuracies are known', () => {
    // Of two classes: one who is right in 95 of 100 against two in 70 of 100.
    const votes = table(2, 3, [[0, 0], [1, 1], [2, 1]]);
    const { posteriors } = aggregate(votes, id, { priorCounts: accuracies(3, 2, [0, 0.95], [1, 0.7], [2, 0.7]) });
    const [right, wrong] = [0.95 * 0.3 * 0.3, 0.05 * 0.7 * 0.7];
    close(posteriors, [right / (right + wrong), wrong / (right + wrong)], 6);
    expect(aggregate(votes, 'majority-vote').posteriors[1]).toBeGreaterThan(0.5);
  });

  it('lets wrong answers fall on all other classes alike', () => {
    const { posteriors } = aggregate(table(4, 1, [[0, 2]]), id, { priorCounts: accuracies(1, 4, [0, 0.85]) });
    close(posteriors, [0.05, 0.05, 0.85, 0.05], 6);
  });

  it('takes the answers of who is wrong more often than by chance for what they are', () => {
    const { posteriors, findings } = aggregate(table(2, 1, [[0, 0]]), id, { priorCounts: accuracies(1, 2, [0, 0.2]) });
    close(posteriors, [0.2, 0.8], 6);
    expect(findings!.weight![0]).toBeCloseTo(Math.log(0.2 / 0.8), 6);
  });

  it('takes unknown annotators for what the option says, and all others for a little nearer to it than they were known', () => {
    const { annotatorQuality } = aggregate(table(2, 3, [[0, 0], [1, 1]]), id, { priorCounts: accuracies(3, 2, [0, 0.9, 20]), options: { unknownAccuracy: 0.6 } });
    close(annotatorQuality!, [(18 + 0.6) / 21, 0.6]);
    expect(annotatorQuality![2]).toBeNaN();
    // Nobody is infallible.
    const certain = aggregate(table(2, 1, [[0, 0]]), id, { priorCounts: accuracies(1, 2, [0, 1, 20]) }).posteriors;
    expect(certain[0]).toBeLessThan(1);
  });

  it('warns where nothing is known of anybody: it weighs all votes alike then, and has the labels of majority vote', () => {
    const votes = table(3, 4, [[0, 1], [1, 1], [2, 0]], [[0, 2], [1, 0], [2, 2], [3, 2]], [[3, 0]]);
    const result = aggregate(votes, id);
    expect(result.diagnostics.warnings.join()).toContain('nothing is known of any annotator beforehand');
    const labels = (posteriors: Float64Array) => [0, 1, 2].map((item) => posteriors.subarray(item * 3, item * 3 + 3).indexOf(Math.max(...posteriors.subarray(item * 3, item * 3 + 3))));
    expect(labels(result.posteriors)).toEqual(labels(aggregate(votes, 'majority-vote').posteriors));
    expect(aggregate(votes, id, { priorCounts: accuracies(4, 3, [0, 0.9]) }).diagnostics.warnings).toEqual([]);
  });

  it('reads a vote for one of several classes as what it says', () => {
    const votes = new VoteTable({ items: [0], annotators: [0], classes: [3], itemCount: 1, annotatorCount: 1, classCount: 3, candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 2) } });
    const { posteriors } = aggregate(votes, id, { priorCounts: accuracies(1, 3, [0, 0.8]) });
    // P(the set | a member is true) = .8 + .1, P(the set | the other) = .1 + .1.
    close(posteriors, [0.9 / 2, 0.2 / 2, 0.9 / 2], 6);
  });

  it('is certain of gold', () => {
    const { posteriors } = aggregate(table(2, 1, [[0, 0]], []), id, { gold: Int32Array.of(1, 0) });
    expect(Array.from(posteriors)).toEqual([0, 1, 1, 0]);
  });
});

describe('prior counts', () => {
  it('of an accuracy are its votes, spread over true classes alike and wrong answers on the others alike', () => {
    const { offsets, labels, values } = priorCounts(3, 3, [{ annotator: 1, accuracy: 0.8, votes: 30 }]);
    expect(Array.from(offsets)).toEqual([0, 0, 3, 3]);
    expect(Array.from(labels)).toEqual([0, 1, 2]);
    close(values, [8, 1, 1, 1, 8, 1, 1, 1, 8]);
  });

  it('of counts are brought to their votes, and have rows of the classes that were voted for', () => {
    const { offsets, labels, values } = priorCounts(2, 3, [{ annotator: 0, truths: [0, 1, 2], labels: [2, 2, 0], counts: [1, 2, 1], votes: 8 }]);
    expect(Array.from(offsets)).toEqual([0, 2, 2]);
    expect(Array.from(labels)).toEqual([0, 2]);
    close(values, [0, 0, 2, 2, 4, 0]);
  });

  it.each<[string, number, AnnotatorPrior[], RegExp]>([
    ['an accuracy that is none', 2, [{ annotator: 0, accuracy: 1.2, votes: 1 }], /the accuracy of annotator 0 is 1.2/],
    ['no votes', 2, [{ annotator: 0, accuracy: 0.5, votes: 0 }], /annotator 0 counts as 0 votes/],
    ['annotators out of order', 2, [{ annotator: 1, accuracy: 0.5, votes: 1 }, { annotator: 0, accuracy: 0.5, votes: 1 }], /annotator 0 is out of order/],
    ['an annotator who is not there', 2, [{ annotator: 2, accuracy: 0.5, votes: 1 }], /annotator 2 is out of order, or not from 0 to 1/],
    ['counts of nothing', 2, [{ annotator: 0, truths: [0], labels: [0], counts: [0], votes: 1 }], /counts of annotator 0 are all 0/],
    ['a class that is none', 2, [{ annotator: 0, truths: [0], labels: [7], counts: [1], votes: 1 }], /classes 0 and 7/],
    ['more numbers than fit', 200, Array.from({ length: 200 }, (_, annotator) => ({ annotator, accuracy: 0.5, votes: 1 })), /200 annotators over 1000 classes is 200000000 numbers/],
  ])('refuse %s', (_, annotators, priors, message) => {
    expect(() => priorCounts(annotators, annotators === 200 ? 1000 : 3, priors)).toThrow(message);
  });
});
