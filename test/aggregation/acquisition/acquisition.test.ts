import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acquisitionScores, findAcquisitionScore, runParameters, scoreItems, scoreItemsFor, topN, VoteTable, type AcquisitionInput } from '../../../src/aggregation/index.js';
import { betaCdf } from '../../../src/aggregation/numeric/special-functions.js';
import { pool, type Pool } from '../crowdlab/pool.js';

/** Everything a score may read; the first model's predictions stand in for a run's posteriors. */
function inputOf({ votes, predictions }: Pool): AcquisitionInput & Required<Pick<AcquisitionInput, 'posteriors' | 'parameters'>> {
  return { votes, predictions, posteriors: predictions[0]!, parameters: runParameters(votes, { posteriors: predictions[0]! }), seed: 7 };
}

const row = (rows: Float64Array, item: number, K: number) => Array.from(rows.subarray(item * K, (item + 1) * K));
const entropyOf = (p: number[]) => p.reduce((sum, x) => (x > 0 ? sum - x * Math.log(x) : sum), 0);

describe('every acquisition score', () => {
  it.each(acquisitionScores.map((score) => score.id))('%s gives a finite number for each item, the same for rows in any order, and leaves its input as it was', (id) => {
    fc.assert(fc.property(pool(), (given) => {
      const input = inputOf(given);
      const copies = [input.posteriors.slice(), ...input.predictions!.map((rows) => rows.slice())];
      const scores = scoreItems(id, input);
      expect(scores).toHaveLength(given.votes.itemCount);
      for (const score of scores) expect(Number.isFinite(score)).toBe(true);
      const { columns } = given;
      const reversed = new VoteTable({ ...columns, items: columns.items.toReversed(), annotators: columns.annotators.toReversed(), classes: columns.classes.toReversed() });
      expect(scoreItems(id, inputOf({ ...given, votes: reversed }))).toEqual(scores);
      expect([input.posteriors, ...input.predictions!]).toEqual(copies);
    }), { numRuns: 60 });
  });

  it('is one record of the registry, with its paper, its range and scoreFor exactly where annotators differ', () => {
    expect(acquisitionScores.map((score) => score.id)).toEqual(['activelab', 'information-gain', 'least-confidence', 'entropy', 'beta-tail', 'fewest-votes', 'random']);
    for (const score of acquisitionScores) {
      expect(score.scoreFor !== undefined).toBe(score.per === 'item-annotator');
      expect(findAcquisitionScore(score.id)).toBe(score);
    }
    expect(() => findAcquisitionScore('luck')).toThrow(/there is no acquisition score "luck"; there are: activelab, /);
  });
});

describe('ActiveLab', () => {
  it('lies between uniform and certain', () => {
    fc.assert(fc.property(pool(), ({ votes, predictions }) => {
      for (const score of scoreItems('activelab', { votes, predictions })) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1 + 1e-12);
      }
    }));
  });

  it('scores pools without any votes by the predictions alone', () => {
    const votes = new VoteTable({ items: [], annotators: [], classes: [], itemCount: 2, annotatorCount: 0, classCount: 2 });
    const scores = scoreItems('activelab', { votes, predictions: [Float64Array.of(0.9, 0.1, 0.5, 0.5)] });
    expect(scores[0]).toBeCloseTo((0.9 + 0.5) / 2, 12);
    expect(scores[1]).toBeCloseTo((0.5 + 0.5) / 2, 12);
  });
});

describe('information gain', () => {
  it('is the entropy of the soft label minus what is expected after the vote', () => {
    fc.assert(fc.property(pool(), fc.nat(6), (given, annotator) => {
      const input = inputOf(given);
      const K = given.votes.classCount;
      const { confusion, pooled } = input.parameters;
      const known = annotator < given.votes.annotatorCount && confusion.offsets[annotator + 1]! > confusion.offsets[annotator]!;
      const [matrix, first, last] = known ? [confusion, confusion.offsets[annotator]!, confusion.offsets[annotator + 1]!] : [pooled, 0, pooled.labels.length];
      scoreItemsFor('information-gain', input, annotator).forEach((gain, item) => {
        const prior = row(input.posteriors, item, K);
        let expected = 0;
        for (let r = first; r < last; r++) {
          const joint = prior.map((p, k) => p * matrix.values[r * K + k]!);
          const chance = joint.reduce((sum, p) => sum + p, 0);
          if (chance > 0) expected += chance * entropyOf(joint.map((p) => p / chance));
        }
        // Without any vote there is nobody to learn from.
        if (last > first) expect(Math.abs(gain - Math.max(0, entropyOf(prior) - expected))).toBeLessThan(1e-7);
        else expect(gain).toBe(0);
      });
    }));
  });

  it('takes an annotator the run did not know as an average one, and divides by cost', () => {
    fc.assert(fc.property(pool({ leastVotes: 1 }), (given) => {
      const input = inputOf(given);
      const average = scoreItems('information-gain', input);
      expect(scoreItemsFor('information-gain', input, given.votes.annotatorCount + 3)).toEqual(average);
      const costs = Float64Array.from({ length: given.votes.annotatorCount + 4 }, () => 4);
      expect(scoreItemsFor('information-gain', { ...input, costs }, given.votes.annotatorCount + 3)).toEqual(average.map((gain) => gain / 4));
    }));
  });

  it('scores only the items asked for, in their order', () => {
    fc.assert(fc.property(pool({ leastVotes: 1 }), fc.array(fc.nat(), { maxLength: 5 }), (given, picks) => {
      const items = Int32Array.from(picks, (pick) => pick % given.votes.itemCount);
      const all = scoreItemsFor('information-gain', inputOf(given), 0);
      expect(Array.from(scoreItemsFor('information-gain', inputOf(given), 0, items))).toEqual(Array.from(items, (item) => all[item]));
    }));
  });

  it('prefers the better annotator, and expects nothing of one who always gives the same answer', () => {
    const votes = new VoteTable({ items: [0, 1, 0, 1], annotators: [0, 0, 1, 1], classes: [0, 1, 0, 0], itemCount: 2, annotatorCount: 2, classCount: 2 });
    const confusion = { offsets: Int32Array.of(0, 2, 3, 5), labels: Int32Array.of(0, 1, 0, 0, 1), values: Float64Array.of(0.9, 0.1, 0.1, 0.9, 1, 1, 0.7, 0.3, 0.3, 0.7) };
    const pooled = { offsets: Int32Array.of(0, 2), labels: Int32Array.of(0, 1), values: Float64Array.of(0.8, 0.2, 0.2, 0.8) };
    const input = { votes, posteriors: Float64Array.of(0.5, 0.5, 0.9, 0.1), parameters: { classPriors: Float64Array.of(0.5, 0.5), confusion, pooled } };
    const [good, constant, fair] = [0, 1, 2].map((annotator) => scoreItemsFor('information-gain', input, annotator));
    expect(good![0]).toBeGreaterThan(fair![0]!);
    expect(fair![0]).toBeGreaterThan(fair![1]!);
    expect(Array.from(constant!)).toEqual([0, 0]);
  });
});

describe('the simple scores', () => {
  const votes = new VoteTable({
    items: [0, 0, 0, 1, 1, 2, 2, 2, 2], annotators: [0, 1, 2, 0, 1, 0, 1, 2, 3], classes: [0, 0, 1, 2, 2, 0, 0, 0, 0],
    itemCount: 4, annotatorCount: 4, classCount: 3,
  });
  const posteriors = Float64Array.of(0.5, 0.25, 0.25, 0.2, 0.2, 0.6, 1, 0, 0, 1 / 3, 1 / 3, 1 / 3);

  it('least confidence is what the best class leaves over', () => {
    expect(Array.from(scoreItems('least-confidence', { votes, posteriors }))).toEqual([0.5, 0.4, 0, 1 - 1 / 3]);
  });

  it('entropy runs from 0 to ln K', () => {
    const scores = scoreItems('entropy', { votes, posteriors });
    expect(scores[2]).toBe(0);
    expect(scores[3]).toBeCloseTo(Math.log(3), 12);
  });

  it('fewest votes counts them', () => {
    expect(Array.from(scoreItems('fewest-votes', { votes }))).toEqual([3, 2, 4, 0]);
  });

  it('the Beta tail compares the two most voted classes, and is a half without votes', () => {
    const scores = scoreItems('beta-tail', { votes });
    [[2, 1], [2, 0], [4, 0], [0, 0]].forEach(([most, second], item) => expect(scores[item]).toBeCloseTo(betaCdf(0.5, most! + 1, second! + 1), 12));
    expect(scores[3]).toBeCloseTo(0.5, 12);
    expect(scores[0]).toBeCloseTo(5 / 16, 12);
    const doubted = scoreItems('beta-tail', { votes, predictions: [posteriors] });
    expect(doubted[0]).toBeCloseTo(Math.sqrt((5 / 16) * 0.5), 12);
    expect(doubted[2]).toBe(0);
  });

  it('random is of the seed, the item and its votes alone', () => {
    const one = scoreItems('random', { votes, seed: 1 });
    const item = 2;
    const alone = new VoteTable({ ...columnsOf(votes, item), itemCount: 1, annotatorCount: votes.annotatorCount, classCount: 2 });
    expect(scoreItems('random', { votes: alone, seed: 1, itemNumbers: Int32Array.of(item) })[0]).toBe(one[item]);
    expect(scoreItems('random', { votes, seed: 2 })).not.toEqual(one);
  });

  it('random, taken again and again, gives every item its even share of votes', () => {
    const ITEMS = 50;
    const counts = new Int32Array(ITEMS);
    const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[] };
    for (let vote = 0; vote < 2000; vote++) {
      const scores = scoreItems('random', { votes: new VoteTable({ ...columns, itemCount: ITEMS, annotatorCount: 1, classCount: 2 }), seed: 9 });
      const item = topN(scores, 1, 'lowest')[0]!;
      counts[item]!++;
      columns.items.push(item);
      columns.annotators.push(0);
      columns.classes.push(0);
    }
    // 40 each, give or take: a chi-square of 49 degrees beyond 90 comes once in 4,000 seeds; far below 49 it would be no draw.
    const chiSquare = counts.reduce((sum, count) => sum + (count - 40) ** 2 / 40, 0);
    expect(chiSquare).toBeLessThan(90);
    expect(chiSquare).toBeGreaterThan(20);
  });
});

describe('bad input to acquisition scores', () => {
  const votes = new VoteTable({ items: [0], annotators: [0], classes: [0], itemCount: 2, annotatorCount: 1, classCount: 2 });
  const posteriors = Float64Array.of(1, 0, 0.5, 0.5);
  const parameters = runParameters(votes, { posteriors });

  it.each<[string, string, AcquisitionInput, RegExp]>([
    ['predictions that are missing', 'activelab', { votes }, /no model's predictions/],
    ['predictions with K - 1 numbers', 'activelab', { votes, predictions: [Float64Array.of(1, 1)] }, /there must be 4/],
    ['posteriors that are missing', 'entropy', { votes }, /entropy reads posteriors/],
    ['posteriors with NaN', 'least-confidence', { votes, posteriors: Float64Array.of(1, 0, NaN, 1) }, /posteriors: item 1, class 0: NaN/],
    ['parameters that are missing', 'information-gain', { votes, posteriors }, /information-gain reads the parameters of a run/],
    ['parameters of another number of classes', 'information-gain', { votes, posteriors, parameters: { ...parameters, classPriors: Float64Array.of(1) } }, /classPriors has 1 numbers; it must have one a class, 2/],
    ['a cost of 0', 'information-gain', { votes, posteriors, parameters, costs: Float64Array.of(1, 0) }, /the cost of annotator 1 is 0/],
    ['a seed that is no whole number', 'random', { votes, seed: 0.5 }, /seed is 0.5/],
    ['no seed', 'random', { votes }, /seed is undefined/],
  ])('is refused by name: %s', (_, id, input, message) => {
    expect(() => scoreItems(id, input)).toThrow(message);
  });

  it('is refused for one annotator too', () => {
    const input = { votes, posteriors, parameters };
    expect(() => scoreItemsFor('information-gain', input, -1)).toThrow(/annotator -1 is not an index/);
    expect(() => scoreItemsFor('information-gain', input, 0, Int32Array.of(0, 2))).toThrow(/items\[1\] is 2; it must be an index from 0 to 1/);
    expect(() => scoreItemsFor('entropy', input, 0)).toThrow(/entropy is the same for every annotator; those that are not: information-gain/);
  });

  it('is refused where votes name sets of classes and the score counts single ones', () => {
    const sets = { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) };
    const withSets = new VoteTable({ items: [0], annotators: [0], classes: [2], itemCount: 2, annotatorCount: 1, classCount: 2, candidateSets: sets });
    expect(() => scoreItems('beta-tail', { votes: withSets })).toThrow(/beta-tail reads one class a vote/);
    expect(() => scoreItems('fewest-votes', { votes: withSets })).not.toThrow();
  });
});

function columnsOf(votes: VoteTable, item: number) {
  const range = Array.from({ length: votes.itemOffsets[item + 1]! - votes.itemOffsets[item]! }, (_, i) => votes.itemOffsets[item]! + i);
  return { items: range.map(() => 0), annotators: range.map((v) => votes.annotators[v]!), classes: range.map((v) => votes.classes[v]!) };
}
