import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreementMetrics, measureAgreement, methods, votes as votesOf } from '../../src/aggregation/index.js';
import { hasShared, shared } from '../setup/shared.js';
import { Program } from './program.js';

let assay: Program;
beforeAll(async () => {
  assay = await Program.build();
});
afterAll(() => assay.remove());

describe('assay methods', () => {
  it('lists every method of the registry with its options, defaults, ranges and source', async () => {
    const { code, out } = await assay.run(['methods']);
    expect(code).toBe(0);
    for (const { id, options } of methods) {
      expect(out).toContain(id);
      for (const { name } of options) expect(out).toContain(name);
    }
    const listed = JSON.parse((await assay.run(['methods', '--json'])).out) as unknown;
    expect(listed).toEqual(JSON.parse(JSON.stringify(methods)));
  });

  it('tells all of one method', async () => {
    const { out } = await assay.run(['methods', 'dawid-skene']);
    expect(out).toContain('1979');
    expect(out).toContain('smoothing');
    expect(await assay.run(['methods', 'nope'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('assay simulate', () => {
  it('writes votes, gold and annotators that aggregate reads; the same seed the same crowd', async () => {
    const words = ['simulate', '--items', '400', '--annotators', '20', '--classes', '3', '--votes-per-item', '7', '--skill', '0.8', '--model', 'one-coin'];
    const first = await assay.run([...words, '--seed', '5', '--out', assay.path('a'), '--json']);
    expect(first.err).toBe('');
    expect(JSON.parse(first.out)).toMatchObject({ items: 400, annotators: 20, votes: 2800, classes: 3, seed: 5 });
    await assay.run([...words, '--seed', '5', '--out', assay.path('b')]);
    await assay.run([...words, '--seed', '6', '--out', assay.path('c')]);
    await assay.run([...words, '--seed', '5', '--out', assay.path('a'), '--format', 'ndjson']);
    const files = await Promise.all(['a', 'b', 'c'].map((folder) => readFile(assay.path(folder, 'votes.csv'), 'utf8')));
    expect(files[1]).toBe(files[0]);
    expect(files[2]).not.toBe(files[0]);
    const annotators = (await readFile(assay.path('a', 'annotators.csv'), 'utf8')).trimEnd().split('\n');
    expect(annotators.slice(0, 2)).toEqual(['annotator,behaviour,skill', expect.stringMatching(/^annotator-00,honest,0\.\d+$/)]);
    expect(annotators).toHaveLength(21);
    for (const extension of ['csv', 'ndjson']) {
      const found = JSON.parse((await assay.run(['aggregate', assay.path('a', `votes.${extension}`), '-m', 'dawid-skene', '-g', assay.path('a', `gold.${extension}`), '--json', '--out', assay.path('out')])).out) as { votes: number; goldItems: number; accuracy: number };
      expect(found).toMatchObject({ votes: 2800, goldItems: 400 });
      expect(found.accuracy).toBeGreaterThan(0.95);
    }
  });

  it('refuses what the simulator refuses, as usage', async () => {
    expect(await assay.run(['simulate', '--skill', '2'])).toMatchObject({ code: 2, err: 'assay: simulate: option skill is 2; it must be from 0 to 1\n' });
    expect(await assay.run(['simulate', '--items', 'x'])).toMatchObject({ code: 2, err: 'assay: option items is "x"; it must be a number\n' });
  });
});

describe('assay agree', () => {
  const votes = 'item,annotator,label\n1,a,3\n1,b,3\n2,a,1\n2,b,1\n3,a,2\n3,b,3\n4,b,10\n';

  it('measures every metric, or one, with intervals and by class', async () => {
    const path = await assay.file('votes.csv', votes);
    const all = JSON.parse((await assay.run(['agree', path, '--json', '--per-class', '--replicates', '50'])).out) as { measures: { metric: string; value: number; interval: unknown; perClass: object }[] };
    expect(all.measures.map(({ metric }) => metric)).toEqual(agreementMetrics.map(({ id }) => id));
    expect(all.measures[0]).toMatchObject({ metric: 'percent', comparedItems: 3, votedItems: 4 });
    expect(all.measures[0]!.value).toBeCloseTo(2 / 3, 12);
    // Classes that are numbers are in the order of numbers.
    expect(Object.keys(all.measures[0]!.perClass).sort()).toEqual(['1', '10', '2', '3']);
    expect(all.measures.every(({ interval }) => interval !== null)).toBe(true);
    const { code, out } = await assay.run(['agree', path, '-m', 'krippendorff-alpha-ordinal']);
    expect(code).toBe(0);
    expect(out).toMatch(/krippendorff-alpha-ordinal/);
  });

  it('asks for the order of classes that are no numbers, and takes it', async () => {
    const path = await assay.file('grades.csv', 'item,annotator,label\n1,a,low\n1,b,mid\n2,a,high\n2,b,high\n');
    expect(await assay.run(['agree', path, '-m', 'krippendorff-alpha-ordinal'])).toMatchObject({ code: 2, err: expect.stringContaining('give --classes, a list of high, low, mid in order') as string });
    expect(await assay.run(['agree', path, '--classes', 'low,high'])).toMatchObject({ code: 2, err: 'assay: --classes leaves out "mid", which has votes\n' });
    const near = JSON.parse((await assay.run(['agree', path, '-m', 'krippendorff-alpha-interval', '--classes', 'low,mid,high', '--json'])).out) as { measures: { value: number }[] };
    const far = JSON.parse((await assay.run(['agree', path, '-m', 'krippendorff-alpha-interval', '--classes', 'mid,high,low', '--json'])).out) as { measures: { value: number }[] };
    expect(near.measures[0]!.value).toBeGreaterThan(far.measures[0]!.value);
  });

  it('writes the agreement of each pair of annotators', async () => {
    const path = await assay.file('votes.csv', votes);
    expect((await assay.run(['agree', path, '--pairs', '--out', assay.path('pairs')])).code).toBe(0);
    expect(await readFile(assay.path('pairs/pairs.csv'), 'utf8')).toBe(`first,second,shared_items,percent\na,b,3,${1 - 1 / 3}\n`);
  });

  it.skipIf(!hasShared)('says what the library says of a real crowd', async () => {
    const path = shared('datasets', 'bluebird', 'votes.csv');
    const rows = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(1).map((row) => row.split(',') as [string, string, string]);
    const { value } = measureAgreement({ votes: votesOf(rows).table, metric: 'fleiss-kappa' });
    const found = JSON.parse((await assay.run(['agree', path, '-m', 'fleiss-kappa', '--json'])).out) as { items: number; measures: { value: number }[] };
    expect([found.items, found.measures[0]!.value]).toEqual([108, value]);
  });
});
