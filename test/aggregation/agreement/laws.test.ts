import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementMatrix, agreementMetrics, measureAgreement, pairwiseAgreement, type AgreementMeasureRequest } from '../../../src/aggregation/agreement.js';
import { simulateCrowd } from '../../../src/aggregation/simulate.js';
import { VoteTable } from '../../../src/aggregation/vote-table.js';
import { crowds, order, tableOf, type SmallCrowd } from './crowds.js';

const all = agreementMetrics.map((metric) => metric.id);
const nominal = agreementMetrics.filter((metric) => metric.scale === 'nominal').map((metric) => metric.id);
const corrected = all.filter((id) => id !== 'percent');

/** Every metric, and Cohen's kappa with each of its weights. */
const settings: [string, Record<string, unknown>][] = [
  ...all.map((id): [string, Record<string, unknown>] => [id, {}]),
  ['cohen-kappa', { weights: 'linear' }],
  ['cohen-kappa', { weights: 'quadratic' }],
];

function measure(crowd: SmallCrowd | VoteTable, metric: string, more: Partial<AgreementMeasureRequest> = {}): number {
  return measureAgreement({ metric, votes: crowd instanceof VoteTable ? crowd : tableOf(crowd), ...more }).value;
}

function expectSame(actual: number, expected: number): void {
  if (Number.isNaN(expected)) expect(actual).toBeNaN();
  else expect(actual).toBeCloseTo(expected, 11);
}

describe.each(settings)('%s %j', (metric, options) => {
  it('is 1 where every item is unanimous and more than one class was voted', () => {
    fc.assert(
      fc.property(crowds(), (crowd) => {
        const unanimous = { ...crowd, answers: crowd.answers.map((vote) => ({ ...vote, label: vote.item % crowd.K })) };
        const value = measure(unanimous, metric, { options });
        fc.pre(!Number.isNaN(value));
        expect(value).toBeCloseTo(1, 12);
      }),
    );
    const two = { answers: [0, 1, 2, 3].map((v) => ({ item: v >> 1, annotator: v & 1, label: v >> 1 })), N: 2, M: 2, K: 3 };
    expect(measure(two, metric, { options })).toBe(1);
  });

  it('never leaves its range', () => {
    const low = agreementMetrics.find((m) => m.id === metric)!.lowest ?? -Infinity;
    fc.assert(
      fc.property(crowds({ repeats: true }), (crowd) => {
        const value = measure(crowd, metric, { options });
        expect(Number.isNaN(value) || (value >= low - 1e-12 && value <= 1 + 1e-12)).toBe(true);
      }),
    );
  });

  it('does not depend on the order of votes nor on the numbering of items and annotators', () => {
    fc.assert(
      fc.property(crowds({ repeats: true }), fc.array(fc.double({ noNaN: true }), { minLength: 60, maxLength: 60 }), (crowd, keys) => {
        const item = order(keys, crowd.N);
        const annotator = order(keys.slice(12), crowd.M);
        const shuffled = order(keys, crowd.answers.length).map((v) => crowd.answers[v]!);
        const renamed = shuffled.map((vote) => ({ item: item[vote.item]!, annotator: annotator[vote.annotator]!, label: vote.label }));
        expectSame(measure({ ...crowd, answers: renamed }, metric, { options }), measure(crowd, metric, { options }));
      }),
    );
  });

  it('is not moved by items and annotators without votes', () => {
    fc.assert(
      fc.property(crowds(), (crowd) => {
        expectSame(measure({ ...crowd, N: crowd.N + 3, M: crowd.M + 2 }, metric, { options }), measure(crowd, metric, { options }));
      }),
    );
  });

  it('over a selection of items is that of a table holding only their votes', () => {
    fc.assert(
      fc.property(crowds({ repeats: true }), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (crowd, chosen) => {
        const items = Array.from({ length: crowd.N }, (_, i) => i).filter((i) => chosen[i]);
        const only = { ...crowd, answers: crowd.answers.filter((vote) => chosen[vote.item]) };
        expectSame(measure(crowd, metric, { options, items }), measure(only, metric, { options }));
      }),
    );
  });

  it('per class is that of votes for the class against votes for any other', () => {
    fc.assert(
      fc.property(crowds({ repeats: true }), (crowd) => {
        const { perClass } = measureAgreement({ metric, votes: tableOf(crowd), options, perClass: true });
        for (let k = 0; k < crowd.K; k++) {
          const binary = { ...crowd, K: 2, answers: crowd.answers.map((vote) => ({ ...vote, label: Number(vote.label === k) })) };
          expectSame(perClass![k]!, measure(binary, metric, { options }));
        }
      }),
    );
  });

  it('is undefined, not an error, where no item has two votes', () => {
    expect(measure({ answers: [], N: 0, M: 0, K: 2 }, metric, { options })).toBeNaN();
    expect(measure({ answers: [{ item: 0, annotator: 0, label: 1 }], N: 2, M: 1, K: 2 }, metric, { options })).toBeNaN();
  });

  it('does not change the votes', () => {
    const { columns } = simulateCrowd({ items: 30, annotators: 6 }, 1);
    const votes = new VoteTable(columns);
    const before = [votes.items.slice(), votes.annotators.slice(), votes.classes.slice(), votes.itemOffsets.slice()];
    measureAgreement({ metric, votes, options, perClass: true, replicates: 5 });
    expect([votes.items, votes.annotators, votes.classes, votes.itemOffsets]).toEqual(before);
  });
});

it.each(nominal)('%s does not depend on the numbering of the classes', (metric) => {
  fc.assert(
    fc.property(crowds(), fc.array(fc.double({ noNaN: true }), { minLength: 5, maxLength: 5 }), (crowd, keys) => {
      const label = order(keys, crowd.K);
      const renamed = { ...crowd, answers: crowd.answers.map((vote) => ({ ...vote, label: label[vote.label]! })) };
      expectSame(measure(renamed, metric), measure(crowd, metric));
    }),
  );
});

it.each(settings.filter(([id]) => id !== 'krippendorff-alpha-ratio'))('%s %j is the same when the order of the classes is turned round', (metric, options) => {
  fc.assert(
    fc.property(crowds(), (crowd) => {
      const turned = { ...crowd, answers: crowd.answers.map((vote) => ({ ...vote, label: crowd.K - 1 - vote.label })) };
      expectSame(measure(turned, metric, { options }), measure(crowd, metric, { options }));
    }),
  );
});

it('ratio alpha keeps its value in any unit of the places, and not when zero lies elsewhere', () => {
  fc.assert(
    fc.property(crowds(), fc.constantFrom(0.5, 3, 20), (crowd, unit) => {
      const places = (shift: number, stretch: number) => Array.from({ length: crowd.K }, (_, k) => shift + stretch * k);
      const [value, scaled] = [places(0, 1), places(0, unit)].map((classValues) => measure(crowd, 'krippendorff-alpha-ratio', { classValues }));
      expectSame(scaled!, value!);
    }),
  );
  const answers = [[0, 0, 1], [0, 1, 2], [1, 0, 0], [1, 1, 0]].map(([item, annotator, label]) => ({ item: item!, annotator: annotator!, label: label! }));
  const [near, far] = [[0, 1, 2], [100, 101, 102]].map((classValues) => measure({ answers, N: 2, M: 2, K: 3 }, 'krippendorff-alpha-ratio', { classValues }));
  expect(near).not.toBeCloseTo(far!, 3);
});

it('interval alpha keeps its value when the places of the classes are shifted and stretched', () => {
  fc.assert(
    fc.property(crowds(), fc.integer({ min: -50, max: 50 }), fc.constantFrom(-3, 0.5, 20), (crowd, shift, stretch) => {
      const classValues = Array.from({ length: crowd.K }, (_, k) => shift + stretch * k);
      expectSame(measure(crowd, 'krippendorff-alpha-interval', { classValues }), measure(crowd, 'krippendorff-alpha-interval'));
    }),
  );
});

describe('annotators who answer independently of the item', () => {
  // 20,000 items of five votes each: chance-corrected metrics have a standard error near .003.
  const { columns } = simulateCrowd({ items: 20_000, annotators: 10, classes: 3 }, 2);

  /** Answers drawn from class shares that fall as 1 / (k + 1)^skew, whoever votes on whatever. */
  function blind(skew: number): VoteTable {
    return new VoteTable({ ...columns, classes: simulateCrowd({ items: columns.classes.length, annotators: 1, votesPerItem: 0, classes: 3, classSkew: skew }, 9).truth });
  }

  it.each(corrected.filter((id) => id !== 'gwet-ac1'))('agree by %s as much as chance, whatever the shares of the classes', (metric) => {
    for (const skew of [0, 1]) expect(Math.abs(measure(blind(skew), metric))).toBeLessThan(0.02);
  });

  it('agree by AC1 as much as chance where classes are equally frequent', () => {
    expect(Math.abs(measure(blind(0), 'gwet-ac1'))).toBeLessThan(0.02);
  });

  it('agree in percent as often as their shares meet', () => {
    const votes = blind(1);
    const expected = [0, 1, 2].reduce((sum, k) => sum + (votes.classes.filter((label) => label === k).length / votes.voteCount) ** 2, 0);
    expect(measure(votes, 'percent')).toBeCloseTo(expected, 2);
  });
});

describe('pairwise agreement', () => {
  it('of a crowd of two is the whole', () => {
    fc.assert(
      fc.property(crowds(), fc.constantFrom(...settings.filter(([id]) => id === 'cohen-kappa')), (crowd, [metric, options]) => {
        const two = { ...crowd, M: 2, answers: crowd.answers.filter((vote) => vote.annotator < 2) };
        const { value } = pairwiseAgreement({ metric, votes: tableOf(two), options });
        expectSame(value[0] ?? NaN, measure(two, metric, { options }));
      }),
    );
  });

  it('lists each pair that shares an item once, with the items it shares', () => {
    fc.assert(
      fc.property(crowds({ repeats: true }), (crowd) => {
        const pairs = pairwiseAgreement({ metric: 'percent', votes: tableOf(crowd) });
        const listed = Array.from(pairs.first, (a, p) => [a, pairs.second[p], pairs.sharedItems[p]]);
        const expected: number[][] = [];
        for (let a = 0; a < crowd.M; a++) {
          for (let b = a + 1; b < crowd.M; b++) {
            const itemsOf = (who: number) => new Set(crowd.answers.filter((vote) => vote.annotator === who).map((vote) => vote.item));
            const shared = [...itemsOf(a)].filter((item) => itemsOf(b).has(item)).length;
            if (shared > 0) expected.push([a, b, shared]);
          }
        }
        expect(listed).toEqual(expected);
      }),
    );
  });

  it('fills a symmetric matrix, undefined where nothing is shared', () => {
    const answers = [{ item: 0, annotator: 0, label: 1 }, { item: 0, annotator: 2, label: 0 }, { item: 1, annotator: 1, label: 0 }];
    const pairs = pairwiseAgreement({ metric: 'percent', votes: tableOf({ answers, N: 2, M: 3, K: 2 }) });
    expect([...agreementMatrix(pairs, 3)]).toEqual([NaN, NaN, 0, NaN, NaN, NaN, 0, NaN, NaN]);
  });

  it('counts an item once when an annotator repeats an answer to it', () => {
    const once = [[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 1]].map(([item, annotator, label]) => ({ item: item!, annotator: annotator!, label: label! }));
    const thrice = [...once, once[2]!, once[2]!];
    const shape = { N: 2, M: 2, K: 2 };
    for (const metric of ['percent', 'cohen-kappa']) {
      const [repeated, plain] = [thrice, once].map((answers) => pairwiseAgreement({ metric, votes: tableOf({ ...shape, answers }) }));
      expect(repeated!.sharedItems).toEqual(plain!.sharedItems);
      expect(repeated!.value[0]).toBeCloseTo(plain!.value[0]!, 12);
    }
  });
});

it('votes for candidate sets are passed over by metrics of single classes', () => {
  const shape = { itemCount: 2, annotatorCount: 3, classCount: 3 };
  const plain = new VoteTable({ ...shape, items: [0, 0, 1, 1], annotators: [0, 1, 0, 1], classes: [0, 0, 1, 2] });
  const sets = { offsets: Int32Array.of(0, 2), classes: Int32Array.of(0, 1) };
  const unsure = new VoteTable({ ...shape, items: [0, 0, 1, 1, 1, 0], annotators: [0, 1, 0, 1, 2, 1], classes: [0, 0, 1, 2, 3, 3], candidateSets: sets });
  const ofClasses = settings.filter(([id]) => !agreementMetrics.some((m) => m.id === id && m.ofSets));
  for (const [metric, options] of ofClasses) expectSame(measure(unsure, metric, { options }), measure(plain, metric, { options }));
});
