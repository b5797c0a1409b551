import { describe, expect, it } from 'vitest';
import { aggregate, agreementMetrics, measureAgreement, methods, votes as votesOf, type VoteRow } from '../../src/aggregation/index.js';
import { readVoteColumns } from '../../src/formats/vote-columns.js';

/** Votes of raters as reliability data: a line a rater, a character a unit, a dot where there is no answer. */
function table(raters: Record<string, string>, classes?: string[]) {
  const rows = Object.entries(raters).flatMap(([rater, answers]) => [...answers].flatMap((answer, unit): VoteRow[] => (answer === '.' ? [] : [[`unit ${unit}`, rater, answer]])));
  return votesOf(rows, { classes }).table;
}

const alpha = (votes: ReturnType<typeof table>, scale = 'nominal') => measureAgreement({ metric: `krippendorff-alpha-${scale}`, votes }).value;
const value = (metric: string, votes: ReturnType<typeof table>) => measureAgreement({ metric, votes }).value;

/** What users of other systems reported as wrong there, and what is right. */
describe('agreement', () => {
  it("Krippendorff's example A, two observers and ten units of binary data: .0952", () => {
    expect(alpha(table({ Meg: '0100000010', Owen: '1110010000' }))).toBeCloseTo(0.0952, 4);
  });

  it('one disagreement among 22 ratings is no more than chance, on every scale: 0', () => {
    const votes = table({ a: '11111111111', b: '11111111112' });
    for (const scale of ['nominal', 'ordinal', 'interval']) expect(alpha(votes, scale)).toBeCloseTo(0, 12);
  });

  it('of one unit that two rated alike is undefined but in percent; of one rater it is undefined', () => {
    const alike = table({ a: '1.', b: '1.', c: '.2' });
    expect([alpha(alike), value('percent', alike)]).toEqual([NaN, 1]);
    const alone = table({ a: '1221' });
    for (const { id } of agreementMetrics) expect(value(id, alone), id).toBeNaN();
  });

  it("Fleiss' kappa takes units with unequal numbers of raters; where three disagree on all it is -.5", () => {
    // Shares of agreeing pairs 1, 1/3, 1, whose mean is 7/9. Shares of the first class 1, 2/3, 0, whose mean is 5/9: by chance 41/81.
    expect(value('fleiss-kappa', table({ a: '112', b: '112', c: '12.' }))).toBeCloseTo((7 / 9 - 41 / 81) / (1 - 41 / 81), 12);
    expect(value('fleiss-kappa', table({ a: '1231', b: '2312', c: '3123' }))).toBeCloseTo(-0.5, 12);
  });

  it("Cohen's kappa looks at items that both judged, and no others", () => {
    expect(value('cohen-kappa', table({ a: '1122111111....', b: '1212......2222' }, ['1', '2']))).toBe(value('cohen-kappa', table({ a: '1122', b: '1212' }, ['1', '2'])));
  });

  it('of two who answer at random is none, on 250,000 items', () => {
    let state = 12345;
    const answers = () => Int32Array.from({ length: 250_000 }, () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >>> 20).map((draw) => draw % 3);
    const [a, b] = [answers(), answers()];
    const votes = votesOf([...a].flatMap((answer, item): VoteRow[] => [[`${item}`, 'a', `${answer}`], [`${item}`, 'b', `${b[item]}`]])).table;
    expect(Math.abs(value('cohen-kappa', votes))).toBeLessThan(0.01);
  });

  it('of two who always oppose each other is 0, and their names are told apart where the hashes are equal', async () => {
    const names = ['rater 44175', 'rater 87499'];
    const text = `item,annotator,class\n${Array.from({ length: 10 }, (_, i) => `${i},${names[0]},yes\n${i},${names[1]},no\n`).join('')}`;
    const file = await readVoteColumns((async function* () { yield Buffer.from(text); })());
    expect(file.annotatorIds.texts()).toEqual(names);
    expect(value('cohen-kappa', votesOf(Array.from(file.items, (item, v): VoteRow => [file.itemIds.text(item), file.annotatorIds.text(file.annotators[v]!), file.classIds.text(file.classes[v]!)])).table)).toBe(0);
  });
});

describe.each(methods.filter(({ reads }) => reads.includes('votes')).map((method) => [method.id, method] as const))('%s', (_, method) => {
  it('keeps what all agree on, where two thirds of the crowd said nothing, and has a number for classes that somebody never used', () => {
    // 20 annotators and 60 items; 35% of the pairs have a vote, and items 0 to 29 are unanimous.
    const rows: VoteRow[] = [];
    // Of the last class nobody knows anything, but where a method takes two classes and no more.
    const classes = method.maxClasses === 2 ? ['a', 'b'] : ['a', 'b', 'c', 'd'];
    const told = method.maxClasses === 2 ? 2 : 3;
    for (let item = 0; item < 60; item++) {
      for (let annotator = 0; annotator < 20; annotator++) {
        if ((item * 7 + annotator * 13) % 20 >= 7) continue;
        const truth = item % told;
        rows.push([`${item}`, `${annotator}`, classes[item < 30 || annotator % 5 > 0 ? truth : (truth + 1) % told]!]);
      }
    }
    const { table: votes, items } = votesOf(rows, { classes });
    const K = classes.length;
    const predictions = method.reads.includes('predictions') ? [new Float64Array(items.length * K).fill(1 / K)] : undefined;
    const { posteriors, annotatorQuality, confusion } = aggregate(votes, method.id, { predictions });
    for (let item = 0; item < 30; item++) {
      const row = posteriors.subarray(K * items.indexOf(`${item}`)).subarray(0, K);
      expect(classes[row.indexOf(Math.max(...row))], `item ${item}`).toBe(classes[item % told]);
    }
    for (const numbers of [posteriors, annotatorQuality ?? [], confusion?.values ?? []]) expect(Array.from(numbers).every((number) => Number.isFinite(number))).toBe(true);
  });
});
