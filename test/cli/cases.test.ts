import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate, measureAgreement, votes as votesOf, type VoteRow } from '../../src/aggregation/index.js';
import { hasShared, shared } from '../setup/shared.js';
import { Program } from './program.js';

/** Files that users of labelling systems reported, and what is right for each. */
describe.skipIf(!hasShared)('reported files', () => {
  let assay: Program;
  beforeAll(async () => {
    assay = await Program.build();
  });
  afterAll(() => assay.remove());

  const of = (...parts: string[]) => shared('cases', ...parts);
  const rowsOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').slice(1).map((row) => row.split(',') as unknown as VoteRow);

  /** Values by metric, null where undefined, and what was told beside. */
  async function agree(path: string, ...words: string[]): Promise<{ values: Record<string, number | null>; err: string }> {
    const { out, err, code } = await assay.run(['agree', path, '--json', ...words]);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const { measures } = JSON.parse(out) as { measures: { metric: string; value: number | null }[] };
    return { values: Object.fromEntries(measures.map(({ metric, value }) => [metric, value])), err };
  }

  /** The first columns of soft-labels.csv: item, label, confidence; and the answer of the command. */
  async function labels(path: string, ...words: string[]) {
    const { out, err, code } = await assay.run(['aggregate', path, '-m', 'majority-vote', '--json', '--out', assay.path('case'), ...words]);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const rows = (await readFile(assay.path('case/soft-labels.csv'), 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',').slice(0, 3));
    return { rows, told: JSON.parse(out) as Record<string, unknown>, err };
  }

  it('weighted kappa of classes that are names needs their order', async () => {
    const path = of('02-weighted-kappa-names', 'names.csv');
    const refused = await assay.run(['agree', path, '-m', 'cohen-kappa', '-o', 'weights=quadratic']);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('give --classes, a list of high, low, medium in order') as string });
    const words = ['-m', 'cohen-kappa', '-o', 'weights=quadratic'];
    expect((await agree(path, ...words, '--classes', 'low,medium,high')).values['cohen-kappa']).toBeCloseTo(0.7391, 4);
    expect((await agree(of('02-weighted-kappa-names', 'numbers.csv'), ...words)).values['cohen-kappa']).toBeCloseTo(0.7391, 4);
  });

  it('numbers lie as numbers in the library, too', () => {
    const { table, classes } = votesOf(rowsOf(of('03-library-number-order', 'ratings-1-to-10.csv')));
    expect(classes).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    expect(measureAgreement({ metric: 'krippendorff-alpha-ordinal', votes: table }).value).toBeCloseTo(0.973, 4);
    expect(measureAgreement({ metric: 'krippendorff-alpha-interval', votes: table }).value).toBeCloseTo(0.9913, 4);
    expect(measureAgreement({ metric: 'cohen-kappa', votes: table, options: { weights: 'quadratic' } }).value).toBeCloseTo(0.9909, 4);
  });

  it('a class that is no number never makes ranks of values, and every way to write a number counts', async () => {
    const folder = '04-interval-falls-back-to-ranks';
    const interval = ['-m', 'krippendorff-alpha-interval'];
    expect((await agree(of(folder, 'one-to-three.csv'), ...interval, '--classes', '1,2,high,3')).values['krippendorff-alpha-interval']).toBeCloseTo(0.8276, 4);
    for (const [name, value] of [['scientific.csv', 1], ['plain.csv', 1], ['leading-dot.csv', 1 - 3.5 / 19.5]] as const) {
      expect((await agree(of(folder, name), ...interval)).values['krippendorff-alpha-interval']).toBeCloseTo(value, 4);
    }
  });

  it('of two votes of one annotator the later by its time stands', async () => {
    expect((await labels(of('05-keep-last-against-time', 'votes.csv'))).rows).toEqual([['d1', 'new', `${2 / 3}`]]);
  });

  it('one class is a result', async () => {
    const path = of('06-one-class', 'votes.csv');
    for (const words of [[], ['--classes', 'low,high']]) {
      expect((await agree(path, ...words)).values).toMatchObject({ percent: 1, 'krippendorff-alpha-nominal': null, 'fleiss-kappa': null });
      expect((await labels(path, ...words)).rows).toEqual([['1', 'high', '1'], ['2', 'high', '1']]);
    }
    const { table } = votesOf(rowsOf(path));
    expect([...aggregate(table, 'dawid-skene').posteriors]).toEqual([1, 1]);
    expect(measureAgreement({ metric: 'percent', votes: table }).value).toBe(1);
  });

  it('a model may predict a class that nobody voted for', async () => {
    const folder = '07-predictions-of-unvoted-class';
    const run = (...words: string[]) => assay.run(['aggregate', of(folder, 'votes.csv'), '-m', 'crowdlab', '--json', '--out', assay.path('case'), ...words]);
    expect(JSON.parse((await run('-p', of(folder, 'predictions.csv'))).out)).toMatchObject({ classes: 3, items: 3 });
    expect(JSON.parse((await run('-p', of(folder, 'predictions-list.csv'), '--classes', 'a,b,c')).out)).toMatchObject({ classes: 3, items: 3 });
  });

  it('one vote of an annotator on an item counts', async () => {
    const { rows, told } = await labels(of('08-repeats-offline', 'votes.csv'));
    expect(rows).toEqual([['t1', 'b', `${2 / 3}`]]);
    expect(told).toMatchObject({ votes: 3, repeats: 2 });
  });

  it('items without a class have no label', async () => {
    expect((await labels(of('09-abstained-items', 'votes.csv'))).rows.map(([item, label]) => [item, label])).toEqual([['1', 'x']]);
  });

  it('empty answers are no votes; a class by the name of None is told', async () => {
    const folder = '10-missing-answers';
    for (const name of ['nltk2865-long.csv', 'nltk2865-empty.csv']) expect((await agree(of(folder, name), '-m', 'krippendorff-alpha-nominal')).values).toEqual({ 'krippendorff-alpha-nominal': 1 });
    expect((await agree(of(folder, 'nltk2865-wide.csv'), '--wide', '-m', 'krippendorff-alpha-nominal')).values).toEqual({ 'krippendorff-alpha-nominal': 1 });
    expect((await agree(of(folder, 'nltk2865-none.csv'), '-m', 'krippendorff-alpha-nominal')).err).toContain('"None" is a class like any other');
  });

  it.each([['12-excel', 'exceltail.csv'], ['12-excel', 'exceltailcols.csv'], ['13-headers', 'tab.csv'], ['13-headers', 'case.csv'], ['13-headers', 'semi.csv'], ['14-json-array', 'arr.json']])('%s/%s is read', async (...path) => {
    const { told, err } = await labels(of(...path));
    expect(told).toMatchObject({ items: 1, annotators: 2, votes: 2, classes: 2 });
    expect(err).toBe(path[1] === 'exceltail.csv' ? 'assay: 2 rows of empty cells passed over\n' : '');
  });

  it('blanks in a header are passed over, those in cells are told', async () => {
    const { told, err } = await labels(of('13-headers', 'spacehead.csv'));
    expect(told).toMatchObject({ items: 2, votes: 3, classes: 3 });
    expect(err).toContain('the classes " x" and "x" differ by blanks alone');
  });

  it('a time that cannot be read costs no vote', async () => {
    const { told, err } = await labels(of('16-times', 'votes.csv'));
    expect(told).toMatchObject({ items: 5, votes: 5 });
    expect(err).not.toContain('not read');
  });
});
