import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPool, readSelections, readStreams } from '../../bench/activelab/pools.mjs';
import { startCampaign } from '../../bench/activelab/protocol.mjs';
import * as library from '../../src/aggregation/index.js';
import { column, goldenCases, largestDifference, readCase, readRows } from '../aggregation/crowdlab/golden.js';
import { hasShared, shared } from '../setup/shared.js';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => {
  assay = await Program.build();
});
afterAll(() => assay.remove());

interface Told {
  decision: string | null;
  scoreOfBestOld: number | null;
  scoreOfBestNew: number | null;
  oldItems: number;
  newItems: number;
  models: { file: string; weight: number; temperature: number }[];
  items: { item: string; kind: string; score: number; votes: number }[];
  files: string[];
}

const votes = 'item,annotator,label\ni1,ann,cat\ni1,bob,cat\ni2,ann,dog\ni2,bob,cat\ni3,bob,dog\n';
const predictions = 'item,p_dog,p_cat\ni3,0.9,0.1\ni1,0.2,0.8\nn1,0.5,0.5\ni2,0.95,0.05\n';
const unlabelled = 'item,p_cat,p_dog\nn2,0.55,0.45\nn3,0.9,0.1\n';

/** What the library says of the same, items in the order of the files. */
const expected = () => library.relabelOrNew({
  votes: new library.VoteTable({ items: [1, 1, 3, 3, 0], annotators: [0, 1, 0, 1, 1], classes: [0, 0, 1, 0, 1], itemCount: 4, annotatorCount: 2, classCount: 2 }),
  predictions: [Float64Array.of(0.1, 0.9, 0.8, 0.2, 0.5, 0.5, 0.05, 0.95)], unlabelled: [Float64Array.of(0.55, 0.45, 0.9, 0.1)], count: 4,
});

async function next(words: string[], input = ''): Promise<Told> {
  const { code, out, err } = await assay.run(['next', ...words, '--json', '--out', assay.path('out')], input);
  expect({ code, err: err.replace(/^assay: (no two annotators|no item has votes of two).*\n/, '') }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Told;
}

describe('assay next', () => {
  it('prints the decision with its scores, and writes the items in order', async () => {
    const files = [await assay.file('votes.csv', votes), '-p', await assay.file('p.csv', predictions), '-u', await assay.file('u.csv', unlabelled)];
    const { code, out, err } = await assay.run(['next', ...files, '--count', '4', '--out', assay.path('out', 'deep')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const found = expected();
    const ids = ['i3', 'i1', 'n1', 'i2', 'n2', 'n3'];
    expect(found).toMatchObject({ oldItems: 3, newItems: 3 });
    expect(out).toMatch(new RegExp(`decision +│ +${found.decision} │[^]+items with votes +│ +3 │[^]+new items +│ +3 │[^]+named +│ +4 │[^]+${assay.path('out/deep/next-items.csv')}\n$`));
    const rows = Array.from(found.items, (item, i) => `${ids[item]},${found.votes[i]! > 0 ? 'RELABEL' : 'NEW'},${found.scores[i]},${found.votes[i]}\n`);
    expect(await readFile(assay.path('out/deep/next-items.csv'), 'utf8')).toBe(`item,kind,score,votes\n${rows.join('')}`);
    const told = await next([...files, '-n', '4']);
    expect(told).toMatchObject({
      decision: found.decision, scoreOfBestOld: found.scoreOfBestOld, scoreOfBestNew: found.scoreOfBestNew, oldItems: 3, newItems: 3, votes: 5, annotators: 2, classes: 2,
      models: [{ weight: found.weights.models[0], temperature: found.weights.temperatures[0] }], files: [assay.path('out/next-items.csv')],
    });
    expect(told.items).toEqual(Array.from(found.items, (item, i) => ({ item: ids[item], kind: found.votes[i]! > 0 ? 'RELABEL' : 'NEW', score: found.scores[i], votes: found.votes[i] })));
  });

  it('names one item unless told otherwise, from standard input, gzip and NDJSON alike', async () => {
    const path = await assay.file('votes.csv.gz', gzipSync(votes));
    const asLines = predictions.trimEnd().split('\n').slice(1).map((line) => line.split(',')).map(([item, dog, cat]) => JSON.stringify({ item, probabilities: [Number(cat), Number(dog)] })).join('\n');
    const ndjson = await assay.file('p.ndjson', asLines);
    const csv = await assay.file('p.csv', predictions);
    const [a, b, c] = [await next([path, '-p', csv]), await next(['-', '-p', ndjson], votes), await next([path, '-p', '-'], predictions)];
    expect(a.items).toHaveLength(1);
    expect(b).toEqual({ ...a, models: [{ ...a.models[0], file: ndjson }] });
    expect(c).toEqual({ ...a, models: [{ ...a.models[0], file: '-' }] });
  });

  it('takes several models as an ensemble, whatever the order of the rows of the second', async () => {
    const path = await assay.file('votes.csv', votes);
    const [header, ...rows] = predictions.trimEnd().split('\n');
    const [first, second] = [await assay.file('p.csv', predictions), await assay.file('p2.csv', [header, ...rows.toReversed()].join('\n'))];
    const alone = await next([path, '-p', first, '-n', '9']);
    const twice = await next([path, '-p', first, '-p', second, '-n', '9']);
    expect(twice.models.map(({ file }) => file)).toEqual([first, second]);
    expect(twice.models[0]!.weight).toBe(alone.models[0]!.weight);
    expect(twice.models[1]!.weight).toBe(alone.models[0]!.weight);
    expect(twice.items.map(({ item }) => item).toSorted()).toEqual(alone.items.map(({ item }) => item).toSorted());
  });

  it('asks no more about items with --max-votes, and says so when there are none left', async () => {
    const files = [await assay.file('votes.csv', votes), '-p', await assay.file('p.csv', predictions.replace('n1,0.5,0.5\n', ''))];
    expect(await next([...files, '-n', '9', '--max-votes', '2'])).toMatchObject({ decision: 'RELABEL', oldItems: 1, newItems: 0, scoreOfBestNew: null, items: [{ item: 'i3', votes: 1 }] });
    expect(await next([...files, '--max-votes', '1'])).toMatchObject({ decision: null, scoreOfBestOld: null, scoreOfBestNew: null, items: [] });
    const { out } = await assay.run(['next', ...files, '--max-votes', '1', '--out', assay.path('out')]);
    expect(out).toMatch(/decision +│ +none: no item takes more votes │/);
    expect(await readFile(assay.path('out/next-items.csv'), 'utf8')).toBe('item,kind,score,votes\n');
  });

  it('starts without votes where the classes are named, and counts classes that have none', async () => {
    const none = await assay.file('none.csv', 'item,annotator,label\n');
    const path = await assay.file('p.csv', 'item,p_a,p_b,p_c\nx,0.6,0.3,0.1\ny,0.4,0.3,0.3\n');
    const cold = await next([none, '-p', path, '--classes', 'a,b,c', '-n', '2']);
    expect(cold).toMatchObject({ decision: 'NEW', scoreOfBestOld: null, oldItems: 0, newItems: 2 });
    expect(cold.items.map(({ item }) => item)).toEqual(['y', 'x']);
    expect(cold.items[0]!.score).toBeCloseTo((0.4 + 1 / 3) / 2, 15);
    const one = await assay.file('one.csv', 'item,annotator,label\nx,ann,b\n');
    expect((await next([one, '-p', path, '--classes', 'a,b,c'])).items).toEqual([{ item: 'x', kind: 'RELABEL', score: expect.closeTo((2 * 0.3 + 1 / 3) / 3, 15) as number, votes: 1 }]);
  });

  it('needs no prediction of an item whose answers are none', async () => {
    const path = await assay.file('skips.csv', 'item,annotator,class,outcome,country\ni1,ann,cat,,de\ni1,bob,dog,,de\ni9,bob,,SKIP,fr\n');
    const { code, out, err } = await assay.run(['next', path, '-p', await assay.file('p.csv', 'item,p_cat,p_dog\ni1,0.5,0.5\n'), '--json', '--out', assay.path('out')]);
    expect({ code, err: err.split('\n') }).toEqual({ code: 0, err: expect.arrayContaining(['assay: columns not read: country']) as string[] });
    expect(JSON.parse(out)).toMatchObject({ oldItems: 1, newItems: 0 });
  });
});

describe('assay next refuses', () => {
  const other = predictions.replace('n1', 'n9');
  it.each<[string, { votes?: string; p?: string[]; u?: string[] }, string]>([
    ['an item with votes and no prediction', { p: [predictions.replace('i2,0.95,0.05\n', '')] }, 'p0: item "i2" has votes, but no prediction here'],
    ['an item with votes that only the unlabelled file has', { p: [predictions.replace('i2,0.95,0.05\n', '')], u: [`${unlabelled}i2,0.05,0.95\n`] }, 'p0: item "i2" has votes, but no prediction here'],
    ['an item that comes twice', { p: [`${predictions}i1,0.2,0.8\n`] }, 'p0, line 6: item "i1" comes twice; keep one row'],
    ['an unlabelled item that comes twice', { u: [`${unlabelled}n3,0.9,0.1\n`] }, 'u0, line 4: item "n3" comes twice; keep one row'],
    ['an item in both files', { u: [`${unlabelled}n1,0.5,0.5\n`] }, 'u0, line 4: item "n1" is in p0, too; keep it in one of them'],
    ['a row that does not sum to 1', { p: [predictions.replace('i1,0.2', 'i1,0.3')] }, 'p0, line 3: the probabilities of item "i1" sum to 1.1; they must sum to 1 within 1e-6'],
    ['a new item whose row does not sum to 1', { u: [unlabelled.replace('0.45', '0.4')] }, 'u0, line 2: the probabilities of item "n2" sum to 0.9500000000000001; they must sum to 1 within 1e-6'],
    ['a number out of range', { p: [predictions.replace('0.95', '1.95')] }, 'p0, line 5: p_dog 1.95 is out of range; it must be from 0 to 1'],
    ['a class that no vote names', { p: ['item,p_bird,p_cat,p_dog\ni1,0.1,0.8,0.1\n'] }, 'p0, line 1: p_bird is of a class that no vote names; name them all: --classes cat,dog,bird'],
    ['a class without a column', { p: [predictions.replace('p_cat', 'p_bird')] }, 'p0, line 1: the header has the columns "item,p_dog,p_bird", and needs item or task, p_cat, p_dog'],
    ['a second model that lacks an item', { p: [predictions, predictions.replace('n1,0.5,0.5\n', '')] }, 'p1: item "n1" is in p0 and not here; the models of an ensemble predict the same items'],
    ['a second model that has another', { p: [predictions, other] }, 'p1, line 4: item "n9" is not in p0; the models of an ensemble predict the same items'],
    ['a second model that lacks an unlabelled item', { p: [predictions, predictions], u: [unlabelled, unlabelled.replace('n3,0.9,0.1\n', '')] }, 'u1: item "n3" is in u0 and not here; the models of an ensemble predict the same items'],
    ['an empty file of predictions', { p: [''] }, 'p0: the file is empty; a header with item or task, p_cat, p_dog is needed'],
    ['no votes', { votes: 'item,annotator,label\n' }, 'votes.csv: there are no votes'],
    ['votes for one class', { votes: 'item,annotator,label\ni1,ann,cat\n' }, 'p0, line 1: p_dog is of a class that no vote names; name them all: --classes cat,dog'],
  ])('%s', async (_what, given, message) => {
    const path = await assay.file('votes.csv', given.votes ?? votes);
    const [models, others] = [given.p ?? [predictions], given.u ?? []];
    const words: string[] = [];
    for (const [m, content] of models.entries()) words.push('-p', await assay.file(`p${m}`, content));
    for (const [m, content] of others.entries()) words.push('-u', await assay.file(`u${m}`, content));
    const { code, out, err } = await assay.run(['next', path, ...words, '--out', assay.path('refused')]);
    expect(err.replaceAll(`${assay.path()}/`, '')).toBe(`assay: ${message}\n`);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it.each<[string[], string | RegExp]>([
    [[], /required option '-p, --predictions <file>' not specified/],
    [['-p', 'p', '-n', '0'], /'0' is invalid. It must be a whole number from 1 to 999999999/],
    [['-p', 'p', '-n', 'many'], /'many' is invalid/],
    [['-p', 'p', '--max-votes', '-1'], /'-1' is invalid|option '--max-votes <number>' argument missing/],
    [['-p', 'p', '-p', 'p', '-u', 'u'], 'assay: 2 files of --predictions and 1 file of --unlabelled; give one of each a model, in the same order\n'],
    [['-p', 'p', '--classes', 'cat'], 'assay: --classes leaves out "dog", which has votes\n'],
    [['-p', 'p', '--classes', 'cat,dog,cat'], /'cat,dog,cat' is invalid. "cat" is named twice/],
    [['-p', 'p', '--classes', 'cat,bird'], 'assay: --classes leaves out "dog", which has votes\n'],
    [['-p', '-', '-u', '-'], 'assay: only one file can be standard input\n'],
  ])('wrong usage with code 2: %j', async (words, message) => {
    const path = await assay.file('votes.csv', votes);
    const { code, out, err } = await assay.run(['next', path, ...words]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    if (typeof message === 'string') expect(err).toBe(message);
    else expect(err).toMatch(message);
  });

  it('a file that is not there', async () => {
    const path = await assay.file('votes.csv', votes);
    expect(await assay.run(['next', path, '-p', assay.path('none')])).toEqual({ code: 1, out: '', err: `assay: ${assay.path('none')}: there is no such file\n` });
  });
});

/** Files of a pool: the votes, and a row an item of each model, from `first` up to `end`. */
async function poolFiles(folder: string, { votes: table, predictions: models }: { votes: library.VoteTable; predictions: Float64Array[] }, labelled = table.itemCount) {
  const K = table.classCount;
  const rows = (model: Float64Array, from: number, to: number) => Array.from({ length: to - from }, (_, i) => [from + i, ...model.subarray((from + i) * K, (from + i + 1) * K)].join(','));
  const header = ['item', ...Array.from({ length: K }, (_, k) => `p_${k}`)].join(',');
  const words = [await assay.file(`${folder}/votes.csv`, ['item,annotator,label', ...Array.from(table.items, (item, v) => `${item},${table.annotators[v]},${table.classes[v]}`), ''].join('\n'))];
  for (const [m, model] of models.entries()) {
    words.push('-p', await assay.file(`${folder}/p${m}.csv`, [header, ...rows(model, 0, labelled), ''].join('\n')));
    if (labelled < table.itemCount) words.push('-u', await assay.file(`${folder}/u${m}.csv`, [header, ...rows(model, labelled, table.itemCount), ''].join('\n')));
  }
  return [...words, '--classes', Array.from({ length: K }, (_, k) => k).join(',')];
}

describe.skipIf(!hasShared)('assay next equals the reference', () => {
  it.each(goldenCases('activelab'))('on the golden case %s', async (name) => {
    const folder = `golden/activelab/${name}`;
    const whole = readCase(folder);
    const old = column(readRows(`${folder}/scores.csv`), 'score');
    const all = [...old, ...column(readRows(`${folder}/scores_unlabeled.csv`), 'score')];
    const told = await next([...await poolFiles(name, whole, whole.labelledCount), '-n', String(all.length)]);
    expect(largestDifference(told.items.map(({ score }) => score), all.toSorted((a, b) => a - b))).toBeLessThan(1e-9);
    expect(largestDifference(told.items.map(({ score }) => score), told.items.map(({ item }) => all[Number(item)]!))).toBeLessThan(1e-9);
    expect(told.items.map(({ item, kind }) => (kind === 'RELABEL') === Number(item) < old.length)).toEqual(all.map(() => true));
    expect([told.oldItems, told.newItems]).toEqual([old.length, all.length - old.length]);
    expect(told.decision).toBe(told.items[0]!.kind);
  });

  const rounds: [string, number, number[]][] = [
    ['wall-robot', 0, Array.from({ length: 15 }, (_, round) => round)], ...[1, 2, 3, 4].map((seed): [string, number, number[]] => ['wall-robot', seed, [3, 14]]),
    ...[0, 1, 2, 3, 4].map((seed): [string, number, number[]] => ['digits', seed, [0, 14]]),
  ];
  it.each(rounds)('in the picks of %s, seed %d, rounds %j', async (name, seed, wanted) => {
    const folder = pathToFileURL(`${shared('bench-data', 'activelab')}/`);
    const pool = readPool(folder, name);
    const campaign = startCampaign(library, pool, readStreams(folder, name, seed));
    for (const [round, picks] of readSelections(folder, name)[seed]!.entries()) {
      if (wanted.includes(round)) {
        const { votes: table, predictions: rows } = campaign.round();
        const told = await next([...await poolFiles(`${name}-${seed}`, { votes: table, predictions: [rows] }), '-n', String(pool.batch), '--max-votes', '10']);
        expect(told.items.map(({ item }) => Number(item)), `round ${round}`).toEqual(picks);
        expect(told.items.map(({ votes: n }) => n)).toEqual(picks.map((item) => campaign.given[item]));
        expect(told.decision).toBe(campaign.given[picks[0]!]! > 0 ? 'RELABEL' : 'NEW');
      }
      campaign.label(picks);
    }
  });
});
