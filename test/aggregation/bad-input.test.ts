import { describe, expect, it } from 'vitest';
import { aggregate, methods, VoteTable, votes, type AggregateRequest, type ConfusionMatrices, type VoteColumns, type VoteRow } from '../../src/aggregation/index.js';

const good: VoteColumns = { items: [0, 0, 1], annotators: [0, 1, 1], classes: [0, 1, 2], itemCount: 2, annotatorCount: 2, classCount: 3 };
const third = 1 / 3;
const evenly = () => new Float64Array(6).fill(third);
const matrices = (): ConfusionMatrices => ({ offsets: Int32Array.of(0, 1, 3), labels: Int32Array.of(0, 1, 2), values: new Float64Array(9).fill(third) });
const warm = (confusion: ConfusionMatrices, classPriors = new Float64Array(3).fill(third)) => ({ warmStart: { confusion, classPriors } });

describe('a table of votes refuses', () => {
  it.each<[string, Partial<VoteColumns>, new (message: string) => Error, RegExp]>([
    ['a class out of range', { classes: [0, 3, 2] }, RangeError, /vote 1: class 3 is not an index from 0 to 2/],
    ['a negative class', { classes: [0, 1, -1] }, RangeError, /vote 2: class -1 is not an index from 0 to 2/],
    ['a class that is NaN', { classes: [0, NaN, 2] }, RangeError, /vote 1: class NaN/],
    ['half a class', { classes: [0, 0.5, 2] }, RangeError, /vote 1: class 0.5/],
    ['an item out of range', { items: [0, 0, 2] }, RangeError, /vote 2: item 2 is not an index from 0 to 1/],
    ['an annotator out of range', { annotators: [9, 1, 1] }, RangeError, /vote 0: annotator 9 is not an index from 0 to 1/],
    ['columns of unequal length', { items: [0, 0] }, TypeError, /items 2, annotators 3, classes 3/],
    ['no class', { classCount: 0 }, RangeError, /classCount is 0; it must be 1/],
    ['a count that is no number', { itemCount: NaN }, TypeError, /itemCount is NaN/],
    ['a negative count', { annotatorCount: -1 }, RangeError, /annotatorCount is -1/],
    ['an empty candidate set', { candidateSets: { offsets: Int32Array.of(0, 0), classes: new Int32Array(0) } }, RangeError, /candidate set 0 is empty/],
    ['a candidate set that names a class twice', { candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(1, 1) } }, RangeError, /candidate set 0: .* 1 follows 1/],
    ['a candidate set with an unknown class', { candidateSets: { offsets: Int32Array.of(0, 1), classes: Int32Array.of(3) } }, RangeError, /candidate set 0: class 3/],
  ])('%s', (_, change, type, message) => {
    const build = () => new VoteTable({ ...good, ...change });
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });
});

describe('rows of names are refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['without an annotator', [['a', 'cat']], /vote 0: \["a","cat"\] is not \[item, annotator, class\]/],
    ['with a number for a name', [['a', 'ann', 'cat'], ['a', 7, 'dog']], /vote 1: /],
    ['of none', [], /classCount is 0/],
  ])('%s', (_, rows, message) => {
    expect(() => votes(rows as VoteRow[])).toThrow(message);
  });

  it('with a class that is not among those given', () => {
    expect(() => votes([['a', 'ann', 'spamm']], { classes: ['spam', 'ham'] })).toThrow('vote 0: class "spamm" is not among ["spam","ham"]');
    expect(() => votes([], { classes: ['spam', 'spam'] })).toThrow('class "spam" is given twice');
  });
});

describe('aggregate refuses', () => {
  const withNaN = evenly();
  withNaN[4] = NaN;
  it.each<[string, string, AggregateRequest, new (message: string) => Error, RegExp]>([
    ['a method there is not', 'dawid', {}, RangeError, /no method "dawid"; there are: majority-vote, dawid-skene/],
    ['an option there is not', 'dawid-skene', { options: { tolerence: 1 } }, TypeError, /no option "tolerence"; it has: tolerance/],
    ['an option out of range', 'dawid-skene', { options: { maxIterations: 0 } }, RangeError, /maxIterations is 0; it must be from 1/],
    ['an option of the wrong type', 'dawid-skene', { options: { tolerance: '1e-7' } }, TypeError, /tolerance is "1e-7"; it must be a number/],
    ['an option that is NaN', 'dawid-skene', { options: { smoothing: NaN } }, RangeError, /smoothing is NaN/],
    ['half an iteration', 'dawid-skene', { options: { maxIterations: 1.5 } }, RangeError, /maxIterations is 1.5; it must be a whole number/],
    ['a choice there is not', 'dawid-skene', { options: { acceleration: 'warp' } }, RangeError, /acceleration is "warp"; it must be one of none, squarem/],
    ['gold of the wrong length', 'dawid-skene', { gold: Int32Array.of(0) }, TypeError, /gold has 1 entries; it must have one an item, 2/],
    ['a gold class out of range', 'dawid-skene', { gold: Int32Array.of(0, 3) }, RangeError, /gold of item 1 is 3; it must be a class from 0 to 2, or -1/],
    ['a gold class below -1', 'dawid-skene', { gold: Int32Array.of(-2, 0) }, RangeError, /gold of item 0 is -2/],
    ['predictions the method does not read', 'dawid-skene', { predictions: [evenly()] }, TypeError, /dawid-skene does not read predictions; it reads: votes, gold/],
    ['a prediction that is NaN', 'crowdlab', { predictions: [withNaN] }, RangeError, /predictions of model 0: item 1, class 1: NaN is not a probability/],
    ['predictions that do not sum to 1', 'crowdlab', { predictions: [evenly(), evenly().fill(0.3)] }, RangeError, /predictions of model 1: item 0: the 3 probabilities sum to 0.899/],
    ['a negative prediction', 'crowdlab', { predictions: [Float64Array.of(-0.5, 1, 0.5, 1, 0, 0)] }, RangeError, /predictions of model 0: item 0, class 0: -0.5 is not/],
    ['predictions of the wrong length', 'crowdlab', { predictions: [new Float64Array(5)] }, TypeError, /predictions of model 0: 5 numbers for 2 items of 3 classes; there must be 6/],
    ['no model at all', 'crowdlab', { predictions: [] }, TypeError, /no model's predictions were given/],
    ['a seed below 0', 'dawid-skene', { seed: -1 }, RangeError, /seed is -1/],
    ['no thread', 'dawid-skene', { threads: 0 }, RangeError, /threads is 0/],
    ['a warm start over other annotators', 'dawid-skene', warm({ ...matrices(), offsets: Int32Array.of(0, 3) }), TypeError, /warmStart.confusion covers 1 annotators; it must cover 2/],
    ['a warm start over other classes', 'dawid-skene', warm({ ...matrices(), values: new Float64Array(6) }), TypeError, /warmStart.confusion has 6 values; it must have 3 x 3 = 9/],
    ['a warm start with a probability above 1', 'dawid-skene', warm({ ...matrices(), values: new Float64Array(9).fill(2) }), RangeError, /value 0 is 2; it must be from 0 to 1/],
    ['class priors that do not sum to 1', 'dawid-skene', warm(matrices(), Float64Array.of(1, 1, 1)), RangeError, /warmStart.classPriors: probabilities sum to 3/],
    ['classes of a matrix in disorder', 'dawid-skene', { priorCounts: { ...matrices(), labels: Int32Array.of(0, 2, 1) } }, RangeError, /priorCounts, annotator 1: classes must ascend, but 1 follows 2/],
    ['infinite prior counts', 'dawid-skene', { priorCounts: { ...matrices(), values: new Float64Array(9).fill(Infinity) } }, RangeError, /priorCounts: value 0 is Infinity/],
  ])('%s', (_, method, request, type, message) => {
    const call = () => aggregate(new VoteTable(good), method, request);
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });

  it('candidate sets where the method cannot read them', () => {
    const table = new VoteTable({ ...good, classes: [0, 1, 3], candidateSets: { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) } });
    for (const { id, reads } of methods) {
      if (reads.includes('candidate-sets')) expect(() => aggregate(table, id)).not.toThrow();
      else expect(() => aggregate(table, id)).toThrow(`${id} does not read candidate sets`);
    }
  });

  it('more classes than the method can tell apart', () => {
    for (const { id, maxClasses } of methods) {
      if (maxClasses === undefined) continue;
      const classCount = maxClasses + 1;
      expect(() => aggregate(new VoteTable({ ...good, classes: [0, 1, 0], classCount }), id)).toThrow(`${id} tells at most ${maxClasses} classes apart; there are ${classCount}`);
    }
  });

  it.each(methods.filter(({ reads }) => reads.includes('votes')))('an empty table ($id)', ({ id, reads }) => {
    const empty = new VoteTable({ ...good, items: [], annotators: [], classes: [], classCount: 2 });
    expect(() => aggregate(empty, id)).toThrow(`${id} needs at least one vote${reads.includes('gold') ? ', or a gold answer' : ''}; there are none`);
  });

  it('votes that are not a table', () => {
    expect(() => aggregate({ table: [] } as never, 'dawid-skene')).toThrow(/must be a VoteTable/);
    expect(() => aggregate(undefined as never, 'dawid-skene')).toThrow(TypeError);
  });
});
