import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregate, methods, VoteTable, type AggregateRequest, type AggregationMethod, type FindingSpec, type MethodResult, type VoteColumns } from '../../src/aggregation/index.js';

/** A crowd in any order of rows, with what else a method may read of it. */
interface Crowd {
  columns: VoteColumns & { items: number[]; annotators: number[]; classes: number[] };
  gold: Int32Array;
  predictions: Float64Array;
}

const runs = { numRuns: 25 };

/** Crowds that are right four times out of five; items and annotators without votes among them. */
function crowds(K: number): fc.Arbitrary<Crowd> {
  const truths = fc.array(fc.nat(K - 1), { minLength: 1, maxLength: 12 });
  return fc.record({ truths, annotatorCount: fc.integer({ min: 1, max: 6 }), extraAnnotators: fc.nat(2), extraItems: fc.nat(2) }).chain(({ truths, annotatorCount, extraAnnotators, extraItems }) => {
    const vote = fc.record({ item: fc.nat(truths.length - 1), annotator: fc.nat(annotatorCount - 1), wrong: fc.nat(4), other: fc.nat(K - 1) });
    const N = truths.length + extraItems;
    return fc
      .record({
        votes: fc.array(vote, { minLength: 1, maxLength: 60 }),
        gold: fc.array(fc.integer({ min: -4, max: K - 1 }), { minLength: N, maxLength: N }),
        weights: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: N * K, maxLength: N * K }),
      })
      .map(({ votes, gold, weights }) => ({
        columns: {
          items: votes.map(({ item }) => item),
          annotators: votes.map(({ annotator }) => annotator),
          classes: votes.map(({ item, wrong, other }) => (wrong === 0 ? other : truths[item]!)),
          itemCount: N,
          annotatorCount: annotatorCount + extraAnnotators,
          classCount: K,
        },
        gold: Int32Array.from(gold, (answer) => Math.max(-1, answer)),
        predictions: rowsThatSumTo1(weights, K),
      }));
  });
}

function rowsThatSumTo1(weights: number[], K: number): Float64Array {
  return Float64Array.from(weights, (w, at) => w / weights.slice(at - (at % K), at - (at % K) + K).reduce((a, b) => a + b));
}

/** All the method reads of the crowd, gold only on request. */
function run(method: AggregationMethod, crowd: Crowd, request: AggregateRequest = {}): MethodResult {
  const predictions = method.reads.includes('predictions') ? { predictions: [crowd.predictions] } : {};
  return aggregate(new VoteTable(crowd.columns), method.id, { ...predictions, ...request });
}

/** Every number of a result, for comparison bit by bit. */
function bits({ posteriors, annotatorQuality, confusion, classPriors, findings, diagnostics }: MethodResult) {
  return { posteriors, annotatorQuality, confusion, classPriors, findings, diagnostics };
}

function endsOf({ type, min = -Infinity, max = Infinity }: FindingSpec, K: number): [number, number] {
  if (type === 'class') return [-1, K - 1];
  return type === 'number' ? [min, max] : [Math.max(0, min), Math.min(1, max)];
}

function expectLegal(method: AggregationMethod, { columns }: Crowd, result: MethodResult): void {
  const { itemCount: N, annotatorCount: M, classCount: K } = columns;
  expect(result.posteriors.length).toBe(N * K);
  for (let item = 0; item < N; item++) {
    const row = [...result.posteriors.subarray(item * K, (item + 1) * K)];
    expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(Math.abs(row.reduce((a, b) => a + b) - 1)).toBeLessThanOrEqual(1e-12);
  }
  expect(result.annotatorQuality !== undefined).toBe(method.returns.includes('quality'));
  expect(result.confusion !== undefined).toBe(method.returns.includes('confusion'));
  expect(result.classPriors !== undefined).toBe(method.returns.includes('class-priors'));
  const counts = { item: N, annotator: M, class: K, model: method.reads.includes('predictions') ? 1 : 0, run: 1 };
  for (const [name, numbers] of Object.entries(result.findings ?? {})) {
    const spec = method.finds?.find((one) => one.name === name);
    expect(spec, `${method.id} declares ${name}`).toBeDefined();
    expect(numbers.length, name).toBe(counts[spec!.per]);
    const [least, greatest] = endsOf(spec!, K);
    for (const number of numbers) expect(Number.isNaN(number) || (number >= least && number <= greatest), `${name} is ${number}`).toBe(true);
    if (spec!.type === 'class' || spec!.type === 'boolean') expect(numbers.every((number) => Number.isInteger(number) || Number.isNaN(number))).toBe(true);
    spec!.interval?.forEach((end, e) => numbers.forEach((number, at) => {
      const limit = result.findings![end]?.[at] ?? NaN;
      if (!Number.isNaN(limit) && !Number.isNaN(number)) expect(e === 0 ? limit <= number : limit >= number, `${end} of ${name}: ${limit}, ${number}`).toBe(true);
    }));
  }
  result.annotatorQuality?.forEach((quality, annotator) => {
    const evidence = evidenceOn(annotator, columns);
    if (evidence !== 'alone') expect(Number.isNaN(quality), `annotator ${annotator} has quality ${quality} and ${evidence}`).toBe(evidence === 'no votes');
  });
  if (result.annotatorQuality) expect(result.annotatorQuality.length).toBe(M);
  if (result.classPriors) expect(result.classPriors.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
  if (result.confusion) expect([...result.confusion.values].every((p) => p >= 0 && p <= 1 + 1e-12)).toBe(true);
  expect(result.diagnostics.trace.every(Number.isFinite)).toBe(true);
  expect(result.diagnostics.iterations).toBeGreaterThanOrEqual(result.diagnostics.trace.length === 0 ? 0 : 1);
}

/** Methods that compare annotators with each other know nothing of one who shares no item. */
function evidenceOn(annotator: number, { items, annotators }: Crowd['columns']): 'no votes' | 'alone' | 'company' {
  const own = new Set(items.filter((_, vote) => annotators[vote] === annotator));
  if (own.size === 0) return 'no votes';
  return items.some((item, vote) => annotators[vote] !== annotator && own.has(item)) ? 'company' : 'alone';
}

/** posteriors[item, k] of `renamed` is that of [itemNames[item], classNames[k]]. */
function expectRenamed(before: MethodResult, after: MethodResult, K: number, itemNames: number[], classNames: number[]): void {
  for (let item = 0; item < itemNames.length; item++) {
    for (let k = 0; k < K; k++) {
      const difference = Math.abs(before.posteriors[item * K + k]! - after.posteriors[itemNames[item]! * K + classNames[k]!]!);
      expect(difference, `item ${item}, class ${k}`).toBeLessThan(1e-5);
    }
  }
}

/** Items whose most voted or most probable class is shared: a tie is broken by the last bits, and with it may turn the rest. */
function hasTies({ columns, predictions }: Crowd): boolean {
  const K = columns.classCount;
  for (let at = 0; at < predictions.length; at += K) {
    const row = [...predictions.subarray(at, at + K)].sort((a, b) => b - a);
    if (row[0]! - row[1]! < 1e-9) return true;
  }
  return aggregate(new VoteTable(columns), 'majority-vote').diagnostics.ties > columns.itemCount - new Set(columns.items).size;
}

/**
 * Whether roundings stay small: messages of kos that swing instead of settling let them grow, a thousand rounds long,
 * and near a saddle they alone decide how soon an iteration leaves it, which shows as gains that all but cease and come back.
 */
function settles({ id }: AggregationMethod, { diagnostics: { converged, trace } }: MethodResult): boolean {
  if (id === 'kos') return converged;
  let least = Infinity;
  for (let i = 1; i < trace.length; i++) {
    const gain = Math.abs(trace[i]! - trace[i - 1]!);
    if (least < 1e-6 && gain > 10 * least && gain > 1e-8) return false;
    least = Math.min(least, gain);
  }
  return true;
}

const shuffled = (n: number) => fc.shuffledSubarray(Array.from({ length: n }, (_, i) => i), { minLength: n, maxLength: n });
const identity = (n: number) => Array.from({ length: n }, (_, i) => i);

describe.each(methods.map((method) => [method.id, method] as const))('%s', (_, method) => {
  const K = Math.min(3, method.maxClasses ?? 3);

  it('gives rows that sum to 1, and everything its record promises', () => {
    fc.assert(fc.property(crowds(K), (crowd) => expectLegal(method, crowd, run(method, crowd))), runs);
  });

  it('gives the same bits for the same seed, for any order of the rows, and on two threads', () => {
    fc.assert(
      fc.property(crowds(K).chain((crowd) => fc.tuple(fc.constant(crowd), shuffled(crowd.columns.items.length))), ([crowd, order]) => {
        const reordered = { ...crowd.columns, items: order.map((v) => crowd.columns.items[v]!), annotators: order.map((v) => crowd.columns.annotators[v]!), classes: order.map((v) => crowd.columns.classes[v]!) };
        const once = bits(run(method, crowd, { seed: 7 }));
        expect(bits(run(method, crowd, { seed: 7, threads: 2 }))).toEqual(once);
        expect(bits(run(method, { ...crowd, columns: reordered }, { seed: 7 }))).toEqual(once);
      }),
      runs,
    );
  });

  it('does not depend on the names of items and annotators, ties aside', () => {
    fc.assert(
      fc.property(crowds(K).chain((crowd) => fc.tuple(fc.constant(crowd), shuffled(crowd.columns.itemCount), shuffled(crowd.columns.annotatorCount))), ([crowd, itemNames, annotatorNames]) => {
        fc.pre(!hasTies(crowd));
        const predictions = new Float64Array(crowd.predictions.length);
        itemNames.forEach((name, item) => predictions.set(crowd.predictions.subarray(item * K, (item + 1) * K), name * K));
        const columns = { ...crowd.columns, items: crowd.columns.items.map((item) => itemNames[item]!), annotators: crowd.columns.annotators.map((annotator) => annotatorNames[annotator]!) };
        const before = run(method, crowd);
        fc.pre(settles(method, before));
        expectRenamed(before, run(method, { ...crowd, columns, predictions }), K, itemNames, identity(K));
      }),
      runs,
    );
  });

  it('does not depend on the order of the classes, ties aside', () => {
    fc.assert(
      fc.property(crowds(K).chain((crowd) => fc.tuple(fc.constant(crowd), shuffled(K))), ([crowd, classNames]) => {
        fc.pre(!hasTies(crowd));
        const predictions = crowd.predictions.slice();
        crowd.predictions.forEach((p, at) => (predictions[at - (at % K) + classNames[at % K]!] = p));
        const columns = { ...crowd.columns, classes: crowd.columns.classes.map((label) => classNames[label]!) };
        const before = run(method, crowd);
        fc.pre(settles(method, before));
        expectRenamed(before, run(method, { ...crowd, columns, predictions }), K, identity(crowd.columns.itemCount), classNames);
      }),
      runs,
    );
  });

  it('keeps the class of items on which all agree', () => {
    const columns = { items: [] as number[], annotators: [] as number[], classes: [] as number[], itemCount: 12, annotatorCount: 4, classCount: K };
    for (let vote = 0; vote < 48; vote++) {
      columns.items.push(vote >> 2);
      columns.annotators.push(vote & 3);
      columns.classes.push((vote >> 2) % K);
    }
    const { posteriors } = run(method, { columns, gold: new Int32Array(12).fill(-1), predictions: new Float64Array(12 * K).fill(1 / K) });
    for (let item = 0; item < 12; item++) expect(posteriors[item * K + (item % K)]).toBeGreaterThan(0.5);
  });

  it('writes to nothing it was given', () => {
    fc.assert(
      fc.property(crowds(K), (crowd) => {
        const votes = new VoteTable(crowd.columns);
        const request = { ...(method.reads.includes('gold') && { gold: crowd.gold }), ...(method.reads.includes('predictions') && { predictions: [crowd.predictions] }) };
        votes.byAnnotator();
        const copy = structuredClone({ votes: { ...votes }, request });
        aggregate(votes, method.id, request);
        expect({ votes: { ...votes }, request }).toEqual(copy);
      }),
      runs,
    );
  });

  it.runIf(method.reads.includes('gold'))('obeys gold', () => {
    fc.assert(
      fc.property(crowds(K), (crowd) => {
        const result = run(method, crowd, { gold: crowd.gold });
        expectLegal(method, crowd, result);
        crowd.gold.forEach((answer, item) => {
          if (answer >= 0) expect(result.posteriors[item * K + answer]).toBeGreaterThan(1 - 1e-9);
        });
      }),
      runs,
    );
  });

  it.runIf(['dawid-skene', 'one-coin'].includes(method.id))('never lets the likelihood fall, being exact EM', () => {
    fc.assert(
      fc.property(crowds(K), fc.boolean(), (crowd, withGold) => {
        const { trace } = run(method, crowd, withGold ? { gold: crowd.gold } : {}).diagnostics;
        for (let i = 1; i < trace.length; i++) expect(trace[i]!).toBeGreaterThanOrEqual(trace[i - 1]! - 1e-7);
      }),
      runs,
    );
  });

  /** Corners where products underflow, sums are empty or graphs fall apart. */
  const corners: Record<string, VoteColumns> = {
    'one vote': { items: [0], annotators: [0], classes: [1], itemCount: 1, annotatorCount: 1, classCount: 2 },
    'one annotator': { items: [0, 1, 2, 3], annotators: [0, 0, 0, 0], classes: [0, 1, 1, 0], itemCount: 4, annotatorCount: 1, classCount: 2 },
    'one item': { items: [0, 0, 0], annotators: [0, 1, 2], classes: [0, 1, 1], itemCount: 1, annotatorCount: 3, classCount: 2 },
    'a thousand classes': { items: [0, 0, 1, 1, 2, 2], annotators: [0, 1, 0, 1, 0, 1], classes: [0, 0, 999, 999, 500, 7], itemCount: 3, annotatorCount: 2, classCount: 1000 },
    'items without votes and annotators who only skipped': { items: [3, 3, 5], annotators: [2, 4, 2], classes: [0, 0, 1], itemCount: 9, annotatorCount: 7, classCount: 2 },
    'a graph in two parts': { items: [0, 0, 1, 1, 2, 2, 3, 3], annotators: [0, 1, 0, 1, 2, 3, 2, 3], classes: [0, 0, 1, 1, 0, 0, 1, 0], itemCount: 4, annotatorCount: 4, classCount: 2 },
    'two hundred votes on one item': {
      items: [...Array<number>(200).fill(0), ...identity(200).map(() => 1), ...identity(40).map((i) => 2 + (i % 20))],
      annotators: [...identity(200), ...identity(200), ...identity(40)],
      classes: [...identity(200).map((i) => Number(i % 3 === 0)), ...identity(200).map((i) => Number(i % 4 !== 0)), ...identity(40).map((i) => i % 2)],
      itemCount: 22, annotatorCount: 200, classCount: 2,
    },
    'one class never used': { items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 0, 0, 0], itemCount: 2, annotatorCount: 2, classCount: 2 },
    'the same annotator again and again': { items: [0, 0, 0, 1], annotators: [0, 0, 0, 0], classes: [0, 0, 1, 1], itemCount: 2, annotatorCount: 1, classCount: 2 },
  };
  it.each(Object.entries(corners).filter(([, { classCount }]) => classCount <= (method.maxClasses ?? Infinity)))('gives numbers, not NaN, for %s', (_, columns) => {
    const { itemCount: N, classCount } = columns;
    const crowd = { columns, gold: new Int32Array(N).fill(-1), predictions: new Float64Array(N * classCount).fill(1 / classCount) } as Crowd;
    expectLegal(method, crowd, run(method, crowd));
  });
});
