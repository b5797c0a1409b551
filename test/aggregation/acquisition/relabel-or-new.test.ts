import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeLab, relabelOrNew, VoteTable, type RelabelOrNewRequest } from '../../../src/aggregation/index.js';
import { hasShared } from '../../setup/shared.js';
import { column, goldenCases, largestDifference, readCase, readRows } from '../crowdlab/golden.js';
import { pool } from '../crowdlab/pool.js';

const TOLERANCE = 1e-9;

/** The votes and rows of the first items, and the rows of the others. */
function split({ votes, predictions }: { votes: VoteTable; predictions: Float64Array[] }, labelledCount: number) {
  const { items, annotators, classes, annotatorCount, classCount } = votes;
  return {
    votes: new VoteTable({ items, annotators, classes, itemCount: labelledCount, annotatorCount, classCount }),
    predictions: predictions.map((rows) => rows.subarray(0, labelledCount * classCount)),
    unlabelled: predictions.map((rows) => rows.subarray(labelledCount * classCount)),
  };
}

describe.skipIf(!hasShared)('relabelOrNew equals the reference', () => {
  it('has cases of every kind: ensembles, one vote an item, no votes at all, no new items', () => {
    expect(goldenCases('activelab')).toEqual(expect.arrayContaining(['c04_all_single_label', 'c05_one_annotator', 'e01_ensemble_k3', 'e02_ensemble_k10', 'e03_ensemble_all_single_label', 'e04_ensemble_k2', 'l01_labeled_only', 'u01_unlabeled_only', 'u02_ensemble_unlabeled_only']));
  });

  it.each(goldenCases('activelab'))('in order, scores and decision, as one pool and as two: %s', (name) => {
    const folder = `golden/activelab/${name}`;
    const whole = readCase(folder);
    const old = column(readRows(`${folder}/scores.csv`), 'score');
    const fresh = column(readRows(`${folder}/scores_unlabeled.csv`), 'score');
    const all = [...old, ...fresh];
    const best = (scores: number[]) => (scores.length > 0 ? Math.min(...scores) : null);
    for (const request of [whole, split(whole, whole.labelledCount)]) {
      const found = relabelOrNew({ ...request, count: all.length });
      expect(largestDifference(found.scores, all.toSorted((a, b) => a - b))).toBeLessThan(TOLERANCE);
      expect(largestDifference(found.scores, Array.from(found.items, (item) => all[item]!))).toBeLessThan(TOLERANCE);
      expect(Array.from(found.items).toSorted((a, b) => a - b)).toEqual(all.map((_, item) => item));
      expect([found.oldItems, found.newItems]).toEqual([old.length, fresh.length]);
      expect(largestDifference([found.scoreOfBestOld ?? NaN, found.scoreOfBestNew ?? NaN], [best(old) ?? NaN, best(fresh) ?? NaN])).toBeLessThan(TOLERANCE);
      expect(found.decision).toBe(fresh.length === 0 || (old.length > 0 && Math.min(...old) < Math.min(...fresh)) ? 'RELABEL' : 'NEW');
    }
  });
});

describe('relabelOrNew', () => {
  it('names the lowest scores of ActiveLab in order, a longer list beginning as a shorter one', () => {
    fc.assert(fc.property(pool(), fc.integer({ min: 1, max: 12 }), ({ votes: table, predictions: models }, count) => {
      const { scores } = activeLab(table, models);
      const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b);
      const found = relabelOrNew({ votes: table, predictions: models, count });
      expect(Array.from(found.items)).toEqual(order.slice(0, count));
      expect(Array.from(found.scores)).toEqual(order.slice(0, count).map((item) => scores[item]));
      expect(Array.from(found.votes)).toEqual(order.slice(0, count).map((item) => table.itemOffsets[item + 1]! - table.itemOffsets[item]!));
      expect(found.decision).toBe(found.items.length === 0 ? null : found.votes[0]! > 0 ? 'RELABEL' : 'NEW');
      expect(found.oldItems + found.newItems).toBe(table.itemCount);
      const bests = [found.scoreOfBestOld ?? Infinity, found.scoreOfBestNew ?? Infinity];
      expect(Math.min(...bests)).toBe(found.scores[0] ?? Infinity);
    }));
  });

  it('says the same of two pools as of one, and takes items without votes in the labelled pool for new ones', () => {
    fc.assert(fc.property(pool(), fc.nat(), ({ votes: table, predictions: models }, at) => {
      let labelled = table.items.length === 0 ? 0 : Math.max(...table.items) + 1;
      labelled += at % (table.itemCount - labelled + 1);
      const whole = relabelOrNew({ votes: table, predictions: models, count: table.itemCount });
      expect(relabelOrNew({ ...split({ votes: table, predictions: models }, labelled), count: table.itemCount })).toEqual(whole);
    }));
  });

  it('leaves out what is not open, which teaches the weights all the same', () => {
    fc.assert(fc.property(pool(), fc.infiniteStream(fc.boolean()), ({ votes: table, predictions: models }, closed) => {
      const open = Array.from({ length: table.itemCount }, () => (closed.next().value ? 0 : 1));
      const count = Math.max(1, table.itemCount);
      const all = relabelOrNew({ votes: table, predictions: models, count });
      const some = relabelOrNew({ votes: table, predictions: models, count, open });
      expect(Array.from(some.items)).toEqual(Array.from(all.items).filter((item) => open[item]));
      expect(some.weights).toEqual(all.weights);
      expect(some.oldItems + some.newItems).toBe(open.filter(Boolean).length);
    }));
  });

  const [A, B] = [[0.9, 0.1], [0.6, 0.4]] as const;
  const votes = (items: number[], annotators: number[], classes: number[], itemCount: number) => new VoteTable({ items, annotators, classes, itemCount, annotatorCount: 2, classCount: 2 });
  const rows = (...given: (readonly number[])[]) => Float64Array.from(given.flat());

  it('gives equal scores to the item that comes first, and the decision with it', () => {
    // Nothing is known of any: all scores are a half.
    const even = [0.5, 0.5];
    const first = relabelOrNew({ votes: votes([0], [0], [0], 3), predictions: [rows(even, even, even)], count: 2 });
    expect(first).toMatchObject({ decision: 'RELABEL', scoreOfBestOld: 0.5, scoreOfBestNew: 0.5, items: Int32Array.of(0, 1), votes: Int32Array.of(1, 0) });
    const last = relabelOrNew({ votes: votes([2], [0], [0], 3), predictions: [rows(even, even, even)], count: 2 });
    expect(last).toMatchObject({ decision: 'NEW', scoreOfBestOld: 0.5, scoreOfBestNew: 0.5, items: Int32Array.of(0, 1), votes: Int32Array.of(0, 0) });
  });

  it('knows only old items, only new ones, and none that is open', () => {
    const both = votes([0, 0], [0, 1], [0, 1], 1);
    expect(relabelOrNew({ votes: both, predictions: [rows(A)], count: 5 })).toMatchObject({ decision: 'RELABEL', scoreOfBestNew: null, oldItems: 1, newItems: 0 });
    expect(relabelOrNew({ votes: votes([], [], [], 0), predictions: [rows()], unlabelled: [rows(A, B)], count: 1 })).toMatchObject({
      decision: 'NEW', scoreOfBestOld: null, scoreOfBestNew: (0.6 + 0.5) / 2, items: Int32Array.of(1), votes: Int32Array.of(0),
    });
    expect(relabelOrNew({ votes: both, predictions: [rows(A)], count: 5, open: [0] })).toMatchObject({
      decision: null, scoreOfBestOld: null, scoreOfBestNew: null, oldItems: 0, newItems: 0, items: new Int32Array(0),
    });
    expect(relabelOrNew({ votes: votes([], [], [], 0), predictions: [rows()], count: 1 })).toMatchObject({ decision: null, oldItems: 0, newItems: 0 });
  });

  it('passes on what there is to be warned of', () => {
    expect(relabelOrNew({ votes: votes([0], [0], [0], 1), predictions: [rows(A)], count: 1 }).warnings).toEqual(['no item has votes of two annotators: all annotators and models weigh the same']);
  });

  const good: RelabelOrNewRequest = { votes: votes([0], [0], [1], 2), predictions: [rows(A, B)], unlabelled: [rows(A)], count: 1 };
  it.each<[string, Partial<RelabelOrNewRequest>, string]>([
    ['no count', { count: 0 }, 'count is 0; it must be a whole number of at least 1'],
    ['half a count', { count: 1.5 }, 'count is 1.5; it must be a whole number of at least 1'],
    ['NaN', { count: NaN }, 'count is NaN; it must be a whole number of at least 1'],
    ['no model', { predictions: [] }, "no model's predictions were given; one N x K array a model is needed"],
    ['a row too few', { predictions: [rows(A)] }, 'predictions of model 0: 2 numbers for 2 items of 2 classes; there must be 4'],
    ['a row that is no distribution', { predictions: [rows(A, [0.5, 0.4])] }, 'predictions of model 0: item 1: the 2 probabilities sum to 0.9; they must sum to 1 within 0.000001'],
    ['another number of models for the unlabelled', { unlabelled: [rows(A), rows(A)] }, '2 models predict the unlabelled items, and 1 the labelled; they must be the same models'],
    ['half an unlabelled row', { unlabelled: [rows(A).subarray(1)] }, 'unlabelled: 1 numbers are no rows of 2 classes'],
    ['models that know other items', { predictions: [rows(A, B), rows(A, B)], unlabelled: [rows(A), rows(A, B)] }, 'predictions of model 1 for the unlabelled items: 4 numbers for 1 items of 2 classes; there must be 2'],
    ['an unlabelled row that is no distribution', { unlabelled: [rows([NaN, 1])] }, 'predictions of model 0 for the unlabelled items: item 0, class 0: NaN is not a probability from 0 to 1'],
    ['marks for other items', { open: [1, 1] }, 'open has 2 entries; it must have one an item, 3'],
    ['candidate sets', { votes: new VoteTable({ items: [0], annotators: [0], classes: [2], itemCount: 2, annotatorCount: 1, classCount: 2, candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) } }) }, 'relabelOrNew reads one class a vote; these votes name candidate sets'],
  ])('refuses %s', (_what, change, message) => {
    expect(() => relabelOrNew(good)).not.toThrow();
    expect(() => relabelOrNew({ ...good, ...change })).toThrow(message);
  });
});
