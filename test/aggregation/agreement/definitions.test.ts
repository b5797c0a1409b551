import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureAgreement, pairwiseAgreement } from '../../../src/aggregation/agreement.js';
import * as definition from './by-definition.js';
import type { Answer } from './by-definition.js';
import { crowds, tableOf, type SmallCrowd } from './crowds.js';

function expectEqual(actual: number, expected: number): void {
  if (Number.isFinite(expected)) expect(actual).toBeCloseTo(expected, 10);
  else expect(actual).toBeNaN();
}

/** Rows are annotators, columns items; 0 is a missing vote, classes count from 1. */
function reliabilityData(rows: string[], K: number): SmallCrowd {
  const answers = rows.flatMap((row, annotator) =>
    [...row].flatMap((character, item) => (character === '.' ? [] : [{ item, annotator, label: Number(character) - 1 }])),
  );
  return { answers, N: rows[0]!.length, M: rows.length, K };
}

describe('any crowd has the value that the definition gives', () => {
  it.each<[string, (crowd: SmallCrowd) => number]>([
    ['percent', ({ answers }) => definition.percent(answers)],
    ['fleiss-kappa', ({ answers, K }) => definition.fleissKappa(answers, K)],
    ['gwet-ac1', ({ answers, K }) => definition.gwetAc1(answers, K)],
    ['krippendorff-alpha-nominal', ({ answers }) => definition.alpha(answers, definition.nominal)],
    ['krippendorff-alpha-ordinal', ({ answers }) => definition.alpha(answers, definition.ordinal(answers))],
    ['krippendorff-alpha-interval', ({ answers }) => definition.alpha(answers, definition.interval)],
    ['krippendorff-alpha-ratio', ({ answers }) => definition.alpha(answers, definition.ratio)],
  ])('%s', (metric, expected) => {
    fc.assert(fc.property(crowds({ repeats: true }), (crowd) => expectEqual(measureAgreement({ metric, votes: tableOf(crowd) }).value, expected(crowd))));
  });

  it.each<[string, definition.Distance]>([
    ['none', definition.nominal],
    ['linear', (k, l) => Math.abs(k - l)],
    ['quadratic', definition.interval],
  ])("Cohen's kappa with weights %s, of each pair and pooled", (weights, distance) => {
    fc.assert(
      fc.property(crowds(), (crowd) => {
        const votes = tableOf(crowd);
        const pairs = pairwiseAgreement({ metric: 'cohen-kappa', votes, options: { weights } });
        let observed = 0;
        let expected = 0;
        for (const [p, a] of pairs.first.entries()) {
          const pair = definition.cohenDisagreements(crowd.answers, a, pairs.second[p]!, distance);
          expect(pairs.sharedItems[p]).toBe(pair.shared);
          expectEqual(pairs.value[p]!, 1 - pair.observed / pair.expected);
          observed += pair.observed;
          expected += pair.expected;
        }
        expectEqual(measureAgreement({ metric: 'cohen-kappa', votes, options: { weights } }).value, 1 - observed / expected);
      }),
    );
  });
});

describe('worked examples of the literature come out', () => {
  // Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), example C: four observers, twelve units.
  const observers = reliabilityData(['123321412...', '1233224125.3', '.3332342251.', '12332441251.'], 5);

  it.each([['nominal', 0.743], ['ordinal', 0.815], ['interval', 0.849], ['ratio', 0.797]])("Krippendorff's alpha of four observers and twelve units, %s: %f", (scale, alpha) => {
    expect(measureAgreement({ metric: `krippendorff-alpha-${scale}`, votes: tableOf(observers), classValues: [1, 2, 3, 4, 5] }).value).toBeCloseTo(alpha, 3);
  });

  it("Krippendorff's alpha of two observers and ten units, nominal data: .692", () => {
    // The same report, example B: a a b b d c c c e d d a and b a b b b c c c e d d d.
    const pair = reliabilityData(['112243335441', '212223335444'], 5);
    expect(measureAgreement({ metric: 'krippendorff-alpha-nominal', votes: tableOf(pair) }).value).toBeCloseTo(0.692, 3);
  });

  it("Fleiss' kappa of 14 raters, ten subjects and five categories: .210", () => {
    const table = ['0 0 0 0 14', '0 2 6 4 2', '0 0 3 5 6', '0 3 9 2 0', '2 2 8 1 1', '7 7 0 0 0', '3 2 6 3 0', '2 5 3 2 2', '6 5 2 1 0', '0 2 2 3 7'];
    const answers = table.flatMap((row, item) => {
      const labels = row.split(' ').flatMap((count, label) => Array<number>(Number(count)).fill(label));
      return labels.map((label, annotator): Answer => ({ item, annotator, label }));
    });
    const { value, comparedItems } = measureAgreement({ metric: 'fleiss-kappa', votes: tableOf({ answers, N: 10, M: 14, K: 5 }) });
    expect(value).toBeCloseTo(0.21, 3);
    expect(comparedItems).toBe(10);
  });

  /** Two raters: how often each pair of classes was given. */
  function contingency(table: number[][]): SmallCrowd {
    const answers: Answer[] = [];
    let item = 0;
    table.forEach((row, k) => row.forEach((count, l) => {
      for (let c = 0; c < count; c++, item++) answers.push({ item, annotator: 0, label: k }, { item, annotator: 1, label: l });
    }));
    return { answers, N: item, M: 2, K: table.length };
  }

  it("Cohen's kappa where 20 proposals are accepted and 15 refused by both of two readers of 50: .4", () => {
    expect(measureAgreement({ metric: 'cohen-kappa', votes: tableOf(contingency([[20, 5], [10, 15]])) }).value).toBeCloseTo(0.4, 12);
  });

  it("Gwet's AC1 stays .941 where kappa falls to -.023 though 94% agree (Gwet 2008)", () => {
    const votes = tableOf(contingency([[118, 5], [2, 0]]));
    expect(measureAgreement({ metric: 'percent', votes }).value).toBeCloseTo(0.944, 12);
    expect(measureAgreement({ metric: 'gwet-ac1', votes }).value).toBeCloseTo(0.9408, 4);
    expect(measureAgreement({ metric: 'cohen-kappa', votes }).value).toBeCloseTo(-0.0234, 4);
  });
});
