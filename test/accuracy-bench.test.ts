import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceWords, mean, pairedDifference } from '../bench/accuracy/significance.mjs';
import { aggregate, calibration, crowdGold, crowdVotes, methods, simulateCrowd, votes, type AggregateRequest, type Calibration, type CrowdOptions } from '../src/aggregation/index.js';

const script = fileURLToPath(new URL('../bench/accuracy/accuracy.mjs', import.meta.url));

/** The bench on a folder of crowds: exit code, page, and what it says on the way. */
function bench(folder: string): Promise<{ code: number; page: string; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, '--sets', folder], (error, page, said) => resolve({ code: Number(error?.code ?? 0), page, said }));
  });
}

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'assay-accuracy-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}

const csv = (rows: readonly (readonly string[])[]) => rows.map((row) => `${row.join(',')}\n`).join('');

/** The cells of the first table under a heading, by the first cell of each row. */
function tableUnder(page: string, heading: string): Map<string, string[]> {
  const lines = page.slice(`\n${page}`.indexOf(`\n${heading}\n`)).split('\n');
  const first = lines.findIndex((line) => line.startsWith('| '));
  const end = lines.findIndex((line, at) => at > first && !line.startsWith('| '));
  return new Map(lines.slice(first, end).filter((line) => !line.startsWith('| ---')).map((line) => line.slice(2, -2).split(' | ')).map(([label, ...cells]) => [label!, cells]));
}

describe('the accuracy bench on a folder of crowds', () => {
  const crowds = {
    pairs: { items: 60, annotators: 12, classes: 2, votesPerItem: 5, skill: 0.7 },
    triples: { items: 50, annotators: 10, classes: 3, votesPerItem: 4, skill: 0.65 },
    sparse: { items: 80, annotators: 20, classes: 3, votesPerItem: 3, skill: 0.7 },
  } satisfies Record<string, CrowdOptions>;
  /** What the library itself makes of a crowd. */
  const scoreOf = new Map<string, (method: string, request?: AggregateRequest) => Calibration>();
  let told: Awaited<ReturnType<typeof bench>>;

  beforeAll(async () => {
    await file('sets/a-note.txt', 'no crowd');
    await file('sets/without-gold/votes.csv', 'item,annotator,label\nx,y,z\n');
    for (const [name, options] of Object.entries(crowds)) {
      const crowd = simulateCrowd(options, 5);
      const given = [...crowdVotes(crowd)] as [string, string, string][];
      // The gold answers of every item but the first, and one that nobody voted on.
      const answers = [...crowdGold(crowd)].slice(1);
      const text = csv([['item', 'annotator', 'label'], ...given]);
      // The first annotator first said something else, which the last row takes back.
      const [item, annotator, label] = given[0]!;
      const before = given.find(([, , other]) => other !== label)![2];
      const all = csv([['item', 'annotator', 'label'], [item, annotator, before]]) + text.slice(text.indexOf('\n') + 1);
      if (name === 'pairs') await file(`sets/${name}/votes.csv.gz`, gzipSync(all));
      else await file(`sets/${name}/votes.csv`, all);
      await file(`sets/${name}/gold.csv`, csv([['item', 'label'], ...answers, ['nobody-voted', label]]));
      const named = votes(given);
      const gold = new Int32Array(named.items.length).fill(-1);
      for (const [one, answer] of answers) if (named.items.includes(one)) gold[named.items.indexOf(one)] = named.classes.indexOf(answer);
      scoreOf.set(name, (method, request) => calibration(aggregate(named.table, method, request).posteriors, named.classes.length, gold));
    }
    told = await bench(join(folder, 'sets'));
  });

  it('ends well, and says which crowds there are', () => {
    expect(told).toMatchObject({ code: 0 });
    expect([...tableUnder(told.page, '# Accuracy and calibration').keys()].sort()).toEqual(['crowd', 'pairs', 'sparse', 'triples']);
    expect(tableUnder(told.page, '# Accuracy and calibration').get('pairs')![3]).toBe('2');
  });

  /** A printed figure is the nearest of its digits; half a unit of the last one and a little for ties in rounding. */
  const near = (printed: string, value: number) => expect(Math.abs(Number(printed) - value), `${printed} for ${value}`).toBeLessThanOrEqual(0.5000001 * 10 ** -printed.split('.')[1]!.length);
  const columns = [(score: Calibration) => 100 * score.accuracy, (score: Calibration) => score.nll, (score: Calibration) => score.brier, (score: Calibration) => score.ece];
  const rows: [string, string, AggregateRequest][] = [
    ...methods.filter(({ reads, maxClasses }) => !reads.includes('predictions') && !maxClasses).map(({ id }): [string, string, AggregateRequest] => [id, id, {}]),
    ['soft-label-mean, version 1', 'soft-label-mean', { version: 1 }],
    ['dawid-skene, smoothing 1', 'dawid-skene', { options: { smoothing: 1 } }],
  ];

  it.each(rows)('has the means of the library itself for %s', (label, method, request) => {
    const cells = tableUnder(told.page, '## Means over the crowds').get(label)!;
    columns.forEach((column, at) => near(cells[at]!, mean([...scoreOf.values()].map((score) => column(score(method, request))))));
  });

  it('has the figures of each crowd, and none where a method cannot be', () => {
    const names = tableUnder(told.page, '## Log loss').get('method')!;
    names.forEach((name, at) => near(tableUnder(told.page, '## Log loss').get('dawid-skene')![at]!, scoreOf.get(name)!('dawid-skene').nll));
    expect(tableUnder(told.page, '## Log loss').get('kos')!.map((cell) => cell !== '')).toEqual(names.map((name) => name === 'pairs'));
    expect(tableUnder(told.page, '## Means over the crowds').has('kos')).toBe(false);
  });

  it('has the differences to the default with their intervals', () => {
    const names = tableUnder(told.page, '## Log loss').get('method')!;
    const scores = (method: string, column: (score: Calibration) => number) => names.map((name) => column(scoreOf.get(name)!(method)));
    for (const method of ['majority-vote', 'dawid-skene']) {
      const cells = tableUnder(told.page, '### Less `soft-label-mean`').get(method)!;
      expect(cells[0]).toBe('3');
      columns.forEach((column, at) => expect(cells[at + 1]).toBe(differenceWords(pairedDifference(scores('soft-label-mean', column), scores(method, column)), at === 0 ? 2 : 4)));
    }
    expect(tableUnder(told.page, '### Less `soft-label-mean`').get('kos')![0]).toBe('1');
  });

  const wrong: [string, Record<string, string>, RegExp][] = [
    ['a folder that is not there', {}, /wrong-0: there is no such folder/],
    ['a folder without crowds', { 'readme.txt': '' }, /wrong-1: no folder in it holds a gold\.csv/],
    ['gold without votes', { 'a/gold.csv': 'item,label\nx,y\n' }, /wrong-2\/a: there is a gold\.csv but no votes\.csv/],
    ['a column that is missing', { 'a/gold.csv': 'item,label\nx,y\n', 'a/votes.csv': 'item,worker,label\nx,w,y\n' }, /a\/votes\.csv: there is no column annotator among item, worker, label/],
    ['an empty cell', { 'a/gold.csv': 'item,label\nx,y\n', 'a/votes.csv': 'item,annotator,label\nx,w,y\nx,,z\n' }, /a\/votes\.csv: row 2 after the header has no annotator/],
    ['no votes', { 'a/gold.csv': 'item,label\nx,y\n', 'a/votes.csv': 'item,annotator,label\n' }, /a\/votes\.csv: there are no rows/],
    ['a row that is too short', { 'a/gold.csv': 'item,label\nx,y\n', 'a/votes.csv': 'item,annotator,label\nx,w\n' }, /a\/votes\.csv: Invalid Record Length/],
    ['one label', { 'a/gold.csv': 'item,label\nx,y\n', 'a/votes.csv': 'item,annotator,label\nx,w,y\n' }, /a\/votes\.csv: its 1 votes have 1 label/],
    ['two gold answers', { 'a/gold.csv': 'item,label\nx,y\nx,z\n', 'a/votes.csv': 'item,annotator,label\nx,w,y\nx,v,z\n' }, /a\/gold\.csv: item x is both y and z/],
    ['gold of other items', { 'a/gold.csv': 'item,label\nX,y\n', 'a/votes.csv': 'item,annotator,label\nx,w,y\nx,v,z\n' }, /a\/gold\.csv: none of its 1 answers is of an item with votes/],
  ];

  it.each(wrong.map(([what, files, words], at) => ({ what, files, words, at })))('refuses $what in one line', async ({ files, words, at }) => {
    for (const [path, content] of Object.entries(files)) await file(join(`wrong-${at}`, path), content);
    const { code, page, said } = await bench(join(folder, `wrong-${at}`));
    expect(said).toMatch(words);
    expect(said.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, page }).toEqual({ code: 2, page: '' });
  });
});

describe('the paired bootstrap', () => {
  it('draws pairs: what is the same everywhere has no spread', () => {
    const { mean: value, low, high } = pairedDifference([1, 5, 9, 40], [1.5, 5.5, 9.5, 40.5]);
    expect([value, low, high]).toEqual([0.5, 0.5, 0.5]);
  });

  it('has the interval of the binomial where differences are 0 and 1', () => {
    // Of 40 crowds 10 are better by 1: the mean of a draw is a binomial of 40 at 1/4, whose .025 and .975 quantiles are 5 and 16.
    const { low, high } = pairedDifference(Array.from({ length: 40 }, () => 0), Array.from({ length: 40 }, (_, crowd) => (crowd < 10 ? 1 : 0)));
    expect([40 * low, 40 * high]).toEqual([5, 16]);
  });

  it('says nothing of one crowd', () => {
    expect(pairedDifference([1], [2])).toEqual({ mean: 1, low: NaN, high: NaN });
    expect(differenceWords({ mean: 1, low: NaN, high: NaN }, 2)).toBe('+1.00');
    expect(differenceWords({ mean: 1, low: 0.5, high: 1.5 }, 1)).toBe('**+1.0 (+0.5 to +1.5)**');
    expect(differenceWords({ mean: 1, low: -0.5, high: 1.5 }, 1)).toBe('+1.0 (-0.5 to +1.5)');
  });
});
